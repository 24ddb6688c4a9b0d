"""How the process starts, refuses to start, and says that it is ready."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.allocation import Scale
from sandbox.options import PREFIX, Refused, read_options
from sandbox.systems import references

ROOT = Path(__file__).parents[2]
SECRETS = {PREFIX + name.upper(): f"{name}-of-tests" for name in references()}


def test_options_have_the_promised_defaults(pack: Path) -> None:
    options = read_options(["--pack", str(pack)], SECRETS)
    assert (options.host, options.port, options.scale) == ("127.0.0.1", 8600, Scale.DEMO)
    assert options.database_url == ""
    assert options.credentials["grid_reader"] == "grid_reader-of-tests"


@pytest.mark.parametrize("value", ["true", "True", "1", "yes", " on "])
def test_it_does_not_start_beside_a_production_portal(pack: Path, value: str) -> None:
    with pytest.raises(Refused, match="PORTAL_PRODUCTION"):
        read_options(["--pack", str(pack)], SECRETS | {"PORTAL_PRODUCTION": value})


@pytest.mark.parametrize("value", ["", "false", "0"])
def test_it_starts_beside_any_other(pack: Path, value: str) -> None:
    assert read_options(["--pack", str(pack)], SECRETS | {"PORTAL_PRODUCTION": value})


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_no_credential_has_a_default(pack: Path, name: str) -> None:
    without = {key: value for key, value in SECRETS.items() if key != name}
    with pytest.raises(Refused, match=name):
        read_options(["--pack", str(pack)], without)


def start(pack: Path, **environment: str) -> subprocess.Popen[str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SANDBOX_")}
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--pack", str(pack)],
        cwd=ROOT,
        env={**inherited, **SECRETS, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_refusal_is_one_sentence_and_status_2(pack: Path) -> None:
    process = start(pack, PORTAL_PRODUCTION="true")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == ""
    assert "未启动" in err
    assert "Traceback" not in err


def test_a_ready_process_says_where_serves_breaks_connections_and_stops(pack: Path) -> None:
    process = start(pack)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("sandbox ready http://127.0.0.1:")
        assert "residents=20000" in line
        url = line.split()[2]
        key = {"X-App-Key": SECRETS["SANDBOX_SECRET_SUBSISTENCE_APP_KEY"]}
        with httpx.Client(base_url=url, timeout=30) as client:
            assert client.get("/subsistence/api/ping", headers=key).json()["code"] == "0000"
            assert "grid" not in client.get("/_control").json()["systems"]
            client.post("/_control/subsistence", json={"mode": "reset"})
            with pytest.raises(httpx.RemoteProtocolError):
                client.get("/subsistence/api/ping", headers=key)
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert out == ""
    assert "SANDBOX_DATABASE_URL" in err
    assert "Traceback" not in err
    assert process.returncode == 0


def test_it_knows_nothing_of_the_portal_and_no_city_by_name() -> None:
    for path in (ROOT / "sandbox").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("import portal", "from portal", "import auth", "from auth", "西宁", "6301"):
            assert word not in text, f"{path}: {word}"
