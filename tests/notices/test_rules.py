"""Whom a unit may send to, and what a notice must say."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.principal import Unit
from portal.affairs.notices import rules
from portal.affairs.notices.rules import NoticeError
from portal.store.halfdays import half_day

TODAY = date(2026, 11, 23)


def unit(
    unit_id: str, level: str, code: str, kind: str = "government", line: str | None = None
) -> Unit:
    return Unit(id=unit_id, name=unit_id, kind=kind, level=level, region_code=code, line=line)  # type: ignore[arg-type]


CITY = unit("gov-9901", "city", "9901")
DISTRICT = unit("gov-990102", "district", "990102")
OTHER_DISTRICT = unit("gov-990103", "district", "990103")
STREET = unit("gov-990102001", "street", "990102001")
COMMUNITY = unit("com-990102001001", "community", "990102001001", "community")
FAR = unit("com-990103100001", "community", "990103100001", "community")
CIVIL = unit("dept-civil", "city", "9901", "department", "民政")
DATA = unit("dept-data", "city", "9901", "department", "数据")
CIVIL_BELOW = unit("dept-990102-civil", "district", "990102", "department", "民政")
ALL = (CITY, DISTRICT, OTHER_DISTRICT, STREET, COMMUNITY, FAR, CIVIL, DATA, CIVIL_BELOW)


@pytest.mark.parametrize(
    ("sender", "reached"),
    [
        (CITY, {DISTRICT, OTHER_DISTRICT, STREET, COMMUNITY, FAR, CIVIL, DATA, CIVIL_BELOW}),
        (DISTRICT, {STREET, COMMUNITY, CIVIL_BELOW}),
        (STREET, {COMMUNITY}),
        (COMMUNITY, set()),
        (CIVIL, {CIVIL_BELOW}),
        (DATA, set()),
        (CIVIL_BELOW, set()),
    ],
    ids=lambda one: one.id if isinstance(one, Unit) else "",
)
def test_a_unit_sends_down_its_scope_and_a_department_down_its_line(
    sender: Unit, reached: set[Unit]
) -> None:
    prefixes = () if sender.kind == "department" else (sender.region_code,)
    found = {one for one in ALL if rules.may_receive(sender, prefixes, one)}
    assert found == reached


@given(st.sampled_from(ALL), st.sampled_from(ALL), st.lists(st.sampled_from(["9901", "990102"])))
def test_never_to_itself_never_upwards_never_out_of_the_scope(
    sender: Unit, one: Unit, prefixes: list[str]
) -> None:
    if not rules.may_receive(sender, prefixes, one):
        return
    order = ["city", "district", "street", "community"]
    assert one.id != sender.id
    assert order.index(one.level) >= order.index(sender.level)
    if sender.kind == "department":
        assert one.line == sender.line and one.region_code.startswith(sender.region_code)
    else:
        assert any(one.region_code.startswith(prefix) for prefix in prefixes)


def test_departments_are_chosen_apart_from_governments() -> None:
    assert rules.group_of(CIVIL_BELOW) != rules.group_of(DISTRICT)


@pytest.mark.parametrize(
    ("receipt", "given_day", "want"),
    [(False, TODAY, None), (False, None, None), (True, TODAY, TODAY)],
)
def test_only_a_receipt_has_a_limit(
    receipt: bool, given_day: date | None, want: date | None
) -> None:
    assert rules.due(receipt, given_day, TODAY) == want


@pytest.mark.parametrize("given_day", [None, TODAY - timedelta(days=1)])
def test_a_receipt_needs_a_day_that_is_still_to_come(given_day: date | None) -> None:
    with pytest.raises(NoticeError, match="已填内容已保留"):
        rules.due(True, given_day, TODAY)


@pytest.mark.parametrize("words", ["", "  \n ", "长" * 61])
def test_a_title_is_one_line_of_sixty(words: str) -> None:
    with pytest.raises(NoticeError, match="标题"):
        rules.title(words)


def test_a_body_keeps_its_paragraphs() -> None:
    assert rules.body("  各社区：\r\n  请准备。 ") == "各社区：\n请准备。"
    with pytest.raises(NoticeError, match="现为 4001 个字"):
        rules.body("字" * 4001)


@pytest.mark.parametrize("why", ["", "错了", "长" * 201])
def test_a_withdrawal_says_why(why: str) -> None:
    with pytest.raises(NoticeError, match="撤回原因"):
        rules.reason(why)


def test_one_unit_out_of_reach_stops_all_of_it() -> None:
    assert rules.addressed(["a", "b", "a"], ["a", "b"]) == ("a", "b")
    with pytest.raises(NoticeError, match="1 个单位不在"):
        rules.addressed(["a", "x"], ["a", "b"])
    with pytest.raises(NoticeError, match="选择收文单位"):
        rules.addressed([], ["a"])


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_a_reminder_at_most_once_in_half_a_day(now: datetime) -> None:
    assert not rules.may_remind([half_day(now)], now)
    assert rules.may_remind([half_day(now)], now + timedelta(hours=12))


@pytest.mark.parametrize(
    ("hour_utc", "said"), [(0, "上午"), (3, "上午"), (4, "下午"), (15, "下午")]
)
def test_half_days_are_those_of_the_wall_clock(hour_utc: int, said: str) -> None:
    assert half_day(datetime(2026, 11, 23, hour_utc, tzinfo=UTC)) == f"2026-11-23 {said}"


# -- attachments --------------------------------------------------------------------------------


def packed(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for one in names:
            file.writestr(one, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("安排.pdf", b"%PDF-1.7 ..."),
        ("照片.JPG", b"\xff\xd8\xff\xe0"),
        ("方案.docx", packed("[Content_Types].xml", "word/document.xml")),
        (r"C:\桌面\名单.xlsx", packed("xl/workbook.xml")),
    ],
)
def test_files_of_an_office_go_along(name: str, content: bytes) -> None:
    made = rules.attachment(name, content, 5)
    assert made.content == content and "\\" not in made.name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("方案.docm", packed("word/document.xml")),
        ("程序.exe", b"MZ"),
        ("网页.html", b"<script>"),
        ("没有扩展名", b"%PDF-"),
        ("假.pdf", b"MZ"),
        ("坏.xlsx", b"PK\x03\x04"),
        ("宏.xlsx", packed("xl/workbook.xml", "xl/vbaProject.bin")),
        ("假.docx", packed("xl/workbook.xml")),
        ("空.pdf", b""),
        ("大.pdf", b"%PDF-" + b"0" * (1024 * 1024)),
        ("名" * 90 + ".pdf", b"%PDF-"),
    ],
)
def test_other_files_are_refused_in_a_sentence(name: str, content: bytes) -> None:
    with pytest.raises(NoticeError) as refusal:
        rules.attachment(name, content, 1)
    assert refusal.value.message.endswith("。")
