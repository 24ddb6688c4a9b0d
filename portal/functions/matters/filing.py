"""Filing an application: checked, written down with its case, and put on its way or handed over.

One transaction opens the case and writes the application; where the system in charge takes
applications the row is what :mod:`portal.functions.matters.post` sends.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row, and_, insert, select, update

from auth import audit, permissions
from auth.principal import Principal
from portal.functions.matters import rules
from portal.functions.matters.form import complete
from portal.functions.matters.service import APPLY, Matters
from portal.functions.matters.tables import matter_application as application
from portal.functions.matters.words import MatterError
from portal.functions.records import Person, Purpose
from portal.functions.tasks import rules as sending
from portal.store import clock, crypto
from portal.store.citypack import pack
from portal.store.matter_texts import Matter
from portal.store.scope import scoped

ELSEWHERE, ACCEPTED, FINISHED = "转对方办理", "已受理", "已办结"
WAITING, REFUSED, STUCK = sending.WAITING, sending.REFUSED, sending.STUCK
OVER = (REFUSED, FINISHED)


class OpenCase(Protocol):
    """The affair of cases: opens one within the caller's transaction, gives its id and number."""

    def __call__(
        self,
        connection: Connection,
        *,
        matter: str,
        subject_id: UUID,
        region_code: str,
        unit_id: str,
        due_on: date | None,
        simulated: bool,
    ) -> tuple[UUID, str]: ...


@dataclass(frozen=True, kw_only=True)
class Filed:
    """An application as its unit sees it."""

    case_id: str
    number: str
    matter_id: str
    matter: str
    system_id: str
    state: str
    created_at: datetime
    foreign_number: str = ""
    progress: str = ""
    progress_at: datetime | None = None
    error: str = ""


class CaseNumbers(Protocol):
    """The affair of cases: the numbers of cases that the scope shows, by id."""

    def __call__(self, connection: Connection, ids: Sequence[UUID]) -> Mapping[UUID, str]: ...


@dataclass(frozen=True, kw_only=True)
class Filing:
    """Filing of one process."""

    matters: Matters
    open_case: OpenCase
    numbers: CaseNumbers

    def file(
        self,
        principal: Principal,
        matter_id: str,
        subject_id: str,
        purpose: Purpose,
        typed: Mapping[str, str],
    ) -> Filed:
        """File an application for a resident; ``MatterError`` names what is missing or wrong.

        What the systems gave fills every line that nobody typed into.
        """
        permissions.check(principal, APPLY)
        matter = self.matters.find(principal, matter_id)
        way = self.matters.way(principal, matter)
        if not way.open:
            raise MatterError(f"“{way.name}”{way.closed_why}，没有提交，已填内容保留在本页。")
        person, form = self.matters.form(principal, matter, subject_id, purpose, typed)
        if way.takes:
            complete(self.matters.lines(matter), form)
        filed = self._write(principal, matter, person, form if way.takes else None)
        self._record(principal, matter, person, filed, purpose)
        return filed

    def _write(
        self, principal: Principal, matter: Matter, person: Person, form: Mapping[str, str] | None
    ) -> Filed:
        now = clock.now()
        days = matter.promised_days or matter.legal_days
        place = person.region_code or principal.unit.region_code
        with scoped(principal.reach) as connection:
            _once(connection, principal, matter, person, self.numbers)
            case_id, number = self.open_case(
                connection,
                matter=matter.name,
                subject_id=person.id,
                region_code=place,
                unit_id=principal.unit.id,
                due_on=rules.due_on(clock.local(now).date(), days),
                simulated=person.simulated,
            )
            row = connection.execute(
                insert(application)
                .values(
                    case_id=case_id,
                    matter_id=matter.id,
                    system_id=matter.system,
                    subject_hash=person.id_hash,
                    region_code=place,
                    unit_id=principal.unit.id,
                    actor=principal.login,
                    actor_name=principal.name,
                    form=None if form is None else _sealed(number, form),
                    state=ELSEWHERE if form is None else WAITING,
                    created_at=now,
                    since=now,
                    next_at=now,
                )
                .returning(application)
            ).one()
        return _filed(row, number)

    def resend(self, principal: Principal, case_id: str) -> None:
        """Try a stuck application again, with the same key."""
        permissions.check(principal, APPLY)
        now = clock.now()
        mine = and_(
            application.c.case_id == UUID(case_id), application.c.unit_id == principal.unit.id
        )
        with scoped(principal.reach) as connection:
            done = connection.execute(
                update(application)
                .where(mine, application.c.state == STUCK)
                .values(state=WAITING, attempts=0, since=now, next_at=now)
            )
        if not done.rowcount:
            raise MatterError("该申请不在滞留状态，没有重新发送，请刷新后查看。")
        audit.append(
            action="matters.resend",
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            case_id=case_id,
        )

    def filed(self, principal: Principal, limit: int = 20) -> tuple[Filed, ...]:
        """The applications of one's unit, the newest first."""
        permissions.check(principal, APPLY)
        query = (
            select(application)
            .where(application.c.unit_id == principal.unit.id)
            .order_by(application.c.created_at.desc(), application.c.case_id)
            .limit(limit)
        )
        with scoped(principal.reach) as connection:
            rows = connection.execute(query).all()
            numbers = self.numbers(connection, [row.case_id for row in rows])
        return tuple(_filed(row, numbers.get(row.case_id, "")) for row in rows)

    def _record(
        self, principal: Principal, matter: Matter, person: Person, filed: Filed, purpose: Purpose
    ) -> None:
        audit.append(
            action=APPLY,
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            subject_hash=person.id_hash,
            purpose=purpose.id,
            case_id=filed.case_id,
            detail={"matter": matter.id, "number": filed.number, "system": matter.system},
        )


def _sealed(number: str, form: Mapping[str, str]) -> str:
    return crypto.encrypt(json.dumps({"number": number, "form": dict(form)}, ensure_ascii=False))


def opened(cipher: str) -> tuple[str, dict[str, str]]:
    """The number and the lines of an application that waits to be sent."""
    held = json.loads(crypto.decrypt(cipher))
    return held["number"], held["form"]


def _once(
    connection: Connection,
    principal: Principal,
    matter: Matter,
    person: Person,
    numbers: CaseNumbers,
) -> None:
    """One open application per resident and matter: a second click is no second application."""
    query = (
        select(application)
        .where(
            application.c.matter_id == matter.id,
            application.c.subject_hash == person.id_hash,
            application.c.unit_id == principal.unit.id,
            application.c.state.not_in(OVER),
        )
        .with_for_update()
    )
    row = connection.execute(query).first()
    if row is None:
        return
    number = numbers(connection, [row.case_id]).get(row.case_id)
    if number:
        when = f"{clock.local(row.created_at):%m-%d %H:%M}"
        raise MatterError(
            f"本单位已于 {when} 为此人申请{matter.name}（{number}，{row.state}），没有重复提交。"
        )


def _filed(row: Row[Any], number: str) -> Filed:
    matter = pack().matters.find(row.matter_id)
    return Filed(
        case_id=str(row.case_id),
        number=number,
        matter_id=row.matter_id,
        matter=matter.name if matter else row.matter_id,
        system_id=row.system_id,
        state=row.state,
        created_at=row.created_at,
        foreign_number=row.foreign_number or "",
        progress=row.progress or "",
        progress_at=row.progress_at,
        error=row.error or "",
    )
