"""Settling what two lists said differently of one person, in the row of the next list.

Nothing is overwritten: the choice stands in the cell like any word of a clerk, remembers what it
has seen, and becomes a new version of the fact when the list is locked.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from auth import permissions
from auth.principal import Principal
from portal.affairs.forms import correcting, desk, held, personfacts, rules
from portal.affairs.forms.book import ANSWERS
from portal.affairs.forms.effects import rows_of
from portal.affairs.forms.personfacts import Rival
from portal.affairs.forms.words import Cell, Cells, FormError, key
from portal.affairs.workflow import ledger
from portal.affairs.workflow.flow import KEPT
from portal.store.form_texts import FieldText, FormText
from portal.store.scope import acting_as, scoped


def open_in(connection: Connection, made: FormText, cells: Cells) -> dict[str, tuple[Rival, ...]]:
    """By cell of a list, what was said differently of its person; for the affair's own service.

    A cell that has seen all of it, because somebody settled it here, has nothing open.
    """
    fields = {one.name: one.fact for one in made.fields if one.fact}
    if made.layout != "名册" or not fields:
        return {}
    subjects = {one.subject for one in cells.values() if one.subject}
    known = personfacts.rivals(connection, set(fields.values()), subjects)
    if not known:
        return {}
    found: dict[str, tuple[Rival, ...]] = {}
    for place, cell in cells.items():
        there = known.get((cell.subject, fields.get(place.partition(".")[2], "")), ())
        if any(one.version > cell.base for one in there if not one.counts):
            found[place] = there
    return found


def settle(
    principal: Principal, answer_id: UUID, row: int, name: str, version: int | None, base: int
) -> tuple[str, ...]:
    """Take what a list said (its version), or keep what the cell says (``None``).

    ``base`` is the version of the cell that was seen. Gives words about what followed.
    """
    permissions.check(principal, desk.VIEW)
    with scoped(principal.reach) as connection:
        desk.seen_answer(connection, answer_id)
        with acting_as(connection, held.SERVICE.actor):
            stored = ledger.take_hold(connection, ANSWERS, answer_id)
            desk.may_fill(principal, stored)
            made, cells = desk.form_of(connection, stored), held.unseal(stored.payload)
            place = key(row, name)
            one, there = made.field(name), cells.get(place)
            rivals = open_in(connection, made, cells).get(place, ())
            if one is None or there is None or there.version != base or not rivals:
                raise FormError(f"这一格刚被核定或修改，{KEPT}请看过现值再核定。")
            value = _chosen(one, there, rivals, version)
            settled = desk.written(there, value, principal)
            cells[place] = replace(settled, base=max(rival.version for rival in rivals))
            rules.compute(made, cells, rows_of(made, stored.rows))
            desk.store(connection, made, stored, cells)
    gone = there.asked if value != there.value else ""
    return correcting.take_back(principal, [gone] if gone else [])


def _chosen(one: FieldText, there: Cell, rivals: tuple[Rival, ...], version: int | None) -> str:
    if version is None:
        return there.value
    said = next((rival.value for rival in rivals if rival.version == version), None)
    if said is None:
        raise FormError(f"这一说法已被核定，{KEPT}请看过现值再核定。")
    value, wrong = rules.tidy(one, said)
    if wrong:
        raise FormError(f"“{one.title}”{wrong}，没有采用，{KEPT}")
    return value
