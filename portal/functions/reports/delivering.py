"""The only writer of delivered reports: by the clock, each under its receiver's own scope.

A report is made once for each receiver and period; the key of the row says so, whatever runs twice.
Who ordered it must still hold the post and the right: what a leaver ordered comes to nobody, and a
leaver gets nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from auth import permissions, posts
from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import account, position, post, unit
from portal.functions.reports import periods, sketch, standing, xlsx
from portal.functions.reports.build import VIEW, NoSuchReport, Reports
from portal.functions.reports.shared import SHARE
from portal.functions.reports.sketch import BadSketch
from portal.functions.reports.tables import report_delivery, report_standing
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.engine import begin
from portal.store.scope import Reach, scoped

SERVICE = Reach(prefixes=(), unit_id=None, actor="service:reports")
AT_ONCE = 50  # files per turn: the rest at the next
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Deliveries:
    """What comes by the clock, of the reports of one process."""

    reports: Reports

    def turn(self) -> int:
        """Make what is due and not made; gives how many. One process at a time."""
        texts, now = pack().standing, clock.local(clock.now())
        if now.time() < texts.at:
            return 0
        with scoped(SERVICE) as connection:
            alone = select(func.pg_try_advisory_xact_lock(func.hashtext("reports.turn")))
            if not connection.execute(alone).scalar_one():
                return 0
            old = clock.now() - timedelta(days=texts.keep_days)
            connection.execute(delete(report_delivery).where(report_delivery.c.made_at < old))
            made = 0
            for one in connection.execute(select(report_standing)).all():
                for who, period in _due(connection, one):
                    made += self._deliver(connection, one, who, period)
                    if made >= AT_ONCE:
                        return made
        return made

    def _deliver(self, connection: Connection, one: Any, who: Principal, period: str) -> bool:
        """One file; a failure costs nobody else theirs and is tried at the next turn."""
        try:
            name, content, why = self._made(one, who, period)
        except Exception as error:
            _log.warning("a standing report could not be made", error=type(error).__name__)
            return False
        connection.execute(
            insert(report_delivery).values(
                post_id=who.post_id,
                standing_id=one.id,
                period=period,
                login=who.login,
                region_code=who.unit.region_code,
                title=f"{one.name}（{periods.name(period)}）",
                by_whom=one.by_whom,
                file_name=name,
                content=content,
                why=why,
                made_at=clock.now(),
            )
        )
        return True

    def _made(self, one: Any, who: Principal, period: str) -> tuple[str, bytes | None, str]:
        """The file's name and content, or why there is none."""
        try:
            chosen = sketch.read(one.name, one.content) if one.content else one.template
            found = standing.template_of(self.reports, chosen or "")
            report = self.reports.of_template(who, found, who.unit.region_code, period)
        except (BadSketch, Denied, NoSuchReport) as refusal:
            return "", None, f"没有生成：{refusal.message}"
        return xlsx.file_name(report), xlsx.write(report), ""


def _due(connection: Connection, one: Any) -> Iterator[tuple[Principal, str]]:
    """Who still waits for the newest period of an order, each as they stand now."""
    owner = _as_they_stand(one.account_id, one.post_id)
    if owner is None or not _may_order(owner, one.goes_to):
        return
    today = clock.local(clock.now()).date()
    period = periods.text_of(standing.last_over(one.every, today, pack().standing.after_days))
    row = report_delivery.c
    query = select(row.post_id).where(row.standing_id == one.id, row.period == period)
    done = set(connection.execute(query).scalars())
    for account_id, post_id in _receivers(one, owner):
        if post_id in done:
            continue
        who = _as_they_stand(account_id, post_id)
        if who is not None and permissions.allowed(who, VIEW, who.unit.region_code):
            yield who, period


def _may_order(owner: Principal, goes_to: str) -> bool:
    region = owner.unit.region_code
    return permissions.allowed(owner, VIEW if goes_to == "me" else SHARE, region)


def _as_they_stand(account_id: UUID, post_id: UUID) -> Principal | None:
    """The person in exactly this post; nobody where it is over."""
    who = posts.principal_for(
        account_id=account_id, post_id=post_id, session_id="reports", factors=()
    )
    return who if who is not None and who.post_id == post_id else None


def _receivers(one: Any, owner: Principal) -> list[tuple[UUID, UUID]]:
    """The posts that an order goes to: with the right to read reports, held today."""
    if one.goes_to == "me":
        return [(one.account_id, one.post_id)]
    region = owner.unit.region_code
    if one.goes_to == "level":
        where: ColumnElement[bool] = unit.c.region_code == region
    else:
        where = unit.c.region_code.in_([place.code for place in divisions.children(region)])
    roles = [role.id for role in pack().roles if VIEW in role.permissions]
    query = (
        select(account.c.id, post.c.id)
        .select_from(
            account.join(post, post.c.account_id == account.c.id)
            .join(position, position.c.id == post.c.position_id)
            .join(unit, unit.c.id == position.c.unit_id)
        )
        .where(where, account.c.status == "active", position.c.roles.overlap(roles),
               posts.holds_now())
        .order_by(post.c.id)
    )  # fmt: skip
    with begin() as connection:
        return [(row[0], row[1]) for row in connection.execute(query, posts.moments())]
