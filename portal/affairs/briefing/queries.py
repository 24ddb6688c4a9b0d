"""Reading one's own morning papers."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.briefing.paper import VIEW
from portal.affairs.briefing.tables import morning_paper
from portal.store.scope import scoped

MOST = 7


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A paper of the own post; without a file ``why`` says why."""

    day: date
    title: str
    why: str
    made_at: datetime


_ROW = morning_paper.c
# Asked at every click on a home: built once.
_MINE = (
    select(_ROW.day, _ROW.title, _ROW.why, _ROW.made_at)
    .where(_ROW.post_id == bindparam("post"))
    .order_by(_ROW.day.desc())
    .limit(MOST)
)


def mine(principal: Principal) -> tuple[Kept, ...]:
    """The papers of the own post, the newest first; nothing for who may not read orders."""
    if not permissions.allowed(principal, VIEW):
        return ()
    with scoped(principal.reach) as connection:
        return tuple(
            Kept(day=one.day, title=one.title, why=one.why or "", made_at=one.made_at)
            for one in connection.execute(_MINE, {"post": principal.post_id})
        )


def file(principal: Principal, day: date) -> bytes | None:
    """The file of a day, written into the audit as it leaves."""
    permissions.check(principal, VIEW)
    query = select(morning_paper.c.content).where(
        morning_paper.c.post_id == principal.post_id, morning_paper.c.day == day
    )
    with scoped(principal.reach) as connection:
        content = connection.execute(query).scalar()
    if content is None:
        return None
    audit.append(
        action="briefing.export",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"day": day.isoformat()},
    )
    return bytes(content)
