"""What the measures learn of 查询核验: batches done, rows in them, rows whose name did not fit.

Only how many: who was in a batch goes when the batch expires, the numbers stay with its line.
"""

from portal.store.measure_notes import Note, note
from portal.store.measure_words import Definition, Kind
from portal.store.own_counts import Fields, OwnCount, Told
from portal.store.scope import Reach
from portal.store.verify_tables import verify_job

RUNS, ROWS, DIFFERENT = "verify_runs", "verify_rows", "verify_rows_different"
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:verify")


def counted(row: Fields) -> list[Note]:
    """What a batch counts for: one that was stopped or cancelled for nothing."""
    if row["different"] is None:
        return []
    region, at = row["region_code"], row["finished_at"]
    return [
        note(RUNS, region, "", at, 1),
        note(ROWS, region, "", at, row["persons"]),
        note(DIFFERENT, region, "", at, row["different"]),
    ]


def _told(measure: str, name: str, unit: str, about: str) -> Told:
    definition = Definition(id=measure, kind=Kind.FLOW, name=name, unit=unit)
    return Told(definition=definition, about=about)


COUNT = OwnCount(
    name="查询核验",
    measures=(
        _told(RUNS, "批量核验批次", "批", "已完成的批量查询核验，按完成日计，计在提出单位所在地"),
        _told(ROWS, "批量核验行数", "行", "已完成批次中的行数，按完成日计"),
        _told(DIFFERENT, "核验不符行数", "行", "已完成批次中姓名与证件号不符的行数，按完成日计"),
    ),
    table=verify_job,
    reach=lambda: SERVICE,
    of=counted,
)
