"""What the measures learn of 数据校核: asked, answered and in time, upheld, still open."""

from portal.affairs.corrections import rules
from portal.affairs.corrections.queries import SERVICE
from portal.affairs.corrections.tables import correction
from portal.store.measure_notes import Note, day_of, note
from portal.store.measure_words import Definition, Kind
from portal.store.own_counts import Fields, OwnCount, Told

RAISED, ANSWERED, UPHELD, OPEN = (
    "corrections_raised",
    "corrections_answered",
    "corrections_upheld",
    "corrections_open",
)


def counted(row: Fields) -> list[Note]:
    """What a request counts for, as it stands."""
    region, asked = row["region_code"], row["asked_at"]
    found = [note(RAISED, region, "", asked, 1), note(OPEN, region, "", asked, 1)]
    if row["state"] in rules.OPEN:
        return found
    if row["state"] == rules.WITHDRAWN:
        return [*found, note(OPEN, region, "", row["changed_at"], -1)]
    at = row["decided_at"]
    in_time = day_of(at) <= row["due_on"]
    return [
        *found,
        note(OPEN, region, "", at, -1),
        note(ANSWERED, region, "", at, int(in_time), 1),
        note(UPHELD, region, "", at, int(row["state"] == rules.CORRECTED), 1),
    ]


def _told(measure: str, kind: Kind, name: str, about: str, *, fraction: bool = False) -> Told:
    definition = Definition(id=measure, kind=kind, name=name, unit="件")
    return Told(definition=definition, about=about, fraction=fraction)


COUNT = OwnCount(
    name="数据校核",
    measures=(
        _told(RAISED, Kind.FLOW, "数据校核提出量",
              "向数据主管单位提出的校核申请，同一问题只计一件"),
        _told(ANSWERED, Kind.FLOW, "校核答复量及其中按时答复",
              "主管单位已更正或说明不予更正的校核申请，分母为答复数，分子为时限内答复的",
              fraction=True),
        _told(UPHELD, Kind.FLOW, "校核答复量及其中予以更正",
              "主管单位已答复的校核申请，分母为答复数，分子为予以更正的", fraction=True),
        _told(OPEN, Kind.STOCK, "待答复数据校核", "已提出尚未答复也未撤回的校核申请，为统计期末数"),
    ),
    table=correction,
    reach=lambda: SERVICE,
    of=counted,
)  # fmt: skip
