"""A small world, its systems in process, and a clock that stands still."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from sandbox.application import create_app
from sandbox.population import World, build
from sandbox.region import Region, load_region
from tests.sandbox.support import CREDENTIALS, NOON, Caller, turn

HERE = Path(__file__).parent
DIVISIONS = HERE.parent / "packs" / "hailing" / "divisions.csv"
FOCUS = "990102001001"
RENAMED, RETIRED = "990103", "990122"


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invented city with a focus community and a district that was renumbered."""
    folder = tmp_path_factory.mktemp("pack")
    shutil.copy(DIVISIONS, folder / "divisions.csv")
    text = f'focus = ["{FOCUS}"]\n[retired_codes]\n{RENAMED} = "{RETIRED}"\n'
    (folder / "demo.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def region(pack: Path) -> Region:
    return load_region(pack)


@pytest.fixture(scope="session")
def world(region: Region) -> World:
    return build(region)


@pytest.fixture(scope="session")
def application(world: World) -> Starlette:
    return create_app(world, CREDENTIALS, clock=lambda: NOON)


@pytest.fixture
def client(application: Starlette) -> Iterator[Caller]:
    """The HTTP systems, as a caller on this machine; every switch is normal again afterwards."""
    caller = Caller(application)
    yield caller
    for system in caller.get("/_control").json()["systems"]:
        turn(caller, system, "normal")


@pytest.fixture
def bearer(client: Caller) -> dict[str, str]:
    """A fresh token of the medical insurance platform, as a header."""
    answer = client.post(
        "/medical_insurance/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(CREDENTIALS["medical_client_id"], CREDENTIALS["medical_client_secret"]),
    )
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
