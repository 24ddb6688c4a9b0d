"""The only writer of the lists: drafts from a sheet, publication, withdrawal of a draft."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, func, insert, select, update

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.dispatch import reads, rows
from portal.affairs.dispatch.rows import COLUMNS, Fault
from portal.affairs.dispatch.tables import dispatch_entry, dispatch_version
from portal.affairs.dispatch.words import (
    DRAFT,
    NAMES,
    STANDING,
    VOID,
    DispatchError,
    Entry,
    Kind,
    key_of,
)
from portal.store import clock
from portal.store.scope import scoped
from portal.store.sheets import Cell, pick, read_sheet

MAX_ROWS = 20_000
# What a file of refused rows has beside its own columns: mended, it is sent again as it is.
REMARKS = {"_row": "原行号", "_column": "有误的列", "_reason": "原因"}
_SPARE = ("condition", "words", "basis", "helpers", "urgency")
How = Literal["整体替换", "增量更新"]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a file would come to: what it changes, which rows it cannot give, what stays."""

    kind: Kind
    region_code: str
    how: How
    digest: str
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]
    added: int
    changed: int
    same: int
    gone: int
    kept: int  # entries that stay because their row in the file is wrong


def region_of(principal: Principal) -> str:
    """Whose list a post keeps: that of its own unit's region."""
    return principal.unit.region_code


def preview(principal: Principal, kind: Kind, data: bytes, name: str, how: How) -> Preview:
    """Read a file and say what it would change; nothing is written."""
    permissions.check(principal, reads.SETTINGS)
    sheet = read_sheet(data, name=name, max_rows=MAX_ROWS)
    picked = pick(sheet, COLUMNS[kind] | REMARKS, optional=(*REMARKS, *_SPARE))
    given = [(one.number, one.values) for one in picked]
    with scoped(principal.reach) as connection:
        return _plan(connection, kind, region_of(principal), given, how, sha256(data).hexdigest())


def _plan(
    connection: Connection,
    kind: Kind,
    region: str,
    given: Sequence[tuple[int, Mapping[str, Cell]]],
    how: How,
    digest: str,
) -> Preview:
    good, faults = rows.check(kind, given, reads.known(connection, region))
    standing = reads.own(connection, kind, region, reads.today())
    held = [one.entry for one in reads.entries(connection, standing)] if standing else []
    now = {key_of(kind, one): one for one in held}
    new = {key_of(kind, one): one for one in good}
    wrong = _codes(kind, faults)
    staying = {
        key: one
        for key, one in now.items()
        if key not in new and (how == "增量更新" or one.code in wrong)
    }
    whole = sorted([*new.values(), *staying.values()], key=lambda one: (one.code, one.condition))
    return Preview(
        kind=kind,
        region_code=region,
        how=how,
        digest=digest,
        entries=tuple(whole),
        faults=tuple(faults),
        added=sum(key not in now for key in new),
        changed=sum(key in now and now[key] != one for key, one in new.items()),
        same=sum(now.get(key) == one for key, one in new.items()),
        gone=sum(key not in new and key not in staying for key in now),
        kept=sum(one.code in wrong for one in staying.values()),
    )


def _codes(kind: Kind, faults: Iterable[Fault]) -> set[str]:
    """Which codes the wrong rows are about: what stands of them must not vanish with them."""
    at = list(COLUMNS[kind]).index("code")
    return {one.cells[at] for one in faults}


def draft(
    principal: Principal,
    kind: Kind,
    data: bytes,
    name: str,
    *,
    how: How,
    digest: str,
    label: str = "",
) -> tuple[reads.Version, Preview]:
    """Keep the good rows of a file that was looked at as a new draft; the bad ones are told."""
    plan = preview(principal, kind, data, name, how)
    if plan.digest != digest:
        raise DispatchError("文件与预览时不同，未保存。请重新上传并核对预览。")
    if not plan.entries:
        raise DispatchError("文件中没有可用的行，未保存。请按错误说明修改后重新上传。")
    with scoped(principal.reach) as connection:
        made = write(
            connection,
            kind,
            plan.region_code,
            plan.entries,
            label=" ".join(label.split())[:60] or NAMES[kind],
            source=name[:120],
            by=(principal.login, principal.name),
        )
    _audit(principal, "dispatch.draft", made, faults=len(plan.faults))
    return made, plan


