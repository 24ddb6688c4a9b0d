"""What the measures learn of cases: begun, closed, closed late, open, open past their limit.

A case is counted in the field of its matter. Fields of which a small number would tell something
about hardship, disability or children are counted together (``apart`` of ``matters.toml`` names
those that are counted by themselves).
"""

from portal.affairs.matters.tables import matter_case
from portal.store.citypack import pack
from portal.store.measure_notes import Note, day_of, note
from portal.store.measure_words import Definition, Kind
from portal.store.own_counts import Fields, OwnCount, Told
from portal.store.scope import Reach

OPENED, CLOSED, LATE, OPEN, OVERDUE = (
    "matters_opened",
    "matters_closed",
    "matters_closed_late",
    "matters_open",
    "matters_overdue_open",
)


def reach() -> Reach:
    """Every case of the city."""
    return Reach(prefixes=(pack().region_code,), unit_id=None, actor="service:matters")


def counted(row: Fields) -> list[Note]:
    """What a case counts for, as it stands."""
    region, field = row["region_code"], pack().matters.field_of(row["matter"])
    begun, over, late_on = row["opened_at"], row["closed_at"], row["overdue_on"]
    found = [note(OPENED, region, field, begun, 1), note(OPEN, region, field, begun, 1)]
    if late_on is not None:
        found.append(note(OVERDUE, region, field, late_on, 1))
    if over is None:
        return found
    found += [note(CLOSED, region, field, over, 1), note(OPEN, region, field, over, -1)]
    if late_on is not None:
        found.append(note(OVERDUE, region, field, over, -1))
    if row["due_on"] is not None and day_of(over) > row["due_on"]:
        found.append(note(LATE, region, field, over, 1))
    return found


def _told(measure: str, kind: Kind, name: str, about: str) -> Told:
    definition = Definition(id=measure, kind=kind, name=name, unit="件")
    return Told(definition=definition, about=about)


COUNT = OwnCount(
    name="事项",
    measures=(
        _told(OPENED, Kind.FLOW, "事项受理量", "本平台窗口受理或接收的事项，按受理日计"),
        _told(CLOSED, Kind.FLOW, "事项办结量", "已写明结果办结的事项，按办结日计"),
        _told(LATE, Kind.FLOW, "事项逾期办结量", "办结日晚于办理时限的事项，按办结日计"),
        _told(OPEN, Kind.STOCK, "在办事项", "已受理尚未办结的事项，为统计期末数"),
        _told(OVERDUE, Kind.STOCK, "逾期在办事项", "超过办理时限尚未办结的事项，为统计期末数"),
    ),
    table=matter_case,
    reach=reach,
    of=counted,
)
