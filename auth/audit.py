"""The audit: an append-only chain of who saw or did what, and why.

Each row carries an HMAC over itself and over the row before it, with a key the database does not
hold: a changed or removed row breaks the chain. The head is written outside the database every few
minutes (an anchor), so that a cut tail or a chain rewritten as a whole is found as well.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from auth.tables import audit_entry, audit_head
from portal.settings import secrets, settings
from portal.store import clock
from portal.store.engine import begin

_GENESIS = "0" * 64
_COVERED = (
    "seq",
    "actor",
    "unit_id",
    "region_code",
    "action",
    "outcome",
    "subject_hash",
    "purpose",
    "case_id",
    "detail",
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong with the chain: where, and what in Chinese."""

    seq: int
    message: str


def _mac(previous: str, at: datetime, row: Mapping[str, Any]) -> str:
    covered = {name: row[name] for name in _COVERED} | {"at": clock.local(at).isoformat()}
    text = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    key = secrets().audit_key.encode()
    return hmac.new(key, f"{previous}\n{text}".encode(), hashlib.sha256).hexdigest()


def _lock_head(connection: Connection) -> tuple[int, str]:
    """Take the head for this transaction; writers queue here, so numbers have no gaps."""
    query = select(audit_head.c.seq, audit_head.c.mac).where(audit_head.c.one == 1)
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        connection.execute(
            insert(audit_head).values(one=1, seq=0, mac=_GENESIS).on_conflict_do_nothing()
        )
        row = connection.execute(query.with_for_update()).one()
    return row.seq, row.mac


def append(
    *,
    action: str,
    actor: str,
    detail: Mapping[str, Any] | None = None,
    outcome: str = "ok",
    unit_id: str | None = None,
    region_code: str | None = None,
    subject_hash: str | None = None,
    purpose: str | None = None,
    case_id: str | None = None,
) -> int:
    """Add one row to the chain, in a transaction of its own, and give its number.

    The row stands before the data it speaks of is shown: a view that cannot be recorded does not
    happen.
    """
    behalf = getattr(actor, "behalf", "")  # a deputy's login knows whom it acts for
    with begin() as connection:
        seq, previous = _lock_head(connection)
        row: dict[str, Any] = {
            "seq": seq + 1,
            "actor": str(actor),
            "unit_id": unit_id,
            "region_code": region_code,
            "action": action,
            "outcome": outcome,
            "subject_hash": subject_hash,
            "purpose": purpose,
            "case_id": case_id,
            "detail": {**(detail or {}), **({"代理": behalf} if behalf else {})},
        }
        at = clock.now()
        mac = _mac(previous, at, row)
        connection.execute(insert(audit_entry).values(**row, at=at, mac=mac))
        connection.execute(update(audit_head).values(seq=seq + 1, mac=mac))
        return seq + 1


# -- anchors ------------------------------------------------------------------------------------


def _anchor_file() -> Path:
    return settings().var_dir / "audit-anchors.jsonl"


def anchor() -> int:
    """Write the head of the chain outside the database; gives its number (0: nothing yet)."""
    with begin() as connection:
        head = connection.execute(select(audit_head)).first()
    if head is None:
        return 0
    file = _anchor_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"seq": head.seq, "mac": head.mac, "at": clock.now().isoformat()})
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    return int(head.seq)


def _anchors() -> dict[int, str]:
    file = _anchor_file()
    if not file.exists():
        return {}
    lines = (json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip())
    return {line["seq"]: line["mac"] for line in lines}


# -- verification -------------------------------------------------------------------------------


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    query = select(audit_entry).order_by(audit_entry.c.seq)
    yield from connection.execution_options(yield_per=2000).execute(query)


def verify() -> list[Problem]:
    """Walk the whole chain and hold it against the anchors; an empty list means it is whole."""
    problems: list[Problem] = []
    anchors = _anchors()
    previous, last = _GENESIS, 0
    with begin() as connection:
        for row in _rows(connection):
            if row.seq != last + 1:
                problems.append(
                    Problem(seq=last + 1, message=f"第 {last + 1} 至 {row.seq - 1} 条缺失")
                )
            elif _mac(previous, row.at, row._asdict()) != row.mac:
                problems.append(Problem(seq=row.seq, message=f"第 {row.seq} 条被改动"))
            if anchors.get(row.seq, row.mac) != row.mac:
                problems.append(
                    Problem(seq=row.seq, message=f"第 {row.seq} 条与库外锚点不符，链条被重写")
                )
            previous, last = row.mac, row.seq
        head = connection.execute(select(audit_head)).first()
    newest = max([*anchors, head.seq if head else 0])
    if newest > last:
        problems.append(Problem(seq=newest, message=f"第 {last + 1} 至 {newest} 条尾部被截断"))
    return problems
