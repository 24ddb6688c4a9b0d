"""Pushes that are signed: once, in time, by the holder of the key; nothing else is taken in."""

import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sqlalchemy import func, select

import portal.settings as settings_module
from portal.api import signed
from portal.store import citypack, clock
from portal.store.engine import begin
from portal.store.nonce_tables import spent_nonce
from tests.api.test_access import error_of
from tests.doorway import Browser, Doorway
from tests.intake.test_push import PUSH, STATUS, order, token
from tests.intake.world import rows

KEY = "a-key-that-both-sides-hold"
NONCE = "0123456789abcdef"


def headers(
    body: bytes = b"",
    *,
    method: str = "POST",
    path: str = PUSH,
    query: str = "",
    key: str = KEY,
    late: timedelta = timedelta(),
    nonce: str = NONCE,
) -> dict[str, str]:
    """What the other side adds, written from the description alone."""
    stamp = str(int((clock.now() + late).timestamp()))
    text = "\n".join((method, path, query, hashlib.sha256(body).hexdigest(), stamp, nonce))
    made = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    names = (signed.STAMP, signed.NONCE, signed.SIGNATURE)
    return {
        "Content-Type": "application/json",
        **dict(zip(names, (stamp, nonce, made), strict=True)),
    }


def body_of(number: str = "GD1") -> bytes:
    return json.dumps({"orders": [order(number)]}).encode()


@pytest.fixture
def program(
    doorway: Doorway, frozen: clock.FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Browser:
    """A program of which the city asks signatures."""
    folder = copytree(citypack.pack().folder, tmp_path / "city")
    file = folder / "intake.toml"
    text = file.read_text(encoding="utf-8")
    listed = 'client = "信箱推送"\n'
    file.write_text(text.replace(listed, listed + 'secret = "push_letters"\n'), encoding="utf-8")
    monkeypatch.setenv("PORTAL_CITY_PACK", str(folder))
    monkeypatch.setenv("PORTAL_SECRET_PUSH_LETTERS", KEY)
    settings_module.reload()
    citypack.forget()
    return Browser(doorway.app(), token=token())


def refused(program: Browser, body: bytes, given: dict[str, str], status: int, code: str) -> None:
    told = error_of(program.post(PUSH, content=body, headers=given), status)
    assert (told["code"], told["message"]) == (code, signed.WORDS[code])


def test_what_is_signed_is_taken_once_and_nothing_else_is(
    program: Browser, frozen: clock.FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = body_of()
    good = headers(body)
    plain = {"Content-Type": "application/json"}
    refused(program, body, plain, 401, "signature_missing")
    for name in (signed.STAMP, signed.NONCE, signed.SIGNATURE):
        without = {one: value for one, value in good.items() if one != name}
        refused(program, body, without, 401, "signature_missing")
        refused(program, body, good | {name: "x"}, 401, "signature_missing")
    for late in (timedelta(minutes=-6), timedelta(minutes=6)):
        refused(program, body, headers(body, late=late), 401, "signature_stale")
    wrong = [
        headers(body, key="another-key"),
        headers(body_of("GD2")),
        headers(body, method="PUT"),
        headers(body, path=STATUS),
        headers(body, query="a=b"),
        good | {signed.NONCE: NONCE[::-1]},
        good | {signed.STAMP: str(int(good[signed.STAMP]) + 1)},
    ]
    for given in wrong:
        refused(program, body, given, 401, "signature_wrong")
    assert rows() == [], "nothing that is refused leaves anything"
    # None of them used the number up.
    answer = program.post(PUSH, content=body, headers=good)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"][0]["outcome"] == "新收"
    refused(program, body, good, 409, "signature_used")
    again = program.post(PUSH, content=body, headers=headers(body, nonce=NONCE[::-1]))
    assert again.json()["rows"][0]["outcome"] == "已有"
    assert len(rows()) == 1
    # When a number would be too late anyway, it need not be remembered.
    frozen.advance(timedelta(minutes=11))
    refused(program, body, good, 401, "signature_stale")
    last = program.post(PUSH, content=body, headers=headers(body, nonce="f" * 16))
    assert last.status_code == 200
    with begin() as connection:
        assert connection.execute(select(func.count()).select_from(spent_nonce)).scalar() == 1
    monkeypatch.delenv("PORTAL_SECRET_PUSH_LETTERS")
    refused(program, body, headers(body, nonce="e" * 16), 403, "signature_unset")


def test_a_question_is_signed_too_and_a_huge_body_is_refused_as_before(program: Browser) -> None:
    asked = f"{STATUS}?number=GD2&number=GD1"
    error_of(program.get(asked), 401)
    signs = headers(method="GET", path=STATUS, query="number=GD1&number=GD2")
    answer = program.get(asked, headers=signs)
    assert answer.status_code == 200 and answer.json() == {"orders": []}
    huge = b" " * (5 * 1024 * 1024)
    error_of(program.post(PUSH, content=huge, headers=headers(huge, nonce="d" * 16)), 413)


def test_the_key_is_asked_after_the_token(program: Browser, doorway: Doorway) -> None:
    body = body_of()
    stranger = Browser(doorway.app())
    told: Any = error_of(stranger.post(PUSH, content=body, headers=headers(body)), 401)
    assert told["code"] == "not_signed_in"
