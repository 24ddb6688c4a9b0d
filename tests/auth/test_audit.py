"""The audit chain finds every change that is made behind its back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError

from auth import audit
from portal.store.engine import begin, driver_url
from tests.conftest import TestDatabase


def _write(count: int) -> None:
    for number in range(count):
        audit.append(
            action="records.open",
            actor="someone",
            purpose="counter",
            detail={"说明": f"第 {number} 次"},
        )


def _as_owner(database: TestDatabase, act: Callable[[Connection], object]) -> None:
    engine = create_engine(driver_url(database.owner_url))
    with engine.begin() as connection:
        act(connection)
    engine.dispose()


def test_a_chain_nobody_touched_is_whole(database: TestDatabase) -> None:
    _write(5)
    assert audit.anchor() == 5
    _write(3)
    assert audit.verify() == []


def test_an_empty_chain_is_whole(database: TestDatabase) -> None:
    assert audit.anchor() == 0
    assert audit.verify() == []


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'another'",
        "outcome = 'refused'",
        'detail = \'{"说明": "别的"}\'',
        "at = at + interval '1 second'",
        "purpose = NULL",
        "subject_hash = 'x'",
    ],
)
def test_a_changed_row_is_found(database: TestDatabase, change: str) -> None:
    _write(5)
    _as_owner(
        database,
        lambda c: c.execute(text(f"UPDATE audit_entry SET {change} WHERE seq = 3")),
    )
    assert [one.seq for one in audit.verify()] == [3]


def test_a_removed_row_is_found(database: TestDatabase) -> None:
    _write(5)
    _as_owner(database, lambda c: c.execute(text("DELETE FROM audit_entry WHERE seq = 3")))
    assert [one.message for one in audit.verify()] == ["第 3 至 3 条缺失"]


def test_a_tail_cut_off_together_with_the_head_is_found_by_the_anchor(
    database: TestDatabase,
) -> None:
    _write(6)
    audit.anchor()

    def cut(connection: Connection) -> None:
        connection.execute(text("DELETE FROM audit_entry WHERE seq > 4"))
        mac = connection.execute(text("SELECT mac FROM audit_entry WHERE seq = 4")).scalar_one()
        connection.execute(text("UPDATE audit_head SET seq = 4, mac = :mac"), {"mac": mac})

    _as_owner(database, cut)
    assert [one.message for one in audit.verify()] == ["第 5 至 6 条尾部被截断"]


def test_a_chain_rewritten_from_the_start_is_found_by_the_anchor(database: TestDatabase) -> None:
    _write(3)
    audit.anchor()
    _as_owner(database, lambda c: c.execute(text("TRUNCATE audit_entry, audit_head")))
    _write(4)
    assert any("被重写" in one.message for one in audit.verify())


def test_the_application_can_neither_change_nor_remove_a_row(database: TestDatabase) -> None:
    _write(1)
    for statement in ("UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(ProgrammingError, match="permission denied"), begin() as connection:
            connection.execute(text(statement))


def test_the_anchor_lies_outside_the_database(database: TestDatabase, configured: Path) -> None:
    _write(2)
    audit.anchor()
    assert '"seq": 2' in (configured / "audit-anchors.jsonl").read_text(encoding="utf-8")