def write(
    connection: Connection,
    kind: Kind,
    region: str,
    entries: Sequence[Entry],
    *,
    label: str,
    source: str,
    by: tuple[str, str],
) -> reads.Version:
    """A new draft with its entries, within a transaction."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"dispatch|{kind}"))))
    v = dispatch_version.c
    last = connection.execute(
        select(func.coalesce(func.max(v.number), 0)).where(v.kind == kind, v.region_code == region)
    ).scalar_one()
    version_id = uuid4()
    connection.execute(
        insert(dispatch_version).values(
            id=version_id,
            kind=kind,
            region_code=region,
            number=last + 1,
            label=label,
            source=source,
            state=DRAFT,
            rows=len(entries),
            made_by=str(by[0]),
            made_by_name=by[1],
            made_at=clock.now(),
        )
    )
    connection.execute(
        insert(dispatch_entry),
        [
            {
                "version_id": version_id,
                "place": place,
                "code": one.code,
                "name": one.name,
                "condition": one.condition,
                "body": one.body,
            }
            for place, one in enumerate(entries)
        ],
    )
    return reads.one(connection, version_id)


def publish(principal: Principal, version_id: UUID, valid_from: date) -> reads.Version:
    """Let a draft count from a day on; the one before it ends that day and stays readable."""
    permissions.check(principal, reads.SETTINGS)
    if valid_from < reads.today():
        raise DispatchError("生效日期不能早于今天：已派的工单按当时的目录，不能倒改。")
    with scoped(principal.reach) as connection:
        found = _draft_of(connection, principal, version_id)
        put_in_force(connection, found, valid_from, principal.name)
        made = reads.one(connection, version_id)
    _audit(principal, "dispatch.publish", made, valid_from=str(valid_from))
    return made


def _draft_of(connection: Connection, principal: Principal, version_id: UUID) -> reads.Version:
    found = reads.one(connection, version_id, lock=True)
    if found.region_code != region_of(principal):
        raise DispatchError("这是其他单位的目录，只能由其本级维护。")
    if found.state != DRAFT:
        raise DispatchError(f"该版本现为“{found.state}”，不能再改。请刷新后查看。")
    return found


def put_in_force(connection: Connection, found: reads.Version, valid_from: date, name: str) -> None:
    """End what counted and let a draft count, within a transaction."""
    v = dispatch_version.c
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"dispatch|{found.kind}"))))
    of_the_list = (v.kind == found.kind, v.region_code == found.region_code, v.state == STANDING)
    later = connection.execute(
        select(func.count())
        .select_from(dispatch_version)
        .where(*of_the_list, v.valid_from >= valid_from, v.valid_to.is_(None))
    ).scalar_one()
    if later:
        raise DispatchError(
            "同日或更晚已有生效的版本，未发布。请另选更晚的生效日期；当日有误的，可次日起生效新版。"
        )
    connection.execute(
        update(dispatch_version)
        .where(*of_the_list, v.valid_to.is_(None))
        .values(valid_to=valid_from)
    )
    connection.execute(
        update(dispatch_version)
        .where(v.id == found.id)
        .values(
            state=STANDING,
            valid_from=valid_from,
            published_by_name=name,
            published_at=clock.now(),
        )
    )


def discard(principal: Principal, version_id: UUID) -> None:
    """A draft that will not count."""
    permissions.check(principal, reads.SETTINGS)
    with scoped(principal.reach) as connection:
        found = _draft_of(connection, principal, version_id)
        connection.execute(
            update(dispatch_version).where(dispatch_version.c.id == found.id).values(state=VOID)
        )
    _audit(principal, "dispatch.discard", found)


def _audit(principal: Principal, action: str, made: reads.Version, **detail: object) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=made.region_code,
        detail={"kind": made.kind, "number": made.number, "rows": made.rows, **detail},
    )
