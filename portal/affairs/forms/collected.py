"""Numbers that only forms collect: a locked answer becomes a measure for reports and other forms.

One row for each community that has answered: the number, and below it one for the answer, so that
nought is told from no answer. Another answer for the same period takes the place of the former.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from portal.affairs.forms import rules
from portal.affairs.forms.words import Cells, key
from portal.affairs.workflow.ledger import Step
from portal.store import measures
from portal.store.citypack import pack
from portal.store.form_texts import CollectedText, FormText
from portal.store.measure_tables import measure_change
from portal.store.measure_words import Change, Definition, Kind
from portal.store.scope import acting_as

SYSTEM, NAME = "platform:forms", "一表通填报"


def definition(one: CollectedText) -> Definition:
    """The measure that such a number becomes."""
    return Definition(id=one.id, kind=Kind(one.kind), name=one.name, unit=one.unit)


def leave(step: Step, made: FormText, cells: Cells) -> None:
    """What a locked answer says of the measures that its form collects."""
    texts = {one.id: one for one in pack().forms.collected}
    told = [
        (texts[one.leaves], number)
        for one in made.fields
        if one.leaves in texts
        and (there := cells.get(key(0, one.name))) is not None
        and (number := rules.whole(there.value)) is not None
    ]
    if not told:
        return
    with acting_as(step.connection, measures.WRITER.actor):
        measures.define(step.connection, [definition(text) for text, _ in told])
        for text, number in told:
            moves = _moves(step.connection, text, step.row, number)
            measures.add(step.connection, moves, step.now)


def _moves(
    connection: Connection, text: CollectedText, row: object, number: int
) -> Sequence[Change]:
    """From what the store says of the period to what the answer says.

    A stock that is corrected late is moved back where the next answer begins.
    """
    code, first, after = row.region_code, row.period_from, row.period_to  # type: ignore[attr-defined]
    day = after - timedelta(days=1)
    column = measure_change.c
    mine = (column.measure == text.id, column.system_id == SYSTEM, column.region_code == code)
    since = (column.day >= first,) if text.kind == "flow" else ()
    standing = select(
        func.coalesce(func.sum(column.numerator), 0), func.coalesce(func.sum(column.denominator), 0)
    ).where(*mine, column.day < after, *since)
    had, answers = connection.execute(standing).one()
    move = (number - int(had), 1 - int(answers))
    later = None
    if text.kind == "stock":
        next_one = select(func.min(column.day)).where(*mine, column.day >= after)
        later = connection.execute(next_one).scalar()
    return [_change(text, code, day, *move)] + (
        [_change(text, code, later, -move[0], -move[1])] if later else []
    )


def _change(text: CollectedText, code: str, day: date, top: int, below: int) -> Change:
    return Change(measure=text.id, system_id=SYSTEM, region_code=code, day=day,
                  numerator=top, denominator=below)  # fmt: skip
