"""统一登录: which account in each system is one's own, proved by oneself, without an administrator.

An attempt is begun in a session and ends in it: its state is known by a keyed hash only, is good
once and for ten minutes, and somebody else's browser cannot finish it.
"""

import secrets as random_secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NoReturn
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, insert, select, update

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.endpoint import below
from portal.connectors.registry import LINK_SECRET, Registry, System
from portal.functions.entry import linkrules as rules
from portal.functions.entry.accounts import standing, taken
from portal.functions.entry.linkrules import LinkState, Proved
from portal.functions.entry.tables import account_link, link_attempt
from portal.functions.entry.tickets import PERMISSION
from portal.settings import settings
from portal.store import clock
from portal.store.citypack import pack
from portal.store.crypto import keyed_hash
from portal.store.scope import scoped

LIFE = timedelta(minutes=10)
OWN = "本人授权"
BY_SIGNING_IN, BY_CODE = "登录", "口令"
ACTION = "links.prove"

_ANEW = "没有关联账号。请重新点“重新授权”。"
REFUSALS = {
    "link_unknown": f"这次授权不是在您当前的登录下开始的，或已经用过，{_ANEW}",
    "link_expired": f"授权已超过 10 分钟，{_ANEW}",
    "link_proof": f"对方系统的证明无法核验，{_ANEW}仍不成功请联系平台运维。",
    "link_code": "账号或授权码不正确，没有关联账号。请核对后重新输入。",
    "link_tries": "授权码已连续输错 5 次，没有关联账号。请重新取得授权编号。",
    "link_taken": "该系统的这个账号已关联其他人员，没有关联。请核对账号，或联系本单位管理员。",
    "link_none": "该系统没有开通本人授权，请联系本单位管理员导入账号。",
}


class LinkRefused(Exception):
    """Nothing was linked; the code is for the address, the message for the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = REFUSALS[code]


@dataclass(frozen=True, kw_only=True)
class OwnAccount:
    """One's account in one system, as one's own page shows it."""

    system_id: str
    name: str
    login_kind: str
    simulated: bool
    account: str
    state: LinkState
    expires_on: date | None
    checked_at: datetime | None
    source: str
    provable: bool  # one may prove it oneself


def _today() -> date:
    return clock.local(clock.now()).date()


def mine(registry: Registry, principal: Principal) -> tuple[OwnAccount, ...]:
    """Every system that one may enter and that knows accounts, with one's own account in it."""
    permissions.check(principal, PERMISSION)
    usable = permissions.usable_systems(principal, PERMISSION, registry.systems)
    with scoped(principal.reach) as connection:
        rows = {one.system_id: one for one in connection.execute(standing(principal.login))}
    shown = [
        one
        for one in registry.systems.values()
        if one.id in rows or (one.id in usable and provable(one))
    ]
    found = [_own(one, rows.get(one.id)) for one in shown]
    order = (LinkState.OVER, LinkState.SOON, LinkState.IMPORTED, LinkState.NONE, LinkState.GOOD)
    return tuple(sorted(found, key=lambda one: (order.index(one.state), one.name)))


def provable(system: System) -> bool:
    """Whether a person may prove an account there without anybody's help."""
    entry = system.manifest.entry
    named = LINK_SECRET in system.site.credentials
    return bool(system.reachable and entry and entry.linking and system.site.entry and named)


def _own(system: System, row: Row[Any] | None) -> OwnAccount:
    expires = row.expires_on if row else None
    checked = row.checked_at if row else None
    warn = pack().link_warn_days
    return OwnAccount(
        system_id=system.id,
        name=system.name,
        login_kind=system.manifest.login,
        simulated=system.site.simulated,
        account=row.foreign_account if row else "",
        state=rules.state_of(row is not None, expires, checked, _today(), warn),
        expires_on=expires,
        checked_at=checked,
        source=row.source if row else "",
        provable=provable(system),
    )


# -- proving ------------------------------------------------------------------------------------


def begin(registry: Registry, principal: Principal, system_id: str) -> str:
    """Where to sign in over there; one comes back with a proof for this attempt only."""
    system = _provable(registry, principal, system_id)
    state = random_secrets.token_urlsafe(24)
    _attempt(principal, system_id, BY_SIGNING_IN, state, None)
    entry = system.manifest.entry
    assert entry is not None and entry.linking is not None  # noqa: S101 - it is provable
    return f"{below(system.site.entry, entry.linking)}?state={state}"


def begin_code(registry: Registry, principal: Principal, system_id: str) -> str:
    """The number to type in over there, for a code to type in here."""
    _provable(registry, principal, system_id)
    challenge = f"{random_secrets.randbelow(10**6):06d}"
    _attempt(principal, system_id, BY_CODE, random_secrets.token_urlsafe(24), challenge)
    return challenge


def finish(registry: Registry, principal: Principal, state: str, proof: str) -> str:
    """Take in a proof; gives the system's name. ``LinkRefused`` says why nothing was linked."""
    with scoped(principal.reach) as connection:
        row = _open(connection, principal, link_attempt.c.state_hash == keyed_hash(state[:200]))
    system = _provable(registry, principal, row.system_id)
    _spend(principal, row)
    proved = rules.read_proof(
        proof,
        secret=system.credential(LINK_SECRET),
        system_id=system.id,
        audience=settings().public_url,
        state=state,
        now=clock.now(),
    )
    if proved is None:
        _refuse(principal, system.id, "link_proof")
    _link(principal, system.id, proved)
    return system.name


