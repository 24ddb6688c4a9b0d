"""A changed automatic number is no silent overwrite: its owner is asked to look at it."""

from uuid import NAMESPACE_URL, uuid5

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.corrections import desk as corrections
from portal.affairs.corrections.rules import Asking, CorrectionError
from portal.affairs.forms import held
from portal.affairs.forms.words import CHANGED, Cell, Cells
from portal.settings import settings
from portal.store import crypto, divisions
from portal.store.form_texts import FieldText, FormText


def put(
    principal: Principal, made: FormText, cells: Cells, region_code: str, ground: str
) -> tuple[str, ...]:
    """Ask the owners of the numbers that were changed; gives what came of it, in words.

    A request that is open already is joined, so handing in twice asks once.
    """
    said: list[str] = []
    for one in made.fields:
        cell = cells.get(f"0.{one.name}")
        if cell is None or cell.state != CHANGED or one.source != "measure" or not cell.value:
            continue
        asked = _asking(made, one, cell, region_code, ground)
        if asked is None:
            continue
        try:
            done = corrections.ask(principal, asked)
        except (CorrectionError, Denied) as problem:
            said.append(f"“{one.title}”未能提出数据校核：{problem.message}")
        else:
            said.append(f"“{one.title}”已提出数据校核 {done.number}")
    return tuple(said)


def _asking(
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
        system_name=measure.system_name,
        owner=measure.owner,
        field=one.bind,
        label=one.title,
        seen=cell.auto,
        proposed=cell.value,
        seen_shown=cell.auto,
        proposed_shown=cell.value,
        source=f"一表通《{made.title}》填报",
        ground=ground,
        remark="",
        simulated=not settings().production,
    )
