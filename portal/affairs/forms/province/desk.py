"""Where what the province issues is written: registered, superseding, or kept with its faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    Connection,
    Row,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from portal.affairs.forms import effects, held
from portal.affairs.forms import rules as form_rules
from portal.affairs.forms.book import ANSWERS, FORMS
from portal.affairs.forms.effects import content
from portal.affairs.forms.province import returning, rules
from portal.affairs.forms.province.rules import Ground, Reading
from portal.affairs.forms.province.tables import province_fetch, province_form
from portal.affairs.forms.tables import form, form_answer, form_event
from portal.affairs.forms.words import FormError
from portal.affairs.workflow import ledger
from portal.affairs.workflow.flow import FlowError
from portal.affairs.workflow.ledger import By
from portal.connectors.province.words import Issued, Listed
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import scoped

HELD, REGISTERED, SUPERSEDED, SENT_BACK = "待处理", "已登记", "已换版", "已退表"
SUPERSEDE = "supersede"  # the move of an answer to a new edition
OPEN = ("待填报", "待审核", "已审核")
_UNREAD = "整表："  # how the fault of a form begins that could not even be fetched
_REGISTERED_AS = "已备案"  # the province's approval is the approval; what follows is the sending


# -- taking in ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Register:
    """What fetching leaves here; every call is a transaction of its own."""

    def mark(self) -> str:
        """From where on to ask the province."""
        with scoped(held.SERVICE) as connection:
            return connection.execute(select(province_fetch.c.mark)).scalar() or ""

    def wanted(self, listed: Sequence[Listed]) -> Sequence[Listed]:
        """Those that are new, were changed, or could not be registered so far."""
        with scoped(held.SERVICE) as connection:
            rows = connection.execute(select(province_form)).all()
        known = {(one.number, one.edition): one for one in rows}
        return [one for one in listed if _is_news(known.get((one.number, one.edition)), one)]

    def waiting(self) -> Sequence[Listed]:
        """Those that could not be registered; the city may have mended what was missing."""
        query = select(province_form).where(province_form.c.state == HELD)
        with scoped(held.SERVICE) as connection:
            return [
                Listed(number=one.number, edition=one.edition, changed=one.changed)
                for one in connection.execute(query.order_by(province_form.c.fetched_at))
            ]

    def take(self, listed: Listed, one: Issued) -> str:
        """Register a form and send it on, or keep it with what is wrong; gives its state."""
        ground = Ground(city=pack().region_code, texts=pack().province, forms=pack().forms,
                        held=held.now())  # fmt: skip
        with scoped(held.SERVICE) as connection:
            row = _hold(connection, listed, one.title)
            if row.state in (REGISTERED, SUPERSEDED):
                _unchanged(connection, row, listed, one)
                return str(row.state)
            reading = rules.read(one, ground)
            lacking = form_rules.head_faults(reading.made, effects.today()) if reading.made else ()
            faults = [*reading.faults, *(f"表头：{words}" for words in lacking)]
            if not faults and reading.made is not None:
                faults = _register(connection, row, one, reading)
            if faults:
                _keep(connection, row, listed, one, reading, faults)
                return HELD
        return REGISTERED

    def unreadable(self, listed: Listed, why: str) -> None:
        """A form that could not be fetched; the others are taken all the same."""
        with scoped(held.SERVICE) as connection:
            row = _hold(connection, listed, listed.number)
            if row.state == HELD:
                _set(connection, row, faults=[f"{_UNREAD}{why}"], changed=listed.changed)

    def fetched(self, mark: str) -> None:
        """All was asked for that was there."""
        now = clock.now()
        _fetch({"fetched_at": now, "tried_at": now, "problem": None} | _marked(mark))

    def failed(self, problem: str) -> None:
        """The province could not be asked; from where on stays as it was."""
        _fetch({"tried_at": clock.now(), "problem": problem})


def _marked(mark: str) -> dict[str, str]:
    return {"mark": mark} if mark else {}


def _fetch(values: dict[str, Any]) -> None:
    row = {"id": 1, "mark": "", **values}
    with scoped(held.SERVICE) as connection:
        connection.execute(
            upsert(province_fetch).values(**row).on_conflict_do_update(
                index_elements=["id"], set_=values
            )
        )  # fmt: skip


def _is_news(known: Row[Any] | None, one: Listed) -> bool:
    return known is None or known.state == HELD or one.changed > known.changed


def _hold(connection: Connection, listed: Listed, title: str) -> Row[Any]:
    """The row of an edition, made on the first look, held until the transaction ends."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"province:{listed.number}", 0))
    connection.execute(select(lock))
    fresh = upsert(province_form).values(
        id=uuid4(), number=listed.number, edition=listed.edition, title=title,
        changed=listed.changed, state=HELD, region_code=pack().region_code,
        back=pack().province.back, codes={}, faults=[], notes=[], digest="",
        fetched_at=clock.now(),
    )  # fmt: skip
    connection.execute(fresh.on_conflict_do_nothing())
    mine = (province_form.c.number == listed.number, province_form.c.edition == listed.edition)
    return connection.execute(select(province_form).where(*mine).with_for_update()).one()


