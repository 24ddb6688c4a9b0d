"""From a file to a plan, and from a plan to what stands: all or nothing, in one transaction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from auth import administration as rules
from auth import audit, permissions
from auth.administration import Administrator
from auth.principal import Principal
from auth.sessions import Ended, end_account
from auth.tables import account, position, post, unit
from portal.functions.entry import accounts
from portal.functions.people import base as standing
from portal.functions.people import holdings, read
from portal.functions.people.holdings import Carriers
from portal.functions.people.making import digest, make
from portal.functions.people.model import (
    DISABLED,
    OFF,
    Base,
    Change,
    Group,
    PersonRow,
    Plan,
    PositionRow,
    Refused,
    UnitRow,
)
from portal.functions.people.tables import grant_request
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import scoped

_PER_AUDIT_ROW = 100
CHANGED_MEANWHILE = (
    "预览之后，文件涉及的单位、岗位或人员已被他人变更，本次未导入任何一行。请重新上传并核对预览。"
)


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What was done."""

    counts: dict[Group, int]
    new_logins: tuple[str, ...]
    handovers: tuple[str, ...]
    waiting: int  # grants that the security administrator has to approve


def _plan(
    connection: Connection, principal: Principal, data: bytes, read_as: Any
) -> tuple[Plan, Base]:
    wanted, wrong = read_as
    admin = Administrator.of(principal)
    base = standing.load(connection, wanted)
    roles = {role.id: role for role in pack().roles}
    return make(wanted, wrong, base, admin, roles, digest(data, base, admin)), base


def preview(principal: Principal, data: bytes) -> Plan:
    """What a file would change, row by row; nothing is written.

    Raises ``Denied`` without the permission and ``SheetRefusedError`` for what is no table of ours.
    """
    permissions.check(principal, "people.manage")
    found = read.read(data)
    with scoped(principal.reach) as connection:
        return _plan(connection, principal, data, found)[0]


def apply(principal: Principal, data: bytes, word: str, carriers: Carriers) -> Applied:
    """Do what the preview with that digest showed.

    Raises :class:`Refused` when what the file speaks of has changed since, or when the file has a
    problem; then nothing is changed.
    """
    permissions.check(principal, "people.manage")
    found = read.read(data)
    with scoped(principal.reach) as connection:
        holdings.lock(connection)
        plan, base = _plan(connection, principal, data, found)
        if plan.digest != word:
            raise Refused(CHANGED_MEANWHILE)
        if plan.problems:
            raise Refused("文件还有问题未改正，本次未导入任何一行。")
        work = _Work(connection, principal, base, carriers)
        work.do(plan.acts)
        _record(principal, plan)
    for ended in work.ended:
        ended.tell()
    return Applied(
        counts={group: plan.count(group) for group in Group},
        new_logins=tuple(
            one.row.login
            for one in plan.changes
            if one.group == Group.NEW and isinstance(one.row, PersonRow)
        ),
        handovers=tuple(work.handovers),
        waiting=sum(one.approval for one in plan.acts),
    )


def _record(principal: Principal, plan: Plan) -> None:
    """The audit stands before the change does: what cannot be recorded does not happen."""
    lines = [
        f"{one.group} {one.sheet} {one.key} {one.title} {'；'.join(one.words)}" for one in plan.acts
    ]
    for place in range(0, max(len(lines), 1), _PER_AUDIT_ROW):
        audit.append(
            action="people.apply",
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            detail={
                "digest": plan.digest,
                "counts": {str(group): plan.count(group) for group in Group},
                "changes": lines[place : place + _PER_AUDIT_ROW],
            },
        )


