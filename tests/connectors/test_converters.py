"""Converters: every style in, one style out, and a clear word for what cannot be read."""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric

from portal.connectors.converters import (
    FACTORIES,
    MIDDLE_DOTS,
    Context,
    UnknownConverter,
    Unreadable,
    chain,
    id_number,
    person_name,
    phone,
    region_code,
    short_id_number,
    tidy,
    whole_number,
)
from portal.connectors.moments import LOCAL, day_reader, moment_reader

CONTEXT = Context(
    tables={"gender": {"1": "男", "2": "女"}},
    retired_codes={"630106": "630122"},
    place_name={"630102101003": "东兴社区"}.get,
)
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
STYLES = {
    "yyyyMMdd": "%Y%m%d",
    "yyyy/MM/dd": "%Y/%m/%d",
    "yyyy-MM-dd": "%Y-%m-%d",
    "yyyy年MM月dd日": "%Y年%m月%d日",
    "iso": "%Y-%m-%dT%H:%M:%S+08:00",
    "yyyy-MM-dd HH:mm:ss": "%Y-%m-%d %H:%M:%S",
}


def convert(names: str, value: Any) -> Any:
    return chain(names.split(), CONTEXT)(value)


# --- nothing, and tidying ----------------------------------------------------------------------


@pytest.mark.parametrize("blank", [None, "", "  ", "无", " 无 ", "null", "NULL", "None", "-", "　"])
@pytest.mark.parametrize("name", sorted(set(FACTORIES) - {"code"}))
def test_every_spelling_of_nothing_is_nothing(name: str, blank: str | None) -> None:
    assert chain([name], CONTEXT)(blank) is None


@given(st.text())
def test_tidied_text_has_no_control_characters_and_stays_tidy(text: str) -> None:
    once = tidy(text)
    if once is not None:
        assert once == once.strip() != ""
        assert not any(unicodedata.category(char) in {"Cc", "Cf"} for char in once)
        assert tidy(once) == once


@pytest.mark.parametrize("value", [0, False, 0.0, Decimal(0)])
def test_zero_is_a_value(value: Any) -> None:
    assert tidy(value) == value


# --- dates -------------------------------------------------------------------------------------


@given(day=DAYS, style=st.sampled_from(sorted(STYLES)))
def test_every_date_style_comes_out_the_same(day: date, style: str) -> None:
    written = datetime(day.year, day.month, day.day, 12).strftime(STYLES[style])
    assert chain((f"date:{style}",), CONTEXT)(written) == day.isoformat()


@given(
    style=st.sampled_from(["yyyyMMdd", "yyyy-MM-dd", "yyyy/MM/dd", "yyyy.MM.dd", "yyyyMM"]),
    text=st.one_of(
        st.text("0123456789-/.W１ ", max_size=11),
        st.from_regex(r"[12]\d{3}[-/.]?[01]?\d[-/.]?[0-3]?\d", fullmatch=True),
    ),
)
def test_the_quick_way_to_a_day_says_what_the_long_way_says(style: str, text: str) -> None:
    def told(read: Callable[[str], date]) -> date | None:
        try:
            return read(text)
        except ValueError:
            return None

    slow = moment_reader(style)
    assert told(day_reader(style)) == told(lambda value: slow(value).astimezone(LOCAL).date())


@given(number=st.integers(0, 10**19), sign=st.sampled_from(["", "00", "+", "-", "１"]))
def test_a_whole_number_is_read_the_same_however_long_it_is(number: int, sign: str) -> None:
    assert whole_number(f"{sign}{number}") == str(int(Decimal(f"{sign}{number}")))


