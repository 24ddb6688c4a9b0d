"""Forms for the demonstration: drafted, registered and sent by the desk, filled by its job."""

from datetime import date
from uuid import UUID

from auth.principal import Principal
from portal.affairs.forms import desk, fill
from portal.affairs.forms.book import FORM
from portal.affairs.forms.effects import today
from portal.commands import actors
from portal.store.citypack import pack
from portal.store.form_texts import FormText

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
