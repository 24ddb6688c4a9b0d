"""Automatic filling: every cell with its value, where it is from, as of when; many units at once.

Read as the affair's own service within the place that the form was sent to; what is written goes
into each unit's own answer, so nobody sees more than the own row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import structlog
from sqlalchemy import Connection, Row, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from portal.affairs.forms import held, keeping, papers, people, personfacts, rules
from portal.affairs.forms.book import answer_flow
from portal.affairs.forms.effects import content, rows_of
from portal.affairs.forms.tables import form, form_answer, form_fact
from portal.affairs.forms.words import AUTO, MISSING, Cell, Cells, Held, HeldMeasure, key
from portal.store import clock, crypto, divisions, measure_reads, region_codes
from portal.store.form_texts import FieldText, FormText
from portal.store.measure_words import Grain, Kind, Period, Value
from portal.store.scope import Reach, scoped

_log = structlog.get_logger()

GRAINS: Mapping[str, Grain] = {"周": "week", "月": "month", "季": "quarter", "年": "year",
                               "一次": "month"}  # fmt: skip
BATCH = 200


@dataclass(kw_only=True)
class Read:
    """What was read for all units of a form at once."""

    values: dict[tuple[str, str], list[Value]] = field(default_factory=dict)  # measure, place
    as_of: dict[str, str] = field(default_factory=dict)  # by measure; missing: nobody has spoken
    counts: dict[tuple[str, str], int] = field(default_factory=dict)  # index bind, place
    facts: dict[tuple[str, str], tuple[str, str, int]] = field(default_factory=dict)
    parts: dict[str, Mapping[str, str]] = field(default_factory=dict)  # names of a measure's parts


def turn() -> int:
    """Fill what was sent and is still empty, form by form; gives how many answers were filled.

    A form that cannot be filled does not keep the others waiting; a later turn tries it again.
    """
    with scoped(held.SERVICE) as connection:
        waiting = select(form_answer.c.form_id).where(form_answer.c.filled_at.is_(None)).distinct()
        rows = connection.execute(select(form).where(form.c.id.in_(waiting))).all()
    done = 0
    for row in rows:
        try:
            done += fill(row)
        except Exception as error:  # whatever it was: the other forms are filled all the same
            _log.error("forms.fill", form=str(row.id), error=type(error).__name__)
    return done


def fill(row: Row[Any]) -> int:
    """Fill the empty answers of a form."""
    made, known = content(row), held.now()
    reach = Reach(prefixes=(row.region_code,), unit_id=None, actor=held.SERVICE.actor)
    done = 0
    with scoped(reach) as connection:
        query = select(form_answer).where(
            form_answer.c.form_id == row.id, form_answer.c.filled_at.is_(None)
        )
        answers = connection.execute(query.with_for_update(skip_locked=True)).all()
        by_period: dict[date, list[Row[Any]]] = {}
        for one in answers:
            by_period.setdefault(one.period_from, []).append(one)
        for starts, those in by_period.items():
            read = _read(connection, made, known, row.region_code, starts)
            for at in range(0, len(those), BATCH):
                done += _write(connection, made, known, read, those[at : at + BATCH])
    return done


# -- reading --------------------------------------------------------------------------------------


def _read(connection: Connection, made: FormText, known: Held, prefix: str, starts: date) -> Read:
    found = Read()
    period = Period(grain=GRAINS[made.cycle], starts=starts)
    ids = {
        one.bind for one in made.fields if one.source == "measure" and one.bind in known.measures
    }
    for one in made.fields:
        told = known.measures.get(one.bind) if one.most else None
        if told is not None and told.parts is not None:
            found.parts[told.id] = told.parts()
            ids |= {told.whole} & known.measures.keys()
    if ids:
        _measures(connection, known, ids, prefix, period, found)
    for bind in {one.bind for one in made.fields if one.source == "index"}:
        for code, number in people.counted(connection, bind, prefix):
            found.counts[bind, code] = number
    names = {one.fact or one.bind for one in made.fields if one.fact or one.source == "fact"}
    if names:
        found.facts = _facts(connection, names, prefix)
    return found


def _measures(
    connection: Connection, known: Held, ids: set[str], prefix: str, period: Period, found: Read
) -> None:
    pairs = {(one, known.measures[one].system_id) for one in ids}
    said = measure_reads.latest(connection, pairs, period.ends)
    kinds = measure_reads.definitions(connection, ids)
    for measure, system_id in pairs:
        picture = said.get((measure, system_id))
        if system_id.startswith("platform:"):
            if measure in kinds:
                found.as_of[measure] = held.today_text()
        elif picture is not None and picture.problem is None and measure in kinds:
            if kinds[measure].kind is Kind.FLOW and picture.day < period.starts:
                continue  # what happened before a period says nothing about it
            found.as_of[measure] = clock.local(picture.as_of).date().isoformat()
    lowest = [region_codes.COMMUNITY]
    for one in measure_reads.values(connection, found.as_of, prefix, lowest, period):
        if one.system_id == known.measures[one.measure].system_id:
            found.values.setdefault((one.measure, one.region_code), []).append(one)


def _facts(
    connection: Connection, names: Iterable[str], prefix: str
) -> dict[tuple[str, str], tuple[str, str, int]]:
    fact = form_fact.c
    query = (
        select(fact.name, fact.region_code, fact.value, fact.as_of, fact.version)
        .where(
            fact.name.in_(sorted(names)),
            region_codes.within(fact.region_code, prefix),
            func.coalesce(fact.conflict, "") != "hard",
        )
        .order_by(fact.region_code, fact.name, fact.version.desc())
        .ext(distinct_on(fact.region_code, fact.name))
    )
    return {
        (one.name, one.region_code): (crypto.decrypt(one.value), f"{one.as_of}", one.version)
        for one in connection.execute(query)
    }


# -- one cell -------------------------------------------------------------------------------------


def fits(one: FieldText, part: str) -> bool | None:
    """Whether a slice belongs to a cell; ``None``: it lies across the cell's border."""
    if one.part:
        return part in one.part.split("、")
    sex, _, ages = part.partition("|")
    if one.sex and sex != one.sex:
        return False if sex else None
    if one.from_age is None and one.to_age is None:
        return True
    low, dash, high = ages.partition("-")
    if not dash:
        return None
    first, last = int(low), int(high) if high else None
    wanted, until = one.from_age or 0, one.to_age
    if (until is not None and first > until) or (last is not None and last < wanted):
        return False
    return True if first >= wanted and (until is None or (last or 999) <= until) else None


