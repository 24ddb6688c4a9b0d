"""The operators' manual and what is made for systemd name only settings and commands that exist."""

import re
import shlex

import pytest

from portal.__main__ import _parser
from portal.settings import ROOT, Settings

_FILES = [ROOT / "README.zh-CN.md", *sorted((ROOT / "deploy").glob("portal*"))]
_TEXT = "\n".join(one.read_text(encoding="utf-8") for one in _FILES)
_SETTINGS = sorted(set(re.findall(r"PORTAL_[A-Z_]+", _TEXT)))
_COMMANDS = sorted(set(re.findall(r"python -m portal ([a-z][a-z -]*[a-z])", _TEXT)))


def test_something_is_named() -> None:
    assert len(_FILES) == 4
    assert len(_SETTINGS) > 8
    assert len(_COMMANDS) > 6


@pytest.mark.parametrize("name", _SETTINGS)
def test_every_setting_named_is_one(name: str) -> None:
    field = name.removeprefix("PORTAL_").lower()
    known = {*Settings.model_fields, "secrets"}
    assert field in known or name.startswith("PORTAL_SECRET_")


@pytest.mark.parametrize("name", ["portal@.service", "portal-jobs.service"])
def test_a_service_starts_as_the_manual_says(name: str) -> None:
    lines = (ROOT / "deploy" / name).read_text(encoding="utf-8").splitlines()
    given = dict(one.split("=", 1) for one in lines if "=" in one and one[0] != "#")
    command = given["ExecStart"].split("/bin/", 1)[1].replace("%i", "端口")
    assert command.removesuffix(" --server.address 127.0.0.1") in _FILES[0].read_text("utf-8")
    assert given["KillSignal"] == "SIGTERM"
    assert given["EnvironmentFile"] == "/etc/portal/portal.env"


@pytest.mark.parametrize("words", _COMMANDS)
def test_every_command_named_is_one(words: str) -> None:
    assert _parser().parse_args(shlex.split(words)).command == words.split()[0]
