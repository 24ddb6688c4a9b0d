"""How the province is spoken to: both sides held to what was written down by hand."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors.contract import (
    NotFound,
    RateLimited,
    RetryLater,
    SignInAgain,
    SystemFault,
    TheirFault,
    TurnedDown,
)
from portal.connectors.messaging.line import Line
from portal.connectors.province import dialect, open_province
from portal.connectors.province.client import Province
from portal.connectors.province.words import Listed, Receipt, Sending, Value
from portal.store import clock
from portal.store.province_texts import ProvinceTexts
from sandbox.misbehaviour import Mode
from tests.province.world import CREDENTIALS, Joined, fixture, joined

FIRST = Listed(number="模拟青统〔2026〕1号", edition=1, changed="20261120083000")


def sending(turn: int = 1, **over: str) -> Sending:
    """The answers of the written request."""
    values = {one["zdbm"]: one["z"] for one in fixture("answers.request")["mx"]} | over
    return Sending(
        number=FIRST.number, edition=1, cycle="月", period_from=date(2026, 11, 1), turn=turn,
        place="990102001001",
        values=tuple(
            Value(place="990102001001", row=0, code=code, value=value)
            for code, value in values.items()
        ),
    )  # fmt: skip


@pytest.fixture
def line(frozen: clock.FrozenClock) -> Iterator[Joined]:
    with joined() as made:
        yield made


def reading(*answers: str) -> tuple[Province, list[Any]]:
    """A client that is answered from the written answers, and what it asked."""
    asked: list[Any] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, json.loads(request.content), request.headers.get("x-lp")))
        name = "login" if request.url.path == "/api/dl" else left.pop(0)
        return httpx.Response(200, json=fixture(name))

    client = httpx.Client(transport=httpx.MockTransport(answer))
    return Province(line=Line("http://written", client), app_id="a", secret="b"), asked


def test_the_client_reads_what_was_written_down(frozen: clock.FrozenClock) -> None:
    client, asked = reading("issued_page_1", "issued_page_2", "form", "receipt", "answers")
    pages = list(client.issued("20261101000000"))
    assert [[one.edition for one in page if one] for page in pages] == [[1, 1], [1]]
    assert pages[0][0] is not None
    form = client.form(pages[0][0])
    assert (form.number, form.title[:4], form.cycle, form.back) == (
        "模拟青统〔2026〕1号", "（模拟）", "Y", "SQ",
    )  # fmt: skip
    assert (form.places, form.valid_until, form.faults) == (("9901",), date(2027, 12, 31), ())
    assert [one.code for one in form.fields] == ["GG001", "RK001", "RK003", "RK002", "RK009",
                                                 "QH077"]  # fmt: skip
    assert client.receipt(Receipt(number=form.number, edition=1, taken=True)) == "HZ00000001"
    assert client.send(sending()) == "HC00000001"
    assert asked[-1][1] == fixture("answers.request")
    assert [path for path, *_ in asked].count("/api/dl") == 1
    assert {token for path, _, token in asked if path != "/api/dl"} == {"7f3c-of-the-fixture"}


def test_what_cannot_be_read_is_said_with_its_place(frozen: clock.FrozenClock) -> None:
    client, _ = reading("form_unreadable")
    form = client.form(Listed(number="模拟青人社〔2026〕5号", edition=1, changed="1"))
    assert form.faults == ("第 3 栏“备用”：字段编码、名称或类型无法识别",)
    spoilt: list[tuple[str, Any, str]] = [
        ("yxqz", "明年", "有效期“明年”"), ("xfqh", ["99"], "下发范围"), ("tbgzr", True, "填报工作"),
        ("zd", [], "应有 1 至"), ("mc", 7, "报表名称"), ("zdjg", "长" * 201, "制定机关"),
    ]  # fmt: skip
    for name, value, said in spoilt:
        body = {**fixture("form")["sj"], name: value}
        assert said in "；".join(dialect.issued(body, FIRST).faults), name
    twice = {**fixture("form")["sj"], "zd": [fixture("form")["sj"]["zd"][1]] * 2}
    assert dialect.issued(twice, FIRST).faults == ("第 2 栏“常住人口”：字段编码 RK001 重复",)
    for body in (None, {**fixture("form")["sj"], "bbh": 2}):
        with pytest.raises(TheirFault):
            dialect.issued(body, FIRST)


@pytest.mark.parametrize(
    ("name", "fault"),
    [("answers_refused", TurnedDown), ("too_fast", RateLimited), ("busy", RetryLater),
     ("no_such_form", NotFound), ("wrong_secret", SignInAgain)],
)  # fmt: skip
def test_each_way_to_say_no_is_understood(
    name: str, fault: type[SystemFault], frozen: clock.FrozenClock
) -> None:
    client, _ = reading(name, name)
    with pytest.raises(fault) as caught:
        client.send(sending())
    if isinstance(caught.value, TurnedDown):
        assert caught.value.reason == "“家庭户数”大于“常住人口”，请核实后重报"


def shape(value: Any) -> Any:
    """Names and kinds, without the values."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(one) for one in value[:1]] if isinstance(value, list) else type(value).__name__


