"""What the measures learn of 一表通: sent, answered and late, cells asked, filled and typed.

The numbers of the burden meter, day by day and place by place, so that any report may hold them.
Cells count on the day an answer is handed in; what is given back counts again when it comes back.
"""

from portal.affairs.forms.held import SERVICE
from portal.affairs.forms.tables import form_answer, form_refusal
from portal.affairs.workflow.ledger import Step
from portal.store.measure_notes import Note, day_of, note
from portal.store.measure_words import Definition, Kind
from portal.store.own_counts import Fields, OwnCount, Told

SENT, ANSWERED, LATE, OPEN, REFUSED, DOUBLE = (
    "forms_sent",
    "forms_answered",
    "forms_answered_late",
    "forms_open",
    "forms_refused",
    "forms_fields_refused",
)
CELLS = {
    "asked": "forms_cells_asked",
    "auto": "forms_cells_auto",
    "changed": "forms_cells_changed",
    "typed": "forms_cells_typed",
}
_TURNED_AWAY = "已拒收"


def counted(row: Fields) -> list[Note]:
    """What an answer counts for, as it stands."""
    region, sent = row["region_code"], row["sent_at"]
    found = [note(SENT, region, "", sent, 1), note(OPEN, region, "", sent, 1)]
    handed = row["handed_at"]
    if row["state"] == _TURNED_AWAY:
        at = row["state_since"]
        return [*found, note(OPEN, region, "", at, -1), note(REFUSED, region, "", at, 1)]
    if handed is None:
        return found
    found += [note(OPEN, region, "", handed, -1), note(ANSWERED, region, "", handed, 1)]
    if not row["offline"] and day_of(handed) > row["due_on"]:
        found.append(note(LATE, region, "", handed, 1))
    cells = [note(one, region, "", handed, row[name]) for name, one in CELLS.items() if row[name]]
    return found + cells


def doubled(row: Fields) -> list[Note]:
    """A field that was kept from being asked twice."""
    return [note(DOUBLE, row["region_code"], "", row["at"], 1)]


def follow(step: Step) -> None:
    """After every move of an answer."""
    before = step.row._asdict()
    state = step.to or before["state"]
    after = {**before, **step.values, "state": state}
    if state != before["state"]:
        after["state_since"] = step.now
    COUNT.follow(step.connection, [(before, after)])


def _told(measure: str, kind: Kind, name: str, unit: str, about: str) -> Told:
    definition = Definition(id=measure, kind=kind, name=name, unit=unit)
    return Told(definition=definition, about=about)


COUNT = OwnCount(
    name="填报",
    measures=(
        _told(SENT, Kind.FLOW, "下发报表份数", "份",
              "下发到社区（村）的报表，每期每个单位计一份，按下发日计"),
        _told(ANSWERED, Kind.FLOW, "上报报表份数", "份",
              "社区（村）已上报的报表，按上报日计；退回后重报的按重报日计"),
        _told(LATE, Kind.FLOW, "逾期上报份数", "份", "上报日晚于截止日期的报表；无网络单位不计"),
        _told(OPEN, Kind.STOCK, "待上报报表", "份", "已下发尚未上报也未拒收的报表，为统计期末数"),
        _told(REFUSED, Kind.FLOW, "拒收报表份数", "份",
              "因未备案或超过有效期被拒收的报表，按拒收日计"),
        _told(CELLS["asked"], Kind.FLOW, "要求填报栏目", "栏",
              "已上报报表中要求填写的栏目，按上报日计"),
        _told(CELLS["auto"], Kind.FLOW, "自动填充栏目", "栏",
              "已上报报表中由系统取数且未改动的栏目，按上报日计"),
        _told(CELLS["changed"], Kind.FLOW, "人工修改栏目", "栏",
              "已上报报表中系统取数后经人工修改的栏目，按上报日计"),
        _told(CELLS["typed"], Kind.FLOW, "人工填写栏目", "栏",
              "已上报报表中由人工填写的栏目，按上报日计"),
    ),
    table=form_answer,
    reach=lambda: SERVICE,
    of=counted,
)  # fmt: skip
REFUSALS = OwnCount(
    name="重复采集栏目",
    measures=(
        _told(DOUBLE, Kind.FLOW, "拒绝重复采集栏目", "栏",
              "制发时因已有数据而未准许采集的栏目，每张报表每栏计一次，计在制定单位所在地"),
    ),
    table=form_refusal,
    reach=lambda: SERVICE,
    of=doubled,
)  # fmt: skip
