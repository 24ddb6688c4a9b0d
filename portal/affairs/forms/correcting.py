"""A changed automatic value is no silent overwrite: its owner is asked to look at it (数据校核).

A number of a community is asked about as a number, a field of a person in a list as that person's,
with both values sealed and shown as a dossier would mask them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.corrections import desk as corrections
from portal.affairs.corrections.rules import Asking, CorrectionError
from portal.affairs.forms import held
from portal.affairs.forms.words import CHANGED, Cell, Cells, key
from portal.connectors.contract import Mask
from portal.settings import settings
from portal.store import crypto, divisions, search
from portal.store.form_texts import FieldText, FormText
from portal.store.scope import scoped

_MOST_WORDS = 5
_INDEXED = "来自居民索引，不属于某一个系统，请在一人一档中提出数据校核"


@dataclass(kw_only=True)
class Told:
    """What came of asking: in words, and which request stands for which cell."""

    words: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)  # cell -> id of the request

    def shown(self) -> tuple[str, ...]:
        """A long list says how many more there are instead of every one."""
        more = len(self.words) - _MOST_WORDS
        short = tuple(self.words[:_MOST_WORDS])
        return (*short, f"另有 {more} 处，见“数据校核”") if more > 0 else short


def put(
    principal: Principal,
    made: FormText,
    cells: Cells,
    rows: Iterable[int],
    region_code: str,
    ground: str,
) -> Told:
    """Ask the owners of the values that were changed.

    A value that was put to its owner already is not put again, whatever the owner has decided.
    """
    told = Told()
    for row, one, cell in _changed(made, cells, rows):
        where = f"第 {row} 行“{one.title}”" if row else f"“{one.title}”"
        if one.source == "person":
            told.words.append(f"{where}{_INDEXED}")
            continue
        try:
            asked = _asking(principal, made, one, cell, region_code, ground)
            if asked is None:
                continue
            done = corrections.ask(principal, asked)
        except (CorrectionError, Denied) as problem:
            told.words.append(f"{where}未能提出数据校核：{problem.message}")
        else:
            told.words.append(f"{where}已提出数据校核 {done.number}")
            told.asked[key(row, one.name)] = str(done.id)
    return told


def _changed(
    made: FormText, cells: Cells, rows: Iterable[int]
) -> Iterable[tuple[int, FieldText, Cell]]:
    for row in rows:
        for one in made.fields:
            cell = cells.get(key(row, one.name))
            changed = cell is not None and cell.state == CHANGED and cell.value and not cell.asked
            if cell is not None and changed and one.source in ("measure", "field", "person"):
                yield row, one, cell


def take_back(principal: Principal, requests: Sequence[str]) -> tuple[str, ...]:
    """Withdraw what was asked for cells that say something else by now; gives words about it."""
    words, done = [], 0
    for one in requests:
        try:
            corrections.withdraw(principal, UUID(one))
        except (CorrectionError, Denied) as problem:
            words.append(f"这一格提出过数据校核，没有撤回：{problem.message}")
        else:
            done += 1
    return (f"已撤回 {done} 份数据校核申请。", *words) if done else tuple(words)


# -- what is asked --------------------------------------------------------------------------------


def _asking(
    principal: Principal, made: FormText, one: FieldText, cell: Cell, region_code: str, ground: str
) -> Asking | None:
    if one.source == "field":
        with scoped(principal.reach) as connection:
            return _of_person(connection, made, one, cell, ground)
    return _of_place(made, one, cell, region_code, ground)


def _of_person(
    connection: Connection, made: FormText, one: FieldText, cell: Cell, ground: str
) -> Asking | None:
    known = held.now()
    there, found = known.fields.get(one.bind), search.one(connection, UUID(cell.subject))
    if there is None:
        return None  # the system is no longer connected: nobody could answer
    if found is None or found.region_code is None:
        raise CorrectionError("此人已不在本单位管辖范围")
    system, _, name = one.bind.partition(".")

    def shown(value: str) -> str:
        return value if there.mask is None else known.masked(there.mask, value)

    return Asking(
        subject_id=found.id,
        subject_hash=found.id_hash,
        person=known.masked(Mask.NAME, found.name),
        region_code=found.region_code,
        system_id=system,
        field=name,
        label=there.label,
        seen_shown=shown(cell.auto),
        proposed_shown=shown(cell.value),
        **_common(made, cell, ground, there.system_name, there.owner),
    )


def _of_place(
    made: FormText, one: FieldText, cell: Cell, region_code: str, ground: str
) -> Asking | None:
    measure = held.now().measures.get(one.bind)
    if measure is None or measure.system_id.startswith("platform:"):
        return None  # our own count follows its cases: those are corrected, not the count
    place = divisions.find(region_code)
    subject = uuid5(NAMESPACE_URL, f"forms:{region_code}:{one.bind}:{one.sex}:{one.from_age}")
    return Asking(
        subject_id=subject,
        subject_hash=crypto.keyed_hash(str(subject)),
        person=place.name if place else region_code,  # a place's number: no person is named
        region_code=region_code,
        system_id=measure.system_id,
        field=one.bind,
        label=one.title,
        seen_shown=cell.auto,
        proposed_shown=cell.value,
        **_common(made, cell, ground, measure.system_name, measure.owner),
    )


def _common(made: FormText, cell: Cell, ground: str, system: str, owner: str) -> Mapping[str, Any]:
    return {
        "system_name": system, "owner": owner, "seen": cell.auto, "proposed": cell.value,
        "source": f"一表通《{made.title}》填报", "ground": ground, "remark": "",
        "simulated": not settings().production,
    }  # fmt: skip