def test_the_simulated_province_speaks_as_written(line: Joined) -> None:
    def ask(path: str, token: str = "", **body: Any) -> Any:
        url, content = line.line.url(path), json.dumps(body).encode()
        return line.line.ask("POST", url, body=content, headers={"X-Lp": token})

    told = ask("/api/dl", yybm=CREDENTIALS["province_app_id"], yymy=CREDENTIALS["province_secret"])
    assert shape(told) == shape(fixture("login"))
    token = told["sj"]["lp"]
    assert ask("/api/dl", yybm="a", yymy="b") == fixture("wrong_secret")
    listed = ask("/api/bb/cx", token, bgsj="", ym=1, mys=2)
    assert listed["sj"]["lb"] == fixture("issued_page_1")["sj"]["lb"]
    for written, key in (("form", FIRST.number), ("form_unreadable", "模拟青人社〔2026〕5号")):
        found = ask("/api/bb/dy", token, bh=key, bbh=1)
        assert found == fixture(written)
    request = fixture("answers.request")
    assert shape(ask("/api/bb/hc", token, **request)) == shape(fixture("answers"))
    assert shape(ask("/api/bb/hz", token, bh=FIRST.number, bbh=1, jg="1")) == shape(
        fixture("receipt")
    )
    assert ask("/api/bb/dy", token, bh="没有", bbh=1) == fixture("no_such_form")
    line.over_there.revoke()
    assert ask("/api/bb/dy", token, bh=FIRST.number, bbh=1) == fixture("token_expired")


def test_the_line_holds_when_the_province_does_not(line: Joined, frozen: clock.FrozenClock) -> None:
    client = line.client
    assert len([one for page in client.issued("") for one in page]) == 5
    first = client.send(sending())
    assert client.send(sending()) == first and len(line.over_there.taken) == 1
    assert client.send(sending(turn=2)) != first
    line.over_there.revoke()  # in the middle of a run
    assert client.form(FIRST).number == FIRST.number
    assert line.over_there.logins == 2
    frozen.advance(timedelta(seconds=130))  # renewed before it is refused
    client.form(FIRST)
    assert line.over_there.logins == 3
    line.turn(Mode.SHORT_TOKENS)
    for _ in range(7):
        client.form(FIRST)
    for mode in (Mode.DOWN, Mode.RATE_LIMIT, Mode.ERROR_200):
        line.turn(mode)
        with pytest.raises(RetryLater):
            line.again().form(FIRST)
    for mode in (Mode.HTML, Mode.TRUNCATED, Mode.WRONG_ENCODING, Mode.GARBAGE, Mode.RESET):
        line.turn(mode)
        with pytest.raises((TheirFault, RetryLater)):
            line.again().form(FIRST)
    line.turn(Mode.EXPIRE_TOKEN)
    with pytest.raises(SignInAgain):
        line.again().form(FIRST)
    line.turn(Mode.NORMAL)
    with pytest.raises(SignInAgain):
        line.again(secret="wrong").form(FIRST)
    # Left in peace after a 429, and asked again when the time is over.
    line.turn(Mode.RATE_LIMIT)
    with pytest.raises(RateLimited):
        client.form(FIRST)
    line.turn(Mode.NORMAL)
    with pytest.raises(RetryLater):
        client.form(FIRST)
    frozen.advance(timedelta(seconds=5))
    assert client.form(FIRST).title == "（模拟）城乡社区人口情况月报"


def test_without_an_address_or_a_key_there_is_no_province() -> None:
    held = {"app_id": "province_app_id", "secret": "province_secret"}
    texts = ProvinceTexts(endpoint="http://p.test/x", credentials=held)
    assert open_province(texts, secret=CREDENTIALS.__getitem__) is not None
    assert open_province(ProvinceTexts(), secret=CREDENTIALS.__getitem__) is None
    assert open_province(texts, secret={}.__getitem__) is None
    assert open_province(texts, secret=CREDENTIALS.__getitem__, allow=("https://*",)) is None


@given(st.from_regex(r"99(0[1-9]|[1-9]\d)(0[1-9](\d{2}[1-9](\d{2}[1-9])?)?)?", fullmatch=True))
def test_a_place_comes_back_as_it_went(place: str) -> None:
    assert dialect.place_of(dialect.code_of(place)) == place and len(dialect.code_of(place)) == 12


@given(st.dates(date(2020, 1, 1), date(2039, 12, 31)), st.sampled_from(["周", "月", "季", "年"]))
def test_two_periods_never_share_a_name(day: date, cycle: str) -> None:
    from portal.affairs.forms.rules import period_of

    first, after = period_of(cycle, day)
    assert dialect.period(cycle, first) != dialect.period(cycle, after)
    assert dialect.period(cycle, first) == dialect.period(cycle, period_of(cycle, first)[0])
