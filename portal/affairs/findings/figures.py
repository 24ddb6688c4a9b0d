"""The pilot's table: found, solved, by way of solving; place by place where 未诉先办 is run.

Counted from the findings themselves. What is not counted as found (handed in and not yet looked
at, or unfounded) is told beside the table, so that nothing is left out in silence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.findings import rules
from portal.affairs.findings.queries import VIEW
from portal.affairs.findings.rules import FindingError
from portal.affairs.findings.tables import finding
from portal.store import clock, divisions, region_codes
from portal.store.citypack import pack
from portal.store.finding_texts import Stage
from portal.store.scope import scoped

_BELOW = {4: ("district", 6), 6: ("street", 9), 9: ("community", 12), 12: ("community", 12)}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A place, or all of them: what was found there and how it was solved."""

    name: str
    code: str
    stage: Stage
    found: int
    solved: int
    own: int
    helped: int
    joint: int

    @property
    def open(self) -> int:
        """Found and not yet solved."""
        return self.found - self.solved


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The table, whole."""

    region_code: str
    region_name: str
    starts: date
    ends: date
    lines: tuple[Line, ...]
    total: Line
    unchecked: int
    unfounded: int
    off: int  # places of the scope in which it is not run
    as_of: datetime
    simulated: bool

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.region_name}未诉先办情况表"

    @property
    def span(self) -> str:
        """From which day to which."""
        return f"{self.starts:%Y-%m-%d} 至 {self.ends:%Y-%m-%d}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the numbers mean and what is not in them."""
        joint = pack().findings.joint_departments
        told = [
            "发现数按发现日期统计，解决数为其中已由发现单位确认解决的；按区划排列，不排名",
            "自办：社区（村）和网格内解决；协办：街道牵头或一个部门办理；"
            f"联办：{joint} 个及以上部门参与或联席会议议定（系统默认，可修改）",
            f"另有待核实 {self.unchecked} 件、经核实不成立 {self.unfounded} 件，未计入发现数",
        ]
        if self.off:
            told.append(f"未开展未诉先办的 {self.off} 个下级区划不列入")
        return tuple(told)


def table(principal: Principal, starts: date, ends: date, region_code: str = "") -> Figures:
    """The table of a place in one's scope, of the findings of some days (both included)."""
    code = region_code or principal.unit.region_code
    permissions.check(principal, VIEW, code)
    place = divisions.find(code)
    if place is None or place.code != code:
        raise FindingError(f"没有代码为“{code}”的区划，请重新选择。")
    if ends < starts:
        raise FindingError(f"结束日期 {ends} 早于开始日期 {starts}，请重新选择。")
    level, width = _BELOW[len(code)]
    column = func.left(finding.c.region_code, width).label("code")
    query = (
        select(
            column,
            finding.c.state,
            finding.c.way,
            finding.c.simulated,
            func.count().label("number"),
        )
        .where(region_codes.within(finding.c.region_code, code))
        .where(finding.c.found_at >= _begins(starts))
        .where(finding.c.found_at < _begins(ends + timedelta(days=1)))
        .group_by(column, finding.c.state, finding.c.way, finding.c.simulated)
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
    below = [one for one in divisions.below(code, level) if not one.statistics_only]
    texts = pack().findings
    run = [
        one
        for one in below
        if rules.reached(one.code, ends, texts) or any(row.code == one.code for row in found)
    ]
    lines = [
        _line(one.name, one.code, [row for row in found if row.code == one.code], ends)
        for one in run
    ]
    known = {one.code for one in run}
    if other := [row for row in found if row.code not in known]:  # a place that is no more
        lines.append(_line("其他区划", "", other, ends))
    return Figures(
        region_code=code,
        region_name=place.name,
        starts=starts,
        ends=ends,
        lines=tuple(lines),
        total=_line("合计", code, found, ends),
        unchecked=_sum(row for row in found if row.state == rules.FIRST),
        unfounded=_sum(row for row in found if row.state == rules.UNFOUNDED),
        off=len(below) - len(run),
        as_of=clock.now(),
        simulated=any(row.simulated for row in found),
    )


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clock.LOCAL)


def _sum(rows: Iterable[Row[Any]]) -> int:
    return sum(int(row.number) for row in rows)


def _line(name: str, code: str, rows: Sequence[Row[Any]], day: date) -> Line:
    held = [row for row in rows if row.state not in (rules.FIRST, rules.UNFOUNDED)]
    solved = [row for row in held if row.state == rules.SOLVED]
    by = {way: _sum(row for row in solved if row.way == way) for way in rules.WAYS}
    return Line(
        name=name,
        code=code,
        stage=_stage(code, day),
        found=_sum(held),
        solved=_sum(solved),
        own=by[rules.OWN],
        helped=by[rules.HELPED],
        joint=by[rules.JOINT],
    )


def _stage(code: str, day: date) -> Stage:
    """The stage of a place; of one that is run in part only: a pilot."""
    texts = pack().findings
    own = rules.stage_at(code, day, texts) if code else "未开展"
    return "试点" if own == "未开展" and code and rules.reached(code, day, texts) else own
