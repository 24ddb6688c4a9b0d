"""Group ``forms``: filling a form of 60 cells for every community; how much of the ten is filled.

Every system has spoken of every measure that the ten forms are bound to, with made-up numbers; who
stands in a list comes from a made-up index. What no system holds stays empty and counts as such;
counted is an answer as it is first opened, with the cells that its clerk fills by signing in.
"""

import time
from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select

from auth.principal import Principal, Unit
from benchmarks import ground
from benchmarks.figures import Figure, emit
from portal.affairs.forms import desk, fill, held
from portal.affairs.forms.tables import form_answer
from portal.commands import setup
from portal.store import clock, crypto, divisions, measures, search
from portal.store.citypack import pack
from portal.store.form_texts import FieldText, FormText
from portal.store.measure_words import Cell, Definition, Kind, Snapshot
from portal.store.scope import scoped
from portal.store.subjects import subject, subject_relation
from portal.wiring import build

LISTED, CELLS = 400, 60
_AGED = {"residents": (0, 7, 15, 60, 65, 80), "elderly": (60, 70, 80, 90, 100)}


def _who(unit: str, kind: str, role: str) -> Principal:
    return Principal(
        account_id=UUID(int=1),
        login="bench",
        name="测量",
        post_id=UUID(int=2),
        post_title="经办",
        unit=Unit(id=unit, name="测量", kind=kind, level="city", region_code=pack().region_code),  # type: ignore[arg-type]
        roles=(role,),
        prefixes=() if kind == "department" else (pack().region_code,),
        session_id="b" * 64,
        factors=frozenset({"pwd"}),
    )


def _parts(one: str, fields: list[FieldText]) -> list[str]:
    if one in _AGED:
        ends = [*(first - 1 for first in _AGED[one][1:]), None]
        bands = [
            f"{low:03d}-{'' if high is None else f'{high:03d}'}"
            for low, high in zip(_AGED[one], ends, strict=True)
        ]
        return [f"{sex}|{band}" for sex in "男女" for band in bands]
    if any(field.most for field in fields):
        return ["01.01", "01.02", "02.01"]  # classes of the second level
    parts = {part for each in fields for part in each.part.split("、") if part}
    return sorted(parts) or [""]


def _numbers(codes: list[str]) -> None:
    known, now = held.now(), clock.now()
    by_measure: dict[str, list[FieldText]] = {}
    for form in pack().forms.form:
        for one in form.fields:
            if one.source == "measure":
                by_measure.setdefault(one.bind, []).append(one)
    day = clock.local(now).date()
    with scoped(measures.WRITER) as connection:
        for name, fields in by_measure.items():
            measures.define(
                connection, [Definition(id=name, kind=Kind.STOCK, name=name, unit="人")]
            )
            picture = Snapshot(measure=name, system_id=known.measures[name].system_id, day=day,
                               as_of=now, taken_at=now)  # fmt: skip
            cells = [
                Cell(region_code=code, slice=part, numerator=5 + at % 7, denominator=20)
                for at, code in enumerate(codes)
                for part in _parts(name, fields)
            ]
            measures.restate(connection, picture, cells)
    measures.settle()


def _people(codes: list[str]) -> None:
    """Old heads of households whom 养老 and 低保 know, in some communities."""
    with scoped(search.INDEXER) as connection:
        for at in range(LISTED):
            person, number = uuid4(), f"630102{1930 + at % 15}0101{at:04d}"
            connection.execute(
                insert(subject).values(
                    id=person, kind="person", name="模拟老人", pinyin="moni", initials="m",
                    id_hash=f"h{at}", id_cipher=crypto.encrypt(number),
                    systems=["grid", "elderly_care", "subsistence"],
                )
            )  # fmt: skip
            for kind in ("居住", "户籍"):
                connection.execute(
                    insert(subject_relation).values(
                        subject_id=person, kind=kind, region_code=codes[at % 40], head=True,
                        household_no=f"n{at}", system_id="grid",
                    )
                )  # fmt: skip
    search.settle()


def _sent(made: FormText) -> UUID:
    whole = made.model_copy(
        update={"number": f"测{made.id}"[:40], "approval": "测〔2026〕1号",
                "valid_until": date.today() + timedelta(days=400)}
    )  # fmt: skip
    department, city = _who("dept-civil", "department", "department_officer"), _who(
        f"gov-{pack().region_code}", "government", "city_officer"
    )  # fmt: skip
    form_id = desk.draft(department, whole)
    desk.act(department, form_id, "submit", {"words": "测量"})
    desk.act(city, form_id, "approve")
    desk.act(department, form_id, "send")
    return form_id


def _wide() -> FormText:
    fields = [
        one
        for form in pack().forms.form
        if form.layout == "汇总表"
        for one in form.fields
        if one.source not in ("formula", "typed") and not one.check
    ]
    some = [
        one.model_copy(update={"name": f"w{at:02d}", "check": ""})
        for at, one in enumerate((fields * 2)[:CELLS])
    ]
    return pack().forms.form[0].model_copy(update={"id": "wide", "title": "六十栏测量表",
                                                   "fields": tuple(some)})  # fmt: skip


def _signed(made: FormText) -> int:
    """The cells that whoever opens an answer has filled by signing in: who, and on which day."""
    return sum(one.source == "post" for one in made.fields) if made.layout == "汇总表" else 0


def _counted(form_id: UUID) -> tuple[int, int, int]:
    column = form_answer.c
    query = select(func.sum(column.auto), func.sum(column.asked), func.count()).where(
        column.form_id == form_id
    )
    with scoped(held.SERVICE) as connection:
        auto, asked, answers = connection.execute(query).one()
    return int(auto or 0), int(asked or 0), answers


def _emit(name: str, value: float, unit: str, target: str | None = None) -> None:
    emit(Figure(figure=f"forms.{name}", value=value, unit=unit, runs=1, scale="city",
                target=target))  # fmt: skip


def run() -> None:
    """Fill the wide form for all, then the ten."""
    with ground.folder() as place, ground.database(place):
        setup.load_city(pack())
        build()
        codes = [one.code for one in divisions.below(pack().region_code, "community")
                 if not one.statistics_only]  # fmt: skip
        _numbers(codes)
        _people(codes)
        wide = _sent(_wide())
        started = time.perf_counter()
        while fill.turn():
            pass
        _emit("fill_60_all", time.perf_counter() - started, "s", "<= 60")
        _emit("fill_60_units", _counted(wide)[2], "units")
        auto = asked = summed = of = 0
        for form in pack().forms.form:
            form_id = _sent(form)
            while fill.turn():
                pass
            mine, all_, answers = _counted(form_id)
            mine += answers * _signed(form)
            auto, asked = auto + mine, asked + all_
            if form.layout == "汇总表":
                summed, of = summed + mine, of + all_
            _emit(f"filled_{form.id}", round(100 * mine / max(all_, 1), 1), "%")
        _emit("filled_summaries", round(100 * summed / of, 1), "%", ">= 80")
        _emit("filled_ten", round(100 * auto / asked, 1), "%", ">= 80")
