"""``python -m portal tokens``: what an administrator types, and what stands on the screen."""

import re

import pytest

from auth import clients
from portal.__main__ import _parser
from portal.commands import tokens
from tests.doorway import WILLOW, Browser, Doorway

ISSUE = ["tokens", "issue", "--client", "核对程序", "--unit", f"com-{WILLOW}"]
ISSUE += ["--role", "community_clerk", "--permissions", "entry.jump, reports.view"]


def main(words: list[str]) -> int:
    return tokens.run(_parser().parse_args(words))


def test_a_token_is_issued_listed_and_revoked(
    doorway: Doorway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ISSUE, "--prefixes", WILLOW, "--days", "7"]) == 0
    said = capsys.readouterr().out
    token = re.search(r"pt_[A-Za-z0-9_-]{43}", said)
    assert token is not None and "只显示这一次" in said
    browser = Browser(doorway.app(), token=token[0])
    assert browser.get("/api/v1/doors").status_code == 200
    assert main(["tokens", "list"]) == 0
    listed = capsys.readouterr().out
    assert "有效" in listed and "核对程序（柳岸社区）" in listed and token[0] not in listed
    number = str(clients.listed()[0].id)
    assert main(["tokens", "revoke", number]) == 0
    assert browser.get("/api/v1/doors").status_code == 401
    assert main(["tokens", "revoke", number]) == 1
    main(["tokens", "list"])
    assert "已停用" in capsys.readouterr().out


def test_a_refusal_says_what_to_change(
    doorway: Doorway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ISSUE, "--prefixes", "9901"]) == 1
    assert "没有签发：区划范围须在单位所在区划" in capsys.readouterr().out
    assert main(["tokens", "list"]) == 0
    assert "还没有签发过令牌" in capsys.readouterr().out