class _Work:
    """Carries a plan out on one connection."""

    def __init__(
        self, connection: Connection, principal: Principal, base: Base, carriers: Carriers
    ) -> None:
        self._connection, self._principal, self._base = connection, principal, base
        self._carriers = carriers
        self._accounts: dict[str, UUID] = {one.login: one.id for one in base.accounts.values()}
        self.ended: list[Ended] = []
        self.handovers: list[str] = []

    def do(self, changes: Sequence[Change]) -> None:
        """Units first, then posts, then who leaves, then who comes."""
        rows = [one.row for one in changes]
        for row in rows:
            if isinstance(row, UnitRow):
                self._unit(row)
        for row in rows:
            if isinstance(row, PositionRow):
                self._position(row)
        people = [row for row in rows if isinstance(row, PersonRow)]
        for row in people:
            if row.status in (OFF, DISABLED):
                self._leave(row)
        self._arrive([row for row in people if row.status not in (OFF, DISABLED)])

    def _unit(self, row: UnitRow) -> None:
        values = asdict(row)
        statement = upsert(unit).values(**values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[unit.c.id], set_=values)
        )

    # -- posts -----------------------------------------------------------------------------------

    def _position(self, row: PositionRow) -> None:
        old = self._base.positions.get(row.id)
        had = old.rights if old else ((), ())
        asks = row.status == "active" and rules.more(had, row.rights)
        values = asdict(row)
        if asks:  # until it is approved only what was there before is open
            values["roles"] = [one for one in row.roles if one in had[0]]
            values["prefixes"] = [one for one in row.prefixes if one.startswith(tuple(had[1]))]
        statement = upsert(position).values(**values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[position.c.id], set_=values)
        )
        self._connection.execute(
            update(grant_request)
            .where(grant_request.c.position_id == row.id, grant_request.c.decision.is_(None))
            .values(decision="撤回", decided_by=self._principal.login, decided_at=clock.now())
        )
        if asks:
            self._ask(row)

    def _ask(self, row: PositionRow) -> None:
        where = self._connection.execute(
            select(unit.c.region_code).where(unit.c.id == row.unit_id)
        ).scalar_one()
        self._connection.execute(
            insert(grant_request).values(
                id=uuid4(),
                position_id=row.id,
                unit_id=row.unit_id,
                region_code=where,
                roles=list(row.roles),
                prefixes=list(row.prefixes),
                asked_by=self._principal.login,
                asked_at=clock.now(),
            )
        )

    # -- people ----------------------------------------------------------------------------------

    def _leave(self, row: PersonRow) -> None:
        whole = row.status == DISABLED
        for held in self._base.holdings.values():
            if held.login == row.login and (whole or held.position_id == row.position_id):
                made = holdings.leave(
                    self._connection, self._principal, held.post_id, kind="离任", reason="批量导入"
                )
                self.ended.append(made.ended)
                self.handovers.append(made.number)
        if whole:
            account_id = self._accounts[row.login]
            self._connection.execute(
                update(account).where(account.c.id == account_id).values(status="disabled")
            )
            accounts.end_all(self._connection, account_id, "账号停用")
            self.ended.append(end_account(self._connection, account_id, "账号停用"))

    def _arrive(self, rows: Sequence[PersonRow]) -> None:
        new = {row.login: row.name for row in rows if row.login not in self._accounts}
        made = [{"id": uuid4(), "login": login, "name": name} for login, name in new.items()]
        if made:
            self._connection.execute(insert(account), made)
        self._accounts |= {str(one["login"]): UUID(str(one["id"])) for one in made}
        for row in rows:
            if row.login not in new:
                self._connection.execute(
                    update(account)
                    .where(account.c.id == self._accounts[row.login])
                    .values(name=row.name, status="active")
                )
        self._hold(rows)

    def _hold(self, rows: Sequence[PersonRow]) -> None:
        opened = []
        for row in rows:
            account_id = self._accounts[row.login]
            if row.main:
                self._connection.execute(
                    update(post).where(post.c.account_id == account_id).values(is_main=0)
                )
            held = self._base.holdings.get((row.login, row.position_id))
            if held is None:
                opened.append(holdings.new(account_id, row.position_id, main=row.main))
            else:
                self._connection.execute(
                    update(post).where(post.c.id == held.post_id).values(is_main=int(row.main))
                )
        if opened:
            self._connection.execute(insert(post), opened)
            holdings.take_over(self._connection, opened, self._carriers)
