"""Class codes of other systems: mapped to ours as data says; an unknown one costs no order."""

import csv
from collections.abc import Iterator

import pytest

from auth.permissions import Denied
from portal.affairs.orders import classes, desk, queries
from portal.affairs.orders.filters import Filters
from portal.settings import ROOT
from portal.store import citypack, clock
from portal.store.citypack import read_pack
from portal.store.intake_texts import IntakeTexts
from tests.doorway import Browser, Doorway
from tests.intake.test_push import order, push, token
from tests.intake.world import foreign, row, said, taken
from tests.orders import world

UNIT_WORDS = "；来源分类代码“{}”没有对应，分类待定，请派单时选定"


@pytest.fixture
def program(doorway: Doorway, frozen: clock.FrozenClock) -> Iterator[Browser]:
    yield Browser(doorway.app(), token=token())


def test_codes_become_classes_and_an_unknown_one_waits_for_the_desk(program: Browser) -> None:
    told = push(
        program,
        order("A", category="XF01"),
        order("B", category="XF99"),
        order("C", category="不在表内 <b>"),
        order("D"),
        order("E", category="01.02"),  # looks like ours, but this source has a list of its own
    )
    assert [one["outcome"] for one in told["rows"]] == ["新收"] * 5
    found = {one: (row(one).category, row(one).tags) for one in "ABCDE"}
    waits = [classes.OPEN]
    assert found == {"A": ("01.01", []), "B": ("", waits), "C": ("", waits), "D": ("", []),
                     "E": ("", waits)}  # fmt: skip
    assert said(row("B").id) == ["收到领导信箱诉求" + UNIT_WORDS.format("XF99")]
    # Another source speaks our codes; what cannot be one waits as well, and is not refused.
    taken(foreign("H1", category="04.02"), foreign("H2", category="CJ-0102"))
    assert (row("H1").category, row("H2").category) == ("04.02", "")
    # The desk has one line for each code, however often it came; nobody else asks for them.
    push(program, order("F", category="XF99"))
    who = world.command()
    lines = [(one.source, one.code, one.orders) for one in classes.gaps(who)]
    assert sorted(lines) == [("12345", "CJ-0102", 1), ("领导信箱", "01.02", 1),
                             ("领导信箱", "XF99", 2), ("领导信箱", "不在表内 <b>", 1)]  # fmt: skip
    with pytest.raises(Denied):
        classes.gaps(world.community())
    # The same order again is the same order and counts for no line.
    push(program, order("F", category="XF99"))
    assert max(one.orders for one in classes.gaps(who)) == 2
    # Classified by hand, the order waits no more, and its history says so.
    listed = queries.listed(who, Filters(tag=classes.OPEN))
    assert {one.order_no for one in listed.rows} >= {row("B").order_no}
    desk.act(who, row("B").id, "accept", {})
    desk.act(who, row("B").id, "dispatch", {"unit": f"gov-{world.STREET}", "category": "04.02"})
    assert (row("B").category, row("B").tags) == ("04.02", [])


def test_a_code_that_is_mapped_by_now_is_no_gap(
    program: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(program, order("A", category="XF99"))
    assert [one.code for one in classes.gaps(world.command())] == ["XF99"]
    pack = citypack.pack()
    (table,) = pack.intake.category_codes
    grown = table.model_copy(update={"codes": {**table.codes, "XF99": "01"}})
    intake = pack.intake.model_copy(update={"category_codes": (grown,)})
    monkeypatch.setattr(classes, "pack", lambda: pack.model_copy(update={"intake": intake}))
    assert classes.gaps(world.command()) == ()


def test_a_source_has_one_list_and_codes_of_our_form() -> None:
    one = {"source": "12345", "codes": {"A": "01.02"}}
    with pytest.raises(ValueError, match="重复"):
        IntakeTexts.model_validate({"category_codes": [one, one]})
    with pytest.raises(ValueError, match="pattern"):
        IntakeTexts.model_validate({"category_codes": [{**one, "codes": {"A": "一类"}}]})


def test_the_city_maps_to_classes_that_there_are() -> None:
    folder = ROOT / "city" / "xining"
    with (folder / "order_classes.csv").open(encoding="utf-8-sig") as file:
        known = {line["事项编码"] for line in csv.DictReader(file)}
    intake = read_pack(folder).intake
    used = {code for one in intake.category_codes for code in one.codes.values()}
    used |= {one.category for one in intake.open311.services if one.category}
    assert used and used <= known
    sources = {one.id for one in read_pack(folder).orders.source}
    assert {one.source for one in intake.category_codes} <= sources
