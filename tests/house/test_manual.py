"""The operators' manual names only settings and commands that there are."""

import re
import shlex

import pytest

from portal.__main__ import _parser
from portal.settings import ROOT, Settings

_TEXT = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
_SETTINGS = sorted(set(re.findall(r"PORTAL_[A-Z_]+", _TEXT)))
_COMMANDS = sorted(set(re.findall(r"python -m portal ([a-z][a-z -]*[a-z])", _TEXT)))


def test_something_is_named() -> None:
    assert len(_SETTINGS) > 8
    assert len(_COMMANDS) > 6


@pytest.mark.parametrize("name", _SETTINGS)
def test_every_setting_named_is_one(name: str) -> None:
    field = name.removeprefix("PORTAL_").lower()
    known = {*Settings.model_fields, "secrets"}
    assert field in known or name.startswith("PORTAL_SECRET_")


@pytest.mark.parametrize("words", _COMMANDS)
def test_every_command_named_is_one(words: str) -> None:
    assert _parser().parse_args(shlex.split(words)).command == words.split()[0]
