"""The nightly round: asks about the residents of open cases, so that the morning's desk knows.

It acts under its own name, asks for each case no more than somebody at the case's own desk could
ask for that case, is bounded per night, and every question stands in the audit.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from auth import audit, posts
from auth.tables import account, position, post, unit
from portal.connectors.children import is_child, of_a_child
from portal.connectors.contract import Asker, Subject
from portal.connectors.gateway import Gateway
from portal.functions import night
from portal.functions.changes.notices import Notices
from portal.settings import settings
from portal.store import clock, crypto, search, watch
from portal.store.citypack import pack
from portal.store.engine import begin
from portal.store.scope import Reach, scoped
from portal.store.watch import Place

_log = structlog.get_logger(__name__)
ACTOR = watch.SERVICE
_PURPOSE = "case"
_EVERY = timedelta(hours=20)


@dataclass(frozen=True, kw_only=True)
class WatchedCase:
    """An open case, as far as the round must know it."""

    id: UUID
    subject_id: UUID
    region_code: str
    unit_id: str


OpenCases = Callable[[Reach, int], Sequence[WatchedCase]]


def held_roles(unit_id: str) -> tuple[str, ...]:
    """The roles held now in a unit by active accounts."""
    query = (
        select(position.c.roles)
        .join(post, post.c.position_id == position.c.id)
        .join(unit, unit.c.id == position.c.unit_id)
        .join(account, account.c.id == post.c.account_id)
        .where(position.c.unit_id == unit_id, account.c.status == "active", posts.holds_now())
    )
    with begin() as connection:
        held = connection.execute(query, posts.moments()).scalars()
        found = {role for roles in held for role in roles}
    return tuple(sorted(found))


@dataclass(frozen=True, kw_only=True)
class Patrol:
    """The round of one process."""

    gateway: Gateway
    notices: Notices
    open_cases: OpenCases

    def at_night(self) -> int:
        """One round, if it is night; gives how many cases were asked about."""
        return self.round() if night.began(clock.now()) else 0

    def round(self) -> int:
        """Ask about each open case that nobody asked about since last night."""
        everywhere = Reach(prefixes=(pack().region_code,), unit_id=None, actor=ACTOR)
        with scoped(everywhere) as connection:
            watch.sweep(connection)
        asked = 0
        for case in self.open_cases(everywhere, settings().changes_per_night):
            try:
                asked += self._ask(case)
            except Exception as error:
                _log.warning("case_not_checked", error=type(error).__name__)
        return asked

    def _ask(self, case: WatchedCase) -> bool:
        """One case, as its own unit sees it; not when another process was first."""
        reach = Reach(prefixes=(), unit_id=case.unit_id, actor=ACTOR)
        place = Place(case_id=case.id, region_code=case.region_code, unit_id=case.unit_id)
        roles = held_roles(case.unit_id)
        asker = self._asker(case, roles)
        if not asker.readable:
            return False  # nobody at that desk may ask: nor may the round
        with scoped(reach) as connection:
            if not watch.claim(connection, place, _EVERY):
                return False
            found = search.one(connection, case.subject_id)
        if found is None:
            return False
        subject = Subject(
            id=str(found.id),
            id_number=crypto.decrypt(found.id_cipher),
            name=found.name,
            region_code=case.region_code,
        )
        asker = self._held_back(asker, subject)
        audit.append(
            action="changes.check",
            actor=ACTOR,
            unit_id=case.unit_id,
            region_code=case.region_code,
            subject_hash=found.id_hash,
            purpose=_PURPOSE,
            case_id=str(case.id),
            detail={"systems": sorted(asker.readable)},
        )
        for answer in self.gateway.stream(asker, subject):
            self.notices.compare(reach, place, asker, answer)
        return True

    def _held_back(self, asker: Asker, subject: Subject) -> Asker:
        """The round asks of a child no more than a dossier would."""
        if not is_child(subject.id_number, clock.local(clock.now()).date()):
            return asker
        systems = self.gateway.registry.systems.values()
        return replace(asker, readable=of_a_child(systems, asker.readable))

    def _asker(self, case: WatchedCase, roles: Sequence[str]) -> Asker:
        fields = self.gateway.registry.readable(roles, _PURPOSE)
        granted: set[str] = set()
        for role in filter(None, map(pack().role, roles)):
            if _PURPOSE in role.purposes and "records.open" in role.permissions:
                granted.update(fields if "*" in role.systems else role.systems)
        readable = {one: fields[one] for one in sorted(granted & set(fields))}
        told = repr((ACTOR, roles, [(k, sorted(v)) for k, v in readable.items()]))
        return Asker(
            actor=ACTOR,
            unit=case.unit_id,
            prefixes=(),
            permission_digest=hashlib.sha256(told.encode()).hexdigest()[:32],
            purpose=_PURPOSE,
            case_id=str(case.id),
            readable=readable,
        )
