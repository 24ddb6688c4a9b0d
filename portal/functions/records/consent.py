"""家庭授权: what a person and the family have signed, on file before certain systems are asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from auth import audit, permissions
from auth.principal import Principal
from portal.functions.records.words import CASE, BadQueryError
from portal.store import authorisations, clock
from portal.store.citypack import pack
from portal.store.scope import scoped
from portal.store.search import Found

KEEP = "records.authorise"
NEEDED = "需本人及家庭成员授权"
_LEAST_PAPER, _MOST_PAPER, _MOST_SIGNERS = 2, 40, 30


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One paper on file, as the dossier shows it."""

    id: str
    systems: tuple[str, ...]
    purposes: tuple[str, ...]
    signed_on: date
    valid_until: date
    signers: int
    paper_number: str
    recorded: str
    state: str  # 有效 | 已过期 | 已撤销
    why: str


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What stands on a paper."""

    systems: Sequence[str]
    purposes: Sequence[str]
    signed_on: date
    valid_until: date
    signers: int
    paper_number: str


def _today() -> date:
    return clock.local(clock.now()).date()


def purposes() -> dict[str, str]:
    """The purposes that a paper may cover, by id."""
    city = pack()
    found = {CASE: city.case_purpose.name}
    found |= {one.id: one.name for one in city.purposes}
    return found | {"verify": city.verification.purpose}


def on_file(subject_hash: str, purpose: str) -> frozenset[str]:
    """The systems that may be asked about this person for this purpose by what is on file."""
    with scoped(authorisations.SERVICE) as connection:
        return authorisations.covered(connection, subject_hash, purpose, _today())


def checked(signed: Signed, offered: frozenset[str], today: date, most_days: int) -> Signed:
    """What may be put on file, or what is wrong with it."""
    number = " ".join(signed.paper_number.split())
    wrong = ""
    if not signed.systems or not set(signed.systems) <= offered:
        wrong = "请选择授权书写明的系统"
    elif not signed.purposes or not set(signed.purposes) <= set(purposes()):
        wrong = "请选择授权书写明的用途"
    elif signed.signed_on > today:
        wrong = "签署日期不能晚于今天"
    elif signed.valid_until < today:
        wrong = "该授权书已过有效期，请与居民重新签署"
    elif signed.valid_until > signed.signed_on + timedelta(days=most_days):
        wrong = f"有效期最长为签署之日起 {most_days} 天"
    elif not 1 <= signed.signers <= _MOST_SIGNERS:
        wrong = f"签字人数应为 1 至 {_MOST_SIGNERS}"
    elif not _LEAST_PAPER <= len(number) <= _MOST_PAPER:
        wrong = f"请填写纸质授权书编号（{_LEAST_PAPER} 至 {_MOST_PAPER} 个字）"
    if wrong:
        raise BadQueryError(f"{wrong}，已填内容已保留，没有登记。")
    return Signed(**{**vars(signed), "paper_number": number})


def record(
    principal: Principal, found: Found, region_code: str, signed: Signed, offered: frozenset[str]
) -> str:
    """Put a paper on file for a person who has been admitted; gives its id."""
    permissions.check(principal, KEEP)
    given = checked(signed, offered, _today(), pack().authorisation_days)
    row = {
        **vars(given),
        "systems": sorted(given.systems),
        "purposes": sorted(given.purposes),
        "id": uuid4(),
        "subject_hash": found.id_hash,
        "region_code": region_code,
        "unit_id": principal.unit.id,
        "unit_name": principal.unit.name,
        "recorded_by": principal.login,
        "recorded_name": principal.name,
        "recorded_at": clock.now(),
    }
    with scoped(principal.reach) as connection:
        authorisations.add(connection, row)
    detail = {"systems": row["systems"], "number": given.paper_number}
    _audit(principal, KEEP, found, {**detail, "until": f"{given.valid_until}T00:00:00+08:00"})
    return str(row["id"])


def papers(principal: Principal, found: Found) -> tuple[Paper, ...]:
    """What is on file for a person who has been admitted."""
    with scoped(principal.reach) as connection:
        rows = authorisations.of_subject(connection, found.id_hash)
    return tuple(map(_paper, rows))


def revoke(principal: Principal, found: Found, paper_id: str, why: str) -> None:
    """The family takes its authorisation back: from this moment nothing is asked."""
    permissions.check(principal, KEEP)
    told = " ".join(why.split())
    if not 2 <= len(told) <= 200:
        raise BadQueryError("请写明撤销原因（2 至 200 个字），已填内容已保留，授权仍然有效。")
    try:
        key = UUID(paper_id)
    except ValueError:
        raise BadQueryError("没有找到这份授权书。") from None
    values = {"revoked_at": clock.now(), "revoked_name": principal.name, "revoked_why": told}
    with scoped(principal.reach) as connection:
        if not authorisations.revoke(connection, key, found.id_hash, **values):
            raise BadQueryError("没有找到这份授权书，或已经撤销，请刷新后查看。")
    _audit(principal, "records.revoke_authorisation", found, {"reason": told})


def _audit(principal: Principal, action: str, found: Found, detail: dict[str, Any]) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        subject_hash=found.id_hash,
        detail=detail,
    )


def _paper(row: Row[Any]) -> Paper:
    state = "有效" if row.valid_until >= _today() else "已过期"
    named = purposes()
    sites = {one.id: one.name for one in pack().systems}
    return Paper(
        id=str(row.id),
        systems=tuple(sites.get(one, one) for one in row.systems),
        purposes=tuple(named.get(one, one) for one in row.purposes),
        signed_on=row.signed_on,
        valid_until=row.valid_until,
        signers=row.signers,
        paper_number=row.paper_number,
        recorded=f"{row.unit_name} {row.recorded_name}",
        state="已撤销" if row.revoked_at else state,
        why=row.revoked_why or "",
    )
