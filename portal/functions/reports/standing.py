"""定期报表: a report of the library or one put together, each week or month, by the clock.

Ordering one says which report, how often, and for whom: the own post, the own level, or the level
directly below. What is made is always each receiver's own (see ``delivering``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, insert, select

from auth import audit, permissions
from auth.principal import Principal
from portal.functions.reports import sketch
from portal.functions.reports.build import VIEW, Reports
from portal.functions.reports.shared import SHARE
from portal.functions.reports.sketch import Sketch
from portal.functions.reports.tables import report_delivery, report_standing
from portal.store import clock
from portal.store.citypack import ReportTemplate, pack
from portal.store.digests import Line
from portal.store.measure_words import Period
from portal.store.scope import scoped

EVERY: Mapping[str, str] = {"week": "每周", "month": "每月"}
GOES_TO: Mapping[str, str] = {"me": "本人", "level": "本级各岗位", "below": "下一级各岗位"}
MOST_SHOWN = 60


class NotOrdered(ValueError):
    """Nothing was ordered; the message is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A report that comes by the clock, as who ordered it sees it."""

    id: UUID
    name: str
    every: str
    goes_to: str

    @property
    def words(self) -> str:
        """The order in a list to choose from."""
        return f"{self.name}（{EVERY[self.every]}，发给{GOES_TO[self.goes_to]}）"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A file for the own post; without one ``why`` says why."""

    standing_id: UUID
    period: str
    title: str
    by_whom: str
    file_name: str
    why: str
    made_at: datetime


def last_over(every: str, today: date, after_days: int) -> Period:
    """The newest week or month that has been over for so many days: pure."""
    day = today - timedelta(days=after_days - 1)
    if every == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(grain="week", starts=monday - timedelta(days=7))
    return Period(grain="month", starts=(day.replace(day=1) - timedelta(days=1)).replace(day=1))


def order(
    reports: Reports, principal: Principal, chosen: str | Sketch, every: str, goes_to: str
) -> UUID:
    """Let a report come; for others only by who may share."""
    region = principal.unit.region_code
    permissions.check(principal, VIEW, region)
    if every not in EVERY or goes_to not in GOES_TO:
        raise NotOrdered("没有设置：请选择周期和接收人，已选内容已保留。")
    if goes_to != "me":
        permissions.check(principal, SHARE, region)
    made = template_of(reports, chosen)
    if made is None:
        raise NotOrdered("没有设置：没有这张报表，请重新选择。")
    if every == "week" and made.rows == "months":
        raise NotOrdered("没有设置：按月份的报表只能每月发送，请改选每月，已选内容已保留。")
    made_id = uuid4()
    with scoped(principal.reach) as connection:
        _check_room(connection, principal, made.name, every, goes_to)
        connection.execute(
            insert(report_standing).values(
                id=made_id,
                account_id=principal.account_id,
                post_id=principal.post_id,
                login=principal.login,
                by_whom=f"{principal.unit.name} {principal.name}",
                region_code=region,
                name=made.name,
                template=chosen if isinstance(chosen, str) else "",
                content=sketch.written(chosen) if isinstance(chosen, Sketch) else "",
                every=every,
                goes_to=goes_to,
                ordered_at=clock.now(),
            )
        )
    _tell(principal, "reports.order", f"{made.name} {every} {goes_to}")
    return made_id


def template_of(reports: Reports, chosen: str | Sketch) -> ReportTemplate | None:
    """The template that is meant; refused where a choice is none."""
    if isinstance(chosen, Sketch):
        return sketch.template(chosen, reports.catalogue)
    return reports.library.find(chosen)


def _check_room(
    connection: Connection, principal: Principal, name: str, every: str, goes_to: str
) -> None:
    row = report_standing.c
    connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtext(f"report_standing {principal.post_id}")))
    )
    mine = select(row.name, row.every, row.goes_to).where(row.post_id == principal.post_id)
    held = {tuple(one) for one in connection.execute(mine)}
    if (name, every, goes_to) in held:
        raise NotOrdered("没有设置：这张报表已按同样的周期和接收人设置过。")
    if len(held) >= pack().standing.most:
        raise NotOrdered(f"没有设置：最多 {pack().standing.most} 个，请先停止不用的。")


def ordered(principal: Principal) -> dict[str, Standing]:
    """What the own post ordered, by id."""
    permissions.check(principal, VIEW)
    row = report_standing.c
    query = (
        select(row.id, row.name, row.every, row.goes_to)
        .where(row.post_id == principal.post_id)
        .order_by(row.ordered_at)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
    return {str(one.id): Standing(**one._asdict()) for one in rows}


def cancel(principal: Principal, standing_id: str) -> None:
    """Let it come no more; what was delivered stays."""
    permissions.check(principal, VIEW)
    found = ordered(principal).get(standing_id)
    if found is None:
        raise NotOrdered("没有找到这个定期报表，可能已停止，请刷新页面。")
    with scoped(principal.reach) as connection:
        connection.execute(delete(report_standing).where(report_standing.c.id == found.id))
    _tell(principal, "reports.cancel", found.name)


def delivered(principal: Principal) -> tuple[Delivery, ...]:
    """The files for the own post, the newest first; nothing for who may not read reports."""
    if not permissions.allowed(principal, VIEW):
        return ()
    row = report_delivery.c
    query = (
        select(row.standing_id, row.period, row.title, row.by_whom, row.file_name, row.why,
               row.made_at)
        .where(row.post_id == principal.post_id)
        .order_by(row.made_at.desc(), row.title)
        .limit(MOST_SHOWN)
    )  # fmt: skip
    with scoped(principal.reach) as connection:
        return tuple(Delivery(**one._asdict()) for one in connection.execute(query))


def file(principal: Principal, one: Delivery) -> bytes | None:
    """The file, written into the audit as it leaves."""
    permissions.check(principal, VIEW)
    row = report_delivery.c
    query = select(row.content).where(
        row.post_id == principal.post_id,
        row.standing_id == one.standing_id,
        row.period == one.period,
    )
    with scoped(principal.reach) as connection:
        content = connection.execute(query).scalar()
    if content is None:
        return None
    _tell(principal, "reports.export", f"{one.title} {one.period}")
    return bytes(content)


def _tell(principal: Principal, action: str, what: str) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"standing": what},
    )


class Reminders:
    """What came today, for the half-day digest."""

    def reminders(self, principal: Principal, today: date) -> Sequence[Line]:
        """How many files came to the own post today."""
        came = [one for one in delivered(principal) if clock.local(one.made_at).date() == today]
        return (Line(name="定期报表", unread=len(came)),) if came else ()