def _largest(one: FieldText, code: str, measure: HeldMeasure, read: Read) -> str | None:
    """The largest parts in words; those that tie with the last of them are named as well."""
    names = read.parts.get(one.bind, {})
    values = read.values.get((one.bind, code), [])
    told = {value.slice: value.numerator for value in values if value.numerator > 0}
    if told and not names:
        return None
    known = sorted((-told[part], names[part]) for part in told.keys() & names.keys())
    least = -known[one.most - 1][0] if len(known) > one.most else 0
    named = [f"{name} {-number} {measure.unit}" for number, name in known if -number >= least]
    everything = sum(value.numerator for value in read.values.get((measure.whole, code), []))
    left = everything + sum(number for number, _ in known)
    more = f"；另有 {left} {measure.unit}未归类" if measure.whole and left > 0 else ""
    return ("、".join(named) or "无") + more


def _measured(one: FieldText, code: str, known: Held, read: Read) -> Cell | None:
    """No row means nought, but only where the system, or an answer, has spoken."""
    if one.bind not in read.as_of:
        return None
    measure = known.measures[one.bind]
    source = f"{measure.system_name}·{measure.name}"
    if one.most:
        words = _largest(one, code, measure, read)
        if words is None:
            return None
        return Cell(value=words, state=AUTO, source=source, as_of=read.as_of[one.bind])
    values = read.values.get((one.bind, code), [])
    if measure.answered and not any(value.denominator for value in values):
        return None
    fitting = [(value, fits(one, value.slice)) for value in values]
    if any(fit is None for _, fit in fitting):
        return None
    number = sum(value.denominator if one.of else value.numerator for value, fit in fitting if fit)
    return Cell(value=f"{number}", state=AUTO, source=source, as_of=read.as_of[one.bind])