def finish_code(
    registry: Registry, principal: Principal, system_id: str, account: str, code: str
) -> str:
    """Take in a code; five wrong ones end the attempt."""
    system = _provable(registry, principal, system_id)
    account, code = account.strip(), "".join(code.split())
    open_ = (link_attempt.c.system_id == system_id, link_attempt.c.kind == BY_CODE)
    with scoped(principal.reach) as connection:
        row = _open(connection, principal, *open_)
        tries = connection.execute(
            update(link_attempt)
            .where(link_attempt.c.state_hash == row.state_hash)
            .values(tries=link_attempt.c.tries + 1)
            .returning(link_attempt.c.tries)
        ).scalar_one()
    if tries > rules.MOST_TRIES:
        _refuse(principal, system_id, "link_tries")
    right = rules.plain_account(account) and rules.code_is_right(
        code,
        secret=system.credential(LINK_SECRET),
        system_id=system_id,
        account=account,
        challenge=row.challenge,
    )
    if not right:
        _refuse(principal, system_id, "link_code")
    _spend(principal, row)
    _link(principal, system_id, Proved(account=account))
    return system.name


def unlink(principal: Principal, system_id: str) -> None:
    """End one's own link; the account over there stays as it is."""
    permissions.check(principal, PERMISSION)
    with scoped(principal.reach) as connection:
        ended = _end(connection, principal.login, system_id, "本人解除")
    if ended:
        _audit(principal, "links.end", {"system": system_id})


def _provable(registry: Registry, principal: Principal, system_id: str) -> System:
    permissions.check(principal, PERMISSION)
    if system_id not in permissions.usable_systems(principal, PERMISSION, [system_id]):
        permissions.refuse(principal, PERMISSION, "该系统不在当前岗位可使用的系统之内。")
    system = registry.systems.get(system_id)
    if system is None or not provable(system):
        raise LinkRefused("link_none")
    return system


def _attempt(
    principal: Principal, system_id: str, kind: str, state: str, challenge: str | None
) -> None:
    """One attempt per system and person: a new one takes the place of the last."""
    now = clock.now()
    with scoped(principal.reach) as connection:
        connection.execute(
            delete(link_attempt).where(
                link_attempt.c.login == principal.login, link_attempt.c.system_id == system_id
            )
        )
        connection.execute(
            insert(link_attempt).values(
                state_hash=keyed_hash(state),
                account_id=principal.account_id,
                login=principal.login,
                session_id=principal.session_id,
                system_id=system_id,
                kind=kind,
                challenge=challenge,
                begun_at=now,
                expires_at=now + LIFE,
            )
        )


def _open(connection: Connection, principal: Principal, *which: Any) -> Row[Any]:
    query = select(link_attempt).where(
        *which,
        link_attempt.c.login == principal.login,
        link_attempt.c.session_id == principal.session_id,
        link_attempt.c.used_at.is_(None),
    )
    row = connection.execute(query).first()
    if row is None:
        raise LinkRefused("link_unknown")
    if row.expires_at <= clock.now():
        raise LinkRefused("link_expired")
    return row


def _spend(principal: Principal, row: Row[Any]) -> None:
    """Of two who finish one attempt, one does."""
    with scoped(principal.reach) as connection:
        done = connection.execute(
            update(link_attempt)
            .where(link_attempt.c.state_hash == row.state_hash, link_attempt.c.used_at.is_(None))
            .values(used_at=clock.now())
        )
    if not done.rowcount:
        raise LinkRefused("link_unknown")


def _link(principal: Principal, system_id: str, proved: Proved) -> None:
    with scoped(principal.reach) as connection:
        if taken(connection, system_id, proved.account, principal.login):
            _refuse(principal, system_id, "link_taken")
        _end(connection, principal.login, system_id, "重新授权")
        now = clock.now()
        connection.execute(
            insert(account_link).values(
                id=uuid4(),
                account_id=principal.account_id,
                login=principal.login,
                system_id=system_id,
                foreign_account=proved.account,
                expires_on=proved.until,
                source=OWN,
                unit_id=principal.unit.id,
                region_code=principal.unit.region_code,
                made_at=now,
                checked_at=now,
            )
        )
    _audit(principal, ACTION, {"system": system_id, "account": proved.account})


def _end(connection: Connection, login: str, system_id: str, why: str) -> int:
    done = connection.execute(
        update(account_link)
        .where(
            account_link.c.login == login,
            account_link.c.system_id == system_id,
            account_link.c.ended_at.is_(None),
        )
        .values(ended_at=clock.now(), ended_why=why)
    )
    return done.rowcount


def _refuse(principal: Principal, system_id: str, code: str) -> NoReturn:
    """Every refused proof is in the audit: somebody may be trying another's account."""
    _audit(principal, ACTION, {"system": system_id, "why": code}, outcome="refused")
    raise LinkRefused(code)


def _audit(
    principal: Principal, action: str, detail: dict[str, str], *, outcome: str = "ok"
) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        outcome=outcome,
        detail=detail,
    )
