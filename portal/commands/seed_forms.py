"""Forms for the demonstration: drafted, registered and sent by the desk, filled by its job."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from auth.principal import Principal
from portal.affairs.forms import desk, fill, queries
from portal.affairs.forms.book import FORM
from portal.affairs.forms.desk import Change
from portal.affairs.forms.effects import today
from portal.affairs.forms.queries import AnswerRow, Opened
from portal.affairs.forms.words import key
from portal.affairs.workflow.flow import FlowError
from portal.commands import actors
from portal.store import divisions, measure_notes
from portal.store.citypack import DemoPost, pack
from portal.store.form_texts import FormText

# What somebody types who has nothing to say; numbers and texts alike say so.
_TYPED = {"text": "（模拟填报）", "number": "1"}
_ONE_OF = 3  # neighbours, so that the table of a street grows and is not full
SENT = ("population", "elderly", "relief", "demands")


def add_forms() -> int:
    """Send some of the city's forms with numbers that say they are made up; gives how many."""
    city = pack()
    senders = [one for one in city.departments if one.level == "city"]
    if city.flow(FORM) is None or not senders:
        return 0
    code = city.region_code
    officer = actors.one_of(
        f"gov-{code}", city.name, "government", "city", code, ("city_officer",), (code,)
    )
    chosen = [one for one in city.forms.form if one.id in SENT]
    for number, one in enumerate(chosen, start=1):
        sender = next((unit for unit in senders if unit.name == one.issuer), senders[0])
        department = actors.one_of(
            sender.id, sender.name, "department", "city", code, ("department_officer",), ()
        )
        _send(department, officer, one, number)
    while fill.turn():
        pass
    return len(chosen)


def add_answers(posts: Iterable[DemoPost]) -> int:
    """Let some neighbours of the demonstration's communities hand in; gives how many answers.

    Those with an account of the demonstration keep theirs to be handed in by hand.
    """
    own = {one.unit.partition("-")[2] for one in posts if one.unit.startswith("com-")}
    streets = sorted({place[:9] for place in own})
    near = [one for street in streets for one in divisions.children(street)]
    handed = 0
    for place in near[::_ONE_OF]:
        if place.code not in own and not place.statistics_only:
            clerk = actors.one_of(f"com-{place.code}", place.name, "community", "community",
                                  place.code, ("community_clerk",), (place.code,))  # fmt: skip
            handed += sum(_hand_in(clerk, one) for one in queries.answers(clerk, "全部"))
    measure_notes.drain()
    return handed


def _hand_in(clerk: Principal, answer: AnswerRow) -> bool:
    opened = queries.opened(clerk, answer.id)
    typed = [
        Change(row=0, field=one.name, value=_TYPED[one.kind], base=0)
        for one in opened.made.fields
        if one.required and one.kind in _TYPED and not _filled(opened, one.name)
    ]
    try:
        desk.save(clerk, answer.id, typed)
        desk.move(clerk, answer.id, "hand_in")
    except FlowError:
        return False  # a check does not hold for what is made up: it waits like any other
    return True


def _send(department: Principal, officer: Principal, made: FormText, number: int) -> UUID:
    day = today()
    whole = made.model_copy(
        update={
            "number": f"模拟表{number:02d}",
            "approval": f"模拟备〔{day.year}〕{number}号",
            "valid_until": date(day.year + 1, 12, 31),
        }
    )
    form_id = desk.draft(department, whole)
    desk.act(department, form_id, "submit", {"words": "演示"})
    desk.act(officer, form_id, "approve")
    desk.act(department, form_id, "send")
    return form_id


def _filled(opened: Opened, name: str) -> bool:
    cell = opened.cells.get(key(0, name))
    return bool(cell and cell.value)
