"""People, numbers and forms for tests of 一表通: the small second city."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.principal import Principal
from portal.affairs.forms import desk, fill, held
from portal.affairs.forms.tables import form_answer
from portal.affairs.forms.words import Held, HeldField, HeldMeasure
from portal.store import clock, measures
from portal.store.form_texts import FieldText, FormText
from portal.store.measure_words import Cell, Definition, Kind, Snapshot
from portal.store.scope import scoped
from tests import people

CITY, DISTRICT, STREET, PLACE, OTHER = (
    "9901", "990102", "990102001", "990102001001", "990102001002",
)  # fmt: skip
HELD = Held(
    measures={
        one: HeldMeasure(
            id=one, name=name, system_id="grid", system_name="网格系统", owner="海陵市民政局"
        )
        for one, name in (("residents", "实有人口"), ("households", "户数"))
    },
    fields={"grid.phone": HeldField(id="grid.phone", label="联系电话", system_name="网格系统")},
    systems={"grid": "网格系统"},
)


def _who(login: str, unit: str, kind: str, level: str, place: str, role: str) -> Principal:
    made = people.principal(
        roles=(role,), unit_id=unit, kind=kind, level=level, region_code=place,
        prefixes=() if kind == "department" else (place,),
    )  # fmt: skip
    return replace(made, login=login, name=login)


def department(unit: str = "dept-civil") -> Principal:
    return _who("部门", unit, "department", "city", CITY, "department_officer")


def city() -> Principal:
    return _who("市级", f"gov-{CITY}", "government", "city", CITY, "city_officer")


def district(place: str = DISTRICT) -> Principal:
    return _who("区县", f"gov-{place}", "government", "district", place, "district_officer")


def street(place: str = STREET) -> Principal:
    return _who("街道", f"gov-{place}", "government", "street", place, "street_officer")


def clerk(name: str = "甲", place: str = PLACE) -> Principal:
    return _who(name, f"com-{place}", "community", "community", place, "community_clerk")


def field(name: str, title: str, **over: Any) -> FieldText:
    return FieldText(name=name, title=title, **over)


FIELDS = (
    field("place", "社区名称", kind="text", source="place", bind="name"),
    field("all", "常住人口", source="measure", bind="residents"),
    field("old", "60岁及以上", source="measure", bind="residents", from_age=60, check="old <= all"),
    field("houses", "户数总计", source="measure", bind="households", topic="hardship"),
    field("share", "户均", source="formula", bind="all / houses"),
    field("teams", "居民小组数", fact="teams"),
    field("plan", "下月打算", kind="text", required=False),
    field("who", "填表人", kind="text", source="post", bind="name"),
)


def written(*fields: FieldText, **over: Any) -> FormText:
    values: dict[str, Any] = {
        "id": "a", "number": "海统〔2026〕1号", "title": "人口情况表", "issuer": "海陵市民政局",
        "approval": "海备〔2026〕3号", "valid_until": date(2027, 6, 30), "matter": "population",
    }  # fmt: skip
    return FormText(fields=fields or FIELDS, **{**values, **over})


def count(numbers: Mapping[str, Mapping[tuple[str, str], int]], day: date | None = None) -> None:
    """Let the grid say its numbers: measure -> (place, slice) -> number."""
    now = clock.now()
    day = day or clock.local(now).date() - timedelta(days=1)
    with scoped(measures.WRITER) as connection:
        measures.define(
            connection,
            [Definition(id=one, kind=Kind.STOCK, name=one, unit="人") for one in numbers],
        )
        for measure, cells in numbers.items():
            picture = Snapshot(measure=measure, system_id="grid", day=day, as_of=now, taken_at=now)
            told = [
                Cell(region_code=place, slice=part, numerator=number)
                for (place, part), number in cells.items()
            ]
            measures.restate(connection, picture, told)


def use() -> None:
    """What the systems hold, and what the grid has counted."""
    held.comes_from(lambda: HELD)
    count(
        {
            "residents": {
                (PLACE, "男|000-059"): 100,
                (PLACE, "女|060-079"): 30,
                (PLACE, "女|080-"): 10,
                (OTHER, "男|000-059"): 50,
            },
            "households": {(PLACE, ""): 56, (OTHER, ""): 25},
        }
    )


def sent(made: FormText | None = None) -> UUID:
    """A form that went all the way to the communities and was filled."""
    form_id = desk.draft(department(), made or written())
    desk.act(department(), form_id, "submit", {"words": "确需制发"})
    desk.act(city(), form_id, "approve")
    desk.act(department(), form_id, "send")
    while fill.turn():
        pass
    return form_id


def answer(form_id: UUID, place: str = PLACE) -> Any:
    """A unit's newest answer as it is stored."""
    query = select(form_answer).where(
        form_answer.c.form_id == form_id, form_answer.c.region_code == place
    )
    with scoped(held.SERVICE) as connection:
        return connection.execute(query.order_by(form_answer.c.period_from.desc())).first()