def _set(connection: Connection, row: Row[Any], **values: Any) -> None:
    values = {"fetched_at": clock.now(), **values}
    connection.execute(update(province_form).where(province_form.c.id == row.id).values(**values))


def _keep(
    connection: Connection, row: Row[Any], listed: Listed, one: Issued, reading: Reading,
    faults: Sequence[str],
) -> None:  # fmt: skip
    """What cannot be registered waits for the city's desk, with the place of every fault."""
    _set(
        connection, row, title=one.title or one.number, changed=listed.changed, state=HELD,
        faults=list(faults), notes=list(reading.notes), back=reading.back,
        digest=rules.digest(one),
    )  # fmt: skip


def _unchanged(connection: Connection, row: Row[Any], listed: Listed, one: Issued) -> None:
    """An edition does not change: what differs now is said and not used."""
    values: dict[str, Any] = {"changed": listed.changed}
    said = "省级未升版本而改动了内容，本平台未采用，请向制定机关核实"
    if row.digest != rules.digest(one) and said not in row.notes:
        values["notes"] = [*row.notes, said]
    _set(connection, row, **values)


def _register(connection: Connection, row: Row[Any], one: Issued, reading: Reading) -> list[str]:
    """The form with everything that follows from it, or nothing of it and why."""
    assert reading.made is not None  # noqa: S101 - asked before
    later = connection.execute(
        select(province_form.c.edition).where(
            province_form.c.number == row.number,
            province_form.c.edition > row.edition,
            province_form.c.state == REGISTERED,
        )
    ).first()
    whole = {
        "title": one.title, "changed": row.changed, "region_code": reading.region_code,
        "back": reading.back, "codes": dict(reading.codes), "faults": [],
        "notes": list(reading.notes), "digest": rules.digest(one),
    }  # fmt: skip
    if later is not None:
        _set(connection, row, **whole, state=SUPERSEDED)
        return []
    try:
        with connection.begin_nested():
            form_id = _make(connection, reading)
            _set(connection, row, **whole, state=REGISTERED, form_id=form_id)
            _supersede(connection, row, form_id)
            ledger.turn(connection, FORMS, form_id, "send", {}, version=None, by=_platform)
            returning.put(connection, row.id, returning.TAKEN, reading.region_code, {})
    except FlowError as problem:
        return [f"下发：{problem.message}"]
    return []


def _by() -> By:
    return By(login=str(held.SERVICE.actor), name=pack().province.name, unit_id=None,
              unit_name=None, kinds=frozenset({form_rules.PLATFORM}))  # fmt: skip


def _platform(_row: Row[Any]) -> By:
    return _by()


def _make(connection: Connection, reading: Reading) -> UUID:
    made, form_id, now = reading.made, uuid4(), clock.now()
    if made is None:
        raise FormError("没有可登记的内容。")
    simulated = "sandbox" if pack().province.simulated else None
    connection.execute(
        insert(form).values(
            id=form_id, number=made.number, title=made.title, source=made.source,
            valid_until=made.valid_until, issuer_unit=form_rules.PROVINCIAL,
            region_code=reading.region_code, content=made.model_dump(mode="json"), overlaps=[],
            state=_REGISTERED_AS, state_since=now, made_at=now, simulated=simulated,
        )
    )  # fmt: skip
    by = _by()
    connection.execute(
        insert(form_event).values(
            form_id=form_id, at=now, move="issued", from_state="", to_state=_REGISTERED_AS,
            actor=str(by.login), actor_name=by.name, words=f"省级下发，文号 {made.approval}",
            detail={"version": 1},
        )
    )  # fmt: skip
    return form_id


def _supersede(connection: Connection, row: Row[Any], form_id: UUID) -> None:
    """Earlier editions end here: what is open goes on with the new one, what is locked stays."""
    new = content(connection.execute(select(form).where(form.c.id == form_id)).one())
    query = select(province_form).where(
        province_form.c.number == row.number, province_form.c.state == REGISTERED,
        province_form.c.id != row.id,
    )  # fmt: skip
    for old in connection.execute(query).all():
        before = connection.execute(select(form).where(form.c.id == old.form_id)).one()
        if rules.goes_on(content(before), new):
            _move_open(connection, old, form_id, row.edition)
        if before.state != "已停用":
            ledger.turn(
                connection, FORMS, old.form_id, "stop", {"reason": f"省级换为第 {row.edition} 版"},
                version=None, by=_platform,
            )  # fmt: skip
        _set(connection, old, state=SUPERSEDED, fetched_at=old.fetched_at)


def _move_open(connection: Connection, old: Row[Any], form_id: UUID, edition: int) -> None:
    mine = form_answer.c.form_id == old.form_id
    query = select(form_answer.c.id, form_answer.c.period_from)
    moved = connection.execute(query.where(mine, form_answer.c.state.in_(OPEN))).all()
    given = {"form_id": str(form_id), "words": f"省级第 {edition} 版"}
    for one in moved:
        ledger.turn(connection, ANSWERS, one.id, SUPERSEDE, given, version=None, by=_platform)
    if old.back == "市":  # those that were locked already are all that is left of the old edition
        for period in sorted({one.period_from for one in moved}):
            returning.whole(connection, old, period)
