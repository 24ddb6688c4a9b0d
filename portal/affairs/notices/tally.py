"""What the measures learn of notices: how many were sent, which receipts are still outstanding.

Receipts are of units, counted at the unit's place; who pressed the button is counted nowhere.
"""

from typing import Any

from sqlalchemy import Select, select

from portal.affairs.notices.queries import SERVICE
from portal.affairs.notices.tables import notice, notice_receipt
from portal.store.measure_notes import Note, day_of, note
from portal.store.measure_words import Definition, Kind
from portal.store.own_counts import Fields, OwnCount, Told

SENT, ASKED, GIVEN, OPEN = (
    "notices_sent",
    "notices_receipts_asked",
    "notices_receipts_given",
    "notices_receipts_open",
)


def sent(row: Fields) -> list[Note]:
    """A notice counts where its sender is."""
    return [note(SENT, row["region_code"], "", row["sent_at"], 1)]


def receipts(row: Fields) -> list[Note]:
    """What a unit's receipt counts for; the row holds the notice's words as well."""
    if not row["receipt"]:
        return []
    region = row["region_code"]
    found = [
        note(ASKED, region, "", row["sent_at"], 1),
        note(OPEN, region, "", row["sent_at"], 1),
    ]
    given, back = row["read_at"], row["withdrawn_at"]
    if given is not None:
        in_time = row["due_on"] is None or day_of(given) <= row["due_on"]
        found.append(note(GIVEN, region, "", given, int(in_time), 1))
    if given is not None or back is not None:
        found.append(note(OPEN, region, "", given or back, -1))
    return found


def rows() -> Select[Any]:
    """Receipts with what their notice says of them."""
    words = (notice.c.receipt, notice.c.sent_at, notice.c.due_on, notice.c.withdrawn_at)
    return select(notice_receipt, *words).join(notice, notice.c.id == notice_receipt.c.notice_id)


def _told(measure: str, kind: Kind, name: str, unit: str, about: str, of: bool = False) -> Told:
    definition = Definition(id=measure, kind=kind, name=name, unit=unit)
    return Told(definition=definition, about=about, fraction=of)


COUNT = OwnCount(
    name="通知",
    measures=(
        _told(SENT, Kind.FLOW, "通知发送量", "件", "向下级单位发送的通知，计在发文单位所在地"),
    ),
    table=notice,
    reach=lambda: SERVICE,
    of=sent,
)
RECEIPTS = OwnCount(
    name="通知回执",
    measures=(
        _told(ASKED, Kind.FLOW, "要求回执份数", "份",
              "要求回执的通知，每个收文单位计一份，计在收文单位所在地"),
        _told(GIVEN, Kind.FLOW, "回执份数及其中按时回执", "份",
              "收文单位已回执的份数，分母为回执数，分子为截止日期前回执的", True),
        _told(OPEN, Kind.STOCK, "待回执份数", "份",
              "要求回执、尚未回执且未撤回的份数，为统计期末数"),
    ),
    table=notice_receipt,
    reach=lambda: SERVICE,
    of=receipts,
    query=rows,
)  # fmt: skip
