"""审计记录: who did what, when, with what outcome; only to be read, and only in one's scope."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, Select, Text, cast, literal_column, or_, select

from auth import audit, permissions
from auth.principal import Principal
from auth.tables import account, audit_entry
from portal.functions import trailwords
from portal.store import clock, listings
from portal.store.engine import begin

LIMIT = 200
_MOST = 5000
_content = cast(audit_entry.c.detail, Text)
_OUTCOMES = {"ok": "成功", "refused": "拒绝", "failed": "失败"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the audit in words."""

    seq: int
    at: datetime
    actor: str
    name: str
    behalf: str
    action: str
    outcome: str
    detail: str


def _query(principal: Principal, words: str, action: str, day: date | None) -> Select[Any]:
    """Rows of the scope, and those of sign-in, which belong to no region, for the whole city."""
    name = select(account.c.name).where(account.c.login == audit_entry.c.actor).scalar_subquery()
    inside = [
        audit_entry.c.region_code.startswith(one, autoescape=True) for one in principal.prefixes
    ]
    whole_city = principal.unit.level == "city" and principal.unit.kind != "department"
    if whole_city:
        inside.append(audit_entry.c.region_code.is_(None))
    query = select(audit_entry, name.label("name")).where(or_(literal_column("false"), *inside))
    for word in words.split():
        marks = trailwords.written(word)
        query = query.where(
            or_(
                audit_entry.c.actor.contains(word, autoescape=True),
                name.contains(word, autoescape=True),
                *(_content.contains(one, autoescape=True) for one in marks),
                audit_entry.c.purpose.in_(marks),
            )
        )
    if action:
        query = query.where(audit_entry.c.action == action)
    if day is not None:
        start = datetime.combine(day, time(), tzinfo=clock.local(clock.now()).tzinfo)
        query = query.where(audit_entry.c.at >= start, audit_entry.c.at < start + timedelta(days=1))
    return query.order_by(audit_entry.c.seq.desc())


def _detail(row: Row[Any]) -> str:
    known = trailwords.detail(row.detail)
    said = [f"目的：{trailwords.purpose(row.purpose)}"] if row.purpose else []
    return "；".join([*said, known] if known else said)[:300]


def _as_entry(row: Row[Any]) -> Entry:
    return Entry(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        name=row.name or "",
        behalf=str(row.detail.get("代理", "")),
        action=trailwords.action(row.action),
        outcome=_OUTCOMES.get(row.outcome, row.outcome),
        detail=_detail(row),
    )


def entries(
    principal: Principal, words: str = "", *, action: str = "", day: date | None = None
) -> tuple[Entry, ...]:
    """The newest rows of one's scope that match."""
    permissions.check(principal, "audit.view")
    with begin() as connection:
        rows = connection.execute(_query(principal, words, action, day).limit(LIMIT)).all()
    return tuple(_as_entry(row) for row in rows)


def file(principal: Principal) -> bytes:
    """The newest rows of one's scope as a file, recorded in the audit."""
    permissions.check(principal, "audit.view")
    with begin() as connection:
        rows = connection.execute(_query(principal, "", "", None).limit(_MOST)).all()
    audit.append(
        action="audit.export",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"rows": len(rows)},
    )
    head = ("序号", "时间", "账号", "姓名", "代理", "操作", "结果", "内容")
    lines = [
        (one.seq, f"{clock.local(one.at):%Y-%m-%d %H:%M:%S}", one.actor, one.name, one.behalf,
         one.action, one.outcome, one.detail)
        for one in map(_as_entry, rows)
    ]  # fmt: skip
    return listings.write(
        [listings.Page(title="审计记录", head=head, rows=lines)], author=principal.name
    )
