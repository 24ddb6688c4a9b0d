"""十条措施: a list of the city's, each with its owner and how far a district is with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from auth import permissions
from auth.principal import Principal
from portal.affairs.findings.book import SERVICE
from portal.affairs.findings.queries import VIEW
from portal.affairs.findings.rules import FindingError
from portal.affairs.findings.tables import finding_measure
from portal.affairs.workflow.flow import KEPT
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped

SET = "findings.dispatch"
_MOST = 300


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure and the last word about it in a place."""

    id: str
    name: str
    owner: str
    state: str
    words: str
    said_by: str
    at: datetime | None


def listed(principal: Principal, region_code: str = "") -> tuple[Measure, ...]:
    """The measures with their states in a place of one's scope."""
    code = region_code or principal.unit.region_code
    permissions.check(principal, VIEW, code)
    table, texts = finding_measure.c, pack().findings
    query = (
        select(finding_measure)
        .where(table.region_code == code)
        .ext(distinct_on(table.measure))
        .order_by(table.measure, table.id.desc())
    )
    with scoped(principal.reach) as connection:
        said = {row.measure: row for row in connection.execute(query)}
    return tuple(
        Measure(
            id=one.id,
            name=one.name,
            owner=one.owner,
            state=said[one.id].state if one.id in said else texts.measure_states[0],
            words=said[one.id].words if one.id in said else "",
            said_by=f"{said[one.id].unit_name} {said[one.id].actor_name}" if one.id in said else "",
            at=said[one.id].at if one.id in said else None,
        )
        for one in texts.measure
    )


def states() -> Sequence[str]:
    """The states that a measure may be in."""
    return pack().findings.measure_states


def say(principal: Principal, measure: str, state: str, words: str) -> None:
    """Say how far the own place is with a measure; what was said before stays."""
    permissions.check(principal, SET)
    texts, told = pack().findings, words.strip()
    if all(one.id != measure for one in texts.measure):
        raise FindingError(f"没有这条措施，没有保存，{KEPT}")
    if state not in texts.measure_states:
        raise FindingError(f"“状态”须为{'、'.join(texts.measure_states)}之一，没有保存，{KEPT}")
    if not 2 <= len(told) <= _MOST:
        raise FindingError(f"“说明”须为 2 至 {_MOST} 个字，没有保存，{KEPT}")
    with scoped(principal.reach) as connection, acting_as(connection, SERVICE.actor):
        connection.execute(
            insert(finding_measure).values(
                region_code=principal.unit.region_code, measure=measure, state=state, words=told,
                unit_id=principal.unit.id, unit_name=principal.unit.name,
                actor=principal.login, actor_name=principal.name, at=clock.now(),
            )
        )  # fmt: skip
