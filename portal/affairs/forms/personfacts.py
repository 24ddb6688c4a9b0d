"""What locked lists leave behind of persons, and what the next list finds of it.

Only the affair's own service reads and adds here: a list is made for a unit whose persons it knows
already, and a fact that was typed for one list reaches a person's row of the next one only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from portal.affairs.forms.conflicts import Standing, Word, conflict, repeats, unsettled
from portal.affairs.forms.tables import form, form_person_fact
from portal.affairs.forms.words import Cell, Cells, key
from portal.affairs.workflow.ledger import Step
from portal.store import crypto, divisions
from portal.store.form_texts import FormText


@dataclass(frozen=True, kw_only=True)
class Rival:
    """One of the words about a person and a fact that stand against each other until settled."""

    version: int
    value: str
    place: str  # the unit that said it, by its place
    form: str
    as_of: str
    counts: bool  # what the next lists arrive with, as long as nobody settles it


Rivals = Mapping[tuple[str, str], tuple[Rival, ...]]  # subject, name
Facts = Mapping[tuple[str, str], tuple[str, str, int]]  # subject, name -> value, as of, version
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('form_person_fact'))")


def names(made: FormText) -> frozenset[str]:
    """The facts that a list leaves or looks for."""
    told = (one.fact or (one.bind if one.source == "fact" else "") for one in made.fields)
    return frozenset(filter(None, told))


def known(connection: Connection, wanted: Iterable[str], subjects: Iterable[str]) -> Facts:
    """What counts of these persons: the latest word that is in no hard conflict."""
    fact = form_person_fact.c
    rows = _latest(connection, wanted, subjects, func.coalesce(fact.conflict, "") != "hard")
    return {
        (one.subject, one.name): (crypto.decrypt(one.value), f"{one.as_of}", one.version)
        for one in rows
    }


def _latest(
    connection: Connection, wanted: Iterable[str], subjects: Iterable[str], *more: Any
) -> Sequence[Row[Any]]:
    fact = form_person_fact.c
    query = (
        select(form_person_fact)
        .where(fact.subject.in_(sorted(subjects)), fact.name.in_(sorted(wanted)), *more)
        .order_by(fact.subject, fact.name, fact.version.desc())
        .ext(distinct_on(fact.subject, fact.name))
    )
    return connection.execute(query).all() if wanted else []


def rivals(connection: Connection, wanted: Iterable[str], subjects: Iterable[str]) -> Rivals:
    """What is in an open hard conflict about these persons: what counts, then what does not."""
    fact, names_, persons = form_person_fact.c, sorted(wanted), sorted(set(subjects))
    if not names_ or not persons:
        return {}
    other = form_person_fact.alias("other").c
    hard = select(other.id).where(
        other.subject == fact.subject, other.name == fact.name, other.conflict == "hard"
    )
    query = (
        select(form_person_fact, form.c.title)
        .outerjoin(form, form.c.id == fact.form_id)
        .where(fact.subject.in_(persons), fact.name.in_(names_), hard.exists())
        .order_by(fact.subject, fact.name, fact.version)
    )
    found: dict[tuple[str, str], tuple[Rival, ...]] = {}
    rows = connection.execute(query).all()
    for of, group in groupby(rows, key=lambda one: (one.subject, one.name)):
        said = list(group)
        still = unsettled(Word(version=one.version, base=one.base, conflict=one.conflict,
                               form_id=one.form_id) for one in said)  # fmt: skip
        counting = [one for one in said if one.conflict != "hard"][-1:]
        if still:
            against = [one for one in said if one.version in still]
            found[of] = tuple(map(_rival, (*counting, *against)))
    return found


def _rival(row: Row[Any]) -> Rival:
    return Rival(version=row.version, value=crypto.decrypt(row.value), form=row.title or "",
                 place=divisions.full_name(row.region_code), as_of=f"{row.as_of}",
                 counts=row.conflict != "hard")  # fmt: skip


def leave(step: Step, made: FormText, cells: Cells, rows: Iterable[int]) -> None:
    """Keep what a locked list says of its persons; what it only repeats is not said again.

    A word that was only carried over keeps its own day: nobody has looked at it anew. A cell that
    was emptied is remembered as empty, so that it does not come back with the next list.
    """
    said = _said(made, cells, rows)
    if not said:
        return
    step.connection.execute(_ONE_AT_A_TIME)  # two lists may name one person
    wanted, subjects = {one for _, one in said}, {one for one, _ in said}
    counting = func.coalesce(form_person_fact.c.conflict, "") != "hard"
    latest = {
        (one.subject, one.name): Standing(
            value=crypto.decrypt(one.value), version=one.version, form_id=one.form_id
        )
        for one in _latest(step.connection, wanted, subjects, counting)
    }
    last = {
        (one.subject, one.name): one.version for one in _latest(step.connection, wanted, subjects)
    }
    form_id = step.row.form_id
    added = [
        {"subject": of[0], "name": of[1], "region_code": step.row.region_code,
         "value": crypto.encrypt(cell.value), "version": last.get(of, 0) + 1, "base": cell.base,
         "conflict": conflict(latest.get(of), cell.base, form_id, cell.value),
         "form_id": form_id, "as_of": step.row.period_to - timedelta(days=1), "at": step.now}
        for of, cell in said.items()
        if not repeats(latest.get(of), cell.base, form_id, cell.value)
    ]  # fmt: skip
    if added:
        step.connection.execute(insert(form_person_fact), added)
    if hard := sum(one["conflict"] == "hard" for one in added):
        step.detail["person_conflicts"] = hard
        step.words = f"{step.words}：{hard} 处与其他名册不一致，暂不沿用，待下期核定"


def _said(made: FormText, cells: Cells, rows: Iterable[int]) -> dict[tuple[str, str], Cell]:
    """By person and fact, the cells that say something, or that were emptied."""
    kept = [one for one in made.fields if one.fact]
    there = ((one, cells.get(key(number, one.name))) for number in rows for one in kept)
    return {
        (cell.subject, one.fact): cell
        for one, cell in there
        if cell is not None and cell.subject and (cell.value or cell.base)
    }
