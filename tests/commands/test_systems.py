"""``systems check`` says of each system how it is, and its exit status can be relied on."""

from pathlib import Path

import pytest

import portal.settings as settings_module
from portal.__main__ import main
from portal.store import citypack
from portal.store.citypack import pack
from tests.connectors.conftest import free_port


@pytest.fixture(autouse=True)
def _nobody_listens(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SANDBOX_URL", f"http://127.0.0.1:{free_port()}")
    settings_module.reload()
    citypack.forget()
    settings_module.ensure_system_secrets(
        sorted({name for one in pack().systems for name in one.credentials.values()})
    )


def test_a_system_that_does_not_answer_is_told_with_its_approval(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["systems", "check", "subsistence"]) == 1
    said = capsys.readouterr().out
    site = next(one for one in pack().systems if one.id == "subsistence")
    assert f"{site.name}（模拟）（{site.mode}）：故障" in said
    assert "共享依据：" in said
    assert "批准文号：未填写" in said
    assert "医保" not in said


def test_an_unknown_name_is_answered_with_the_names_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["systems", "check", "nothing"]) == 2
    assert "subsistence" in capsys.readouterr().out