@given(day=st.dates(date(1993, 1, 1), date(2100, 1, 1)))
def test_milliseconds_are_read_on_the_local_calendar(day: date) -> None:
    midnight = datetime.fromisoformat(f"{day.isoformat()}T00:00:00+08:00")
    milliseconds = int(midnight.timestamp() * 1000)
    assert convert("date:epoch_ms", milliseconds) == day.isoformat()
    assert convert("date:epoch_s", str(milliseconds // 1000)) == day.isoformat()


def test_a_month_and_a_moment() -> None:
    assert convert("month:yyyyMM", "201107") == "2011-07"
    read = chain(("moment:yyyy/MM/dd HH:mm:ss",), CONTEXT)
    assert read("2026/10/31 23:59:59") == "2026-10-31T23:59:59+08:00"
    assert convert("moment:iso", "2026-11-23T03:00:00+00:00") == "2026-11-23T11:00:00+08:00"


def test_a_database_timestamp_is_read_as_it_is() -> None:
    assert convert("date:iso", datetime(1953, 4, 12)) == "1953-04-12"


@pytest.mark.parametrize("value", ["99991231", "9999-12-31 00:00:00", "00000000", "0000-00-00"])
def test_a_date_that_means_never_is_nothing(value: str) -> None:
    assert convert("date:iso", value) is None


@pytest.mark.parametrize("value", ["19530231", "abc", "2026-13-01", {}, "1953-4"])
def test_a_wrong_date_is_unreadable(value: Any) -> None:
    with pytest.raises(Unreadable):
        convert("date:yyyyMMdd", value)


# --- regions -----------------------------------------------------------------------------------

CODES = st.integers(110000, 659999).map(str)


@given(CODES, st.sampled_from(["", "101", "101003", "101003002"]))
def test_a_region_code_has_twelve_digits_or_is_a_grid(county: str, rest: str) -> None:
    code = region_code(county + rest, CONTEXT.retired_codes)
    assert len(code) == (15 if len(rest) == 9 else 12)
    assert region_code(code, CONTEXT.retired_codes) == code
    assert not code.startswith("630122")


def test_a_retired_code_becomes_its_heir_with_everything_below_it() -> None:
    assert convert("region", "630122102205") == "630106102205"
    assert convert("region", "630122") == "630106000000"
    assert convert("region", "630122102205001") == "630106102205001"


@pytest.mark.parametrize("value", ["000000000000", "63010", "6301021010", "63O102", "西宁"])
def test_a_wrong_region_code_is_unreadable(value: str) -> None:
    with pytest.raises(Unreadable):
        convert("region", value)


def test_a_place_is_named_and_an_unknown_one_keeps_its_code() -> None:
    assert convert("place", "630102101003") == "东兴社区"
    assert convert("place", "653125") == "653125000000"


# --- people ------------------------------------------------------------------------------------


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    day = draw(st.dates(date(1900, 1, 1), date(1999, 12, 31)))
    body = f"{draw(CODES)}{day:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return body + ric.calc_check_digit(body + "0")


@given(id_numbers())
def test_the_fifteen_digit_form_leads_back_to_the_eighteen(number: str) -> None:
    assert len(number) == 18
    assert id_number(short_id_number(number)) == number


@given(id_numbers(), st.sampled_from(["{}", " {} ", "{}  "]))
def test_an_id_number_survives_how_it_was_typed(number: str, typed: str) -> None:
    wide = number.translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    assert convert("id_number", typed.format(number.lower())) == number
    assert convert("id_number", typed.format(wide)) == number


@given(id_numbers(), st.integers(0, 17))
def test_one_wrong_digit_is_noticed(number: str, place: int) -> None:
    wrong = "1" if number[place] != "1" else "2"
    with pytest.raises(Unreadable):
        id_number(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("value", ["", "123", "63010219530412982", "63010219530231982X", "无效"])
def test_a_wrong_id_number_is_unreadable(value: str) -> None:
    with pytest.raises(Unreadable):
        id_number(value)


@pytest.mark.parametrize("dot", MIDDLE_DOTS)
def test_every_middle_dot_is_the_same_dot(dot: str) -> None:
    assert person_name(f"阿卜杜热合曼{dot}买买提吐尔逊") == "阿卜杜热合曼·买买提吐尔逊"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("马 占海", "马占海"),
        ("马占海 ", "马占海"),
        ("王YAN", "王YAN"),
        ("王?", "王?"),
        ("Ａｌｉ  Khan", "Ali Khan"),
        ("王䶮", "王䶮"),
    ],
)
def test_a_name_as_it_is_written_today(written: str, read: str) -> None:
    assert convert("name", written) == read


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12))
def test_a_plain_name_is_left_alone(name: str) -> None:
    assume(tidy(name) is not None)
    assert person_name(name) == name


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("19900001234", "19900001234"),
        ("199 0000 1234", "19900001234"),
        ("+86 19900001234", "19900001234"),
        ("0971-5000123", "09715000123"),
        ("１９９００００１２３４", "19900001234"),
    ],
)
def test_a_telephone_number_is_its_digits(written: str, read: str) -> None:
    assert phone(written) == read
    assert phone(read) == read


# --- the rest ----------------------------------------------------------------------------------


def test_codes_come_from_their_table_and_an_unknown_one_is_said_to_be() -> None:
    assert convert("code:gender", 2) == "女"
    with pytest.raises(Unreadable):
        convert("code:gender", "9")


@given(st.integers(0, 10**9))
def test_money_has_two_digits_whatever_it_is_counted_in(fen: int) -> None:
    yuan = f"{fen // 100}.{fen % 100:02}"
    assert convert("money:fen", fen) == yuan
    assert convert("money", yuan) == yuan
    assert convert("money", f"¥{fen // 100:,}.{fen % 100:02}") == yuan


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1))
def test_gbk_read_as_latin_letters_is_read_again(text: str) -> None:
    spoilt = text.encode("gbk").decode("latin-1")
    assert convert("gbk", spoilt) == tidy(text)


def test_a_list_is_one_line_only_where_the_manifest_says_so() -> None:
    assert convert("joined", ["甲", "", None, "乙"]) == "甲、乙"
    for name in set(FACTORIES) - {"joined", "code", "gbk"}:
        with pytest.raises(Unreadable):
            chain([name], CONTEXT)(["甲"])


@given(st.one_of(st.text(), st.integers(), st.floats(), st.lists(st.text()), st.booleans()))
def test_no_value_breaks_a_converter(value: Any) -> None:
    for name in [*sorted(set(FACTORIES) - {"code"}), "code:gender", "date:epoch_ms"]:
        try:
            chain([name], CONTEXT)(value)
        except Unreadable as problem:
            assert "对方" in str(problem)


@pytest.mark.parametrize(
    "name",
    ["nothing", "code", "code:missing", "money:dollars", "date:MMdd", "date:yyyyMMddMM"],
)
def test_a_converter_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(UnknownConverter):
        chain([name], CONTEXT)
