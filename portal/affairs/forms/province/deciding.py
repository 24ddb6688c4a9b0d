"""What persons decide about the exchange: a form goes back to the province, what is stuck again."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, false, func, or_, select, true, update

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.forms import held
from portal.affairs.forms.desk import GONE
from portal.affairs.forms.province import returning
from portal.affairs.forms.province.desk import HELD, SENT_BACK
from portal.affairs.forms.province.tables import province_form, province_return
from portal.affairs.forms.words import FormError
from portal.affairs.workflow.flow import KEPT
from portal.store import clock, region_codes
from portal.store.scope import acting_as, scoped

LOCK, APPROVE = "forms.lock", "forms.approve"
_MOST_REASON = 200


def refuse(principal: Principal, issued_id: UUID, reason: str) -> None:
    """Send a form back to the province that may not be asked of anybody, and say why."""
    permissions.check(principal, APPROVE)
    words = reason.strip()
    if principal.unit.level != "city":
        raise FormError(f"退回省级报表须由市级办理，未作改动，{KEPT}")
    if not 2 <= len(words) <= _MOST_REASON:
        raise FormError(f"请填写退回原因（2 至 {_MOST_REASON} 个字），{KEPT}")
    with scoped(principal.reach) as connection:
        row = _seen(connection, province_form, issued_id)
        with acting_as(connection, held.SERVICE.actor):
            mine = (province_form.c.id == row.id, province_form.c.state == HELD)
            done = update(province_form).where(*mine).values(state=SENT_BACK)
            if not connection.execute(done).rowcount:
                raise FormError(f"报表现为“{row.state}”，不能退回省级，{KEPT}")
            said = {"reason": f"{principal.unit.name}：{words}"}
            turn = _turn(connection, row.id)
            returning.put(connection, row.id, returning.SENT_BACK, row.region_code, said, turn=turn)
    _audit(principal, "province.refuse", {"form": row.title, "reason": words})


def _turn(connection: Connection, issued_id: UUID) -> int:
    query = select(func.count()).where(
        province_return.c.province_form_id == issued_id,
        province_return.c.kind == returning.SENT_BACK,
    )
    return int(connection.execute(query).scalar_one()) + 1


def resend(principal: Principal, entry_id: UUID) -> None:
    """Try again at once to send what is stuck; the key makes a second arrival harmless."""
    permissions.check(principal, LOCK)
    with scoped(principal.reach) as connection:
        row = _seen(connection, province_return, entry_id)
        if not _again(connection, principal, province_return.c.id == row.id):
            raise FormError(f"这一项现为“{row.state}”，不需要重新发送，未作改动，{KEPT}")
    _audit(principal, "province.resend", {"entry": str(entry_id)})


def resend_all(principal: Principal) -> int:
    """The same for everything of the own scope that is stuck; gives how many."""
    permissions.check(principal, LOCK)
    with scoped(principal.reach) as connection:
        number = _again(connection, principal, true())
    _audit(principal, "province.resend", {"entries": number})
    return number


def _again(connection: Connection, principal: Principal, which: ColumnElement[bool]) -> int:
    """Those that are stuck and lie in the scope, whoever writes."""
    here, now = province_return.c.region_code, clock.now()
    inside = or_(false(), *(region_codes.within(here, one) for one in principal.prefixes))
    with acting_as(connection, held.SERVICE.actor):
        done = connection.execute(
            update(province_return)
            .where(which, inside, province_return.c.state == returning.STUCK)
            .values(state=returning.WAITING, attempts=0, since=now, next_at=now, error=None)
        )
    return int(done.rowcount)


def _seen(connection: Connection, table: Any, thing_id: UUID) -> Row[Any]:
    row = connection.execute(select(table).where(table.c.id == thing_id)).first()
    if row is None:
        raise FormError(GONE)
    return row


def _audit(principal: Principal, action: str, detail: dict[str, Any]) -> None:
    audit.append(
        action=action, actor=principal.login, unit_id=principal.unit.id,
        region_code=principal.unit.region_code, detail=detail,
    )  # fmt: skip