def cell(one: FieldText, code: str, known: Held, read: Read) -> Cell:
    """A cell of a summary as the systems fill it; else empty, saying who ought to."""
    if one.source == "measure":
        return _measured(one, code, known, read) or Cell(source="对方系统没有返回可用的数")
    if one.source == "index":
        number = read.counts.get((one.bind, code), 0)
        return Cell(value=f"{number}", state=AUTO, source=people.named(one.bind, known),
                    as_of=held.today_text())  # fmt: skip
    if one.source == "place":
        place = divisions.find(code)
        value = code if one.bind == "code" else place.name if place else code
        return Cell(value=value, state=AUTO, source="行政区划", as_of=held.today_text())
    fact = read.facts.get((one.fact or one.bind, code))
    if fact and one.source in ("fact", "typed"):
        return _carried(fact)
    return Cell()


def _carried(fact: tuple[str, str, int]) -> Cell:
    """A cell as an earlier answer left it; what was emptied stays empty, but is built upon."""
    value, as_of, version = fact
    if not value:
        return Cell(base=version)
    return Cell(value=value, state=AUTO, source="上期填报", as_of=as_of, base=version)


# -- writing --------------------------------------------------------------------------------------


def _roster(connection: Connection, made: FormText, code: str) -> tuple[Cells, int]:
    cells: Cells = {}
    found = people.listed(connection, made, code)
    names = personfacts.names(made)
    facts = personfacts.known(connection, names, [one.subject for one in found])
    for number, person in enumerate(found, start=1):
        for one in made.fields:
            value = person.values.get(one.bind, "") if one.source == "person" else ""
            if one.source == "person" and one.bind == "row":
                value = f"{number}"
            state = AUTO if value else MISSING
            source = person.source if one.source == "person" else ""
            fact = facts.get((person.subject, one.fact or one.bind))
            if fact and one.source in ("fact", "typed"):
                cells[key(number, one.name)] = replace(_carried(fact), subject=person.subject)
                continue
            cells[key(number, one.name)] = Cell(
                value=value, source=source, as_of=held.today_text() if value else "",
                subject=person.subject, state=state,
            )  # fmt: skip
    return cells, len(found)


def filled(
    connection: Connection, made: FormText, known: Held, read: Read, code: str
) -> tuple[Cells, int]:
    """The cells of one unit and how many rows they are."""
    if made.layout == "名册":
        cells, rows = _roster(connection, made, code)
    else:
        rows = 1
        cells = {key(0, one.name): cell(one, code, known, read) for one in made.fields}
    rules.compute(made, cells, rows_of(made, rows))
    return cells, rows


_SET = (
    update(form_answer)
    .where(form_answer.c.id == bindparam("answer"))
    .values(
        {name: bindparam(f"new_{name}")
         for name in ("payload", "rows", "asked", "auto", "changed", "typed", "filled_at")}
    )
)  # fmt: skip


def _write(
    connection: Connection, made: FormText, known: Held, read: Read, answers: Sequence[Row[Any]]
) -> int:
    rows = []
    for one in answers:
        cells, count = filled(connection, made, known, read, one.region_code)
        if one.payload:  # it was moved to a new edition with what had been typed
            keeping.keep(made, cells, held.unseal(one.payload), rows_of(made, count))
        counted = rules.count(made, cells, rows_of(made, count))
        numbers = {f"new_{name}": value for name, value in vars(counted).items()}
        rows.append({"answer": one.id, "new_payload": held.seal(cells), "new_rows": count,
                     "new_filled_at": clock.now(), **numbers})  # fmt: skip
    connection.execute(_SET, rows)
    papers.arrived(connection, answer_flow(), [one._asdict() for one in answers])
    return len(rows)


def signed(made: FormText, cells: Cells, name: str, unit: str) -> bool:
    """Who fills and on which day is known of who has signed in; whether anything was added."""
    given = {"name": name, "unit": unit, "today": held.today_text()}
    moved = False
    for one in made.fields:
        there = cells.get(key(0, one.name))
        if one.source == "post" and made.layout == "汇总表" and (there is None or not there.value):
            cells[key(0, one.name)] = replace(
                there or Cell(), value=given[one.bind], state=AUTO, source="登录岗位",
                as_of=held.today_text(),
            )  # fmt: skip
            moved = True
    return moved
