"""The papers of 未诉先办: the pilot's table, the day's report, a meeting's agenda and minutes."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from auth import audit
from auth.principal import Principal
from portal.affairs.findings.figures import Figures, Line
from portal.affairs.findings.meetings import Meeting
from portal.store import clock, workbooks
from portal.store.citypack import pack
from portal.store.papers import Paper

HEADS = ("区划", "开展情况", "发现", "解决", "自办", "协办", "联办", "在办")
MOCK = "本表含模拟数据，仅供演示。"
DAILY_PARTS = ("新发现", "新上报", "新派单", "已解决")


def cells(one: Line) -> tuple[str | int, ...]:
    """A line of the table."""
    return (one.name, one.stage, one.found, one.solved, one.own, one.helped, one.joint, one.open)


def export(principal: Principal, what: str, detail: Mapping[str, Any]) -> None:
    """Record that a paper left."""
    audit.append(
        action=f"findings.{what}",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail=dict(detail),
    )


def _made_by(principal: Principal) -> str:
    return f"{principal.unit.name} {clock.local(clock.now()):%Y-%m-%d %H:%M} 生成"


def table_docx(principal: Principal, made: Figures) -> bytes:
    """The pilot's table as .docx."""
    paper = Paper(made.title, author=pack().platform_name)
    paper.under_title(f"{made.span}　{_made_by(principal)}")
    if made.simulated:
        paper.note(MOCK)
    rows = [[str(value) for value in cells(one)] for one in (*made.lines, made.total)]
    paper.table(HEADS, rows, widths=(3, 1.4, 1, 1, 1, 1, 1, 1), text_columns=2)
    for one in made.notes:
        paper.note(one)
    return paper.written()


def table_xlsx(principal: Principal, made: Figures) -> bytes:
    """The pilot's table as .xlsx."""
    held = BytesIO()
    with (
        workbooks.writing(held, made.title, pack().platform_name) as book,
        book.sheet("未诉先办", len(HEADS)) as sheet,
    ):
        sheet.title(made.title)
        sheet.note(f"{made.span}　{_made_by(principal)}")
        if made.simulated:
            sheet.note(MOCK, alert=True)
        sheet.table(HEADS, [cells(one) for one in (*made.lines, made.total)])
        for one in made.notes:
            sheet.note(one)
    return held.getvalue()


def daily_docx(name: str, day: str, content: Mapping[str, Any]) -> bytes:
    """A day's report as .docx."""
    paper = Paper(f"{name}未诉先办问题日报告", author=pack().platform_name)
    paper.under_title(f"{day}　{content['span']}")
    if content["simulated"]:
        paper.note(MOCK)
    paper.say(content["summary"])
    for part in DAILY_PARTS:
        items: Sequence[Mapping[str, str]] = content[part]
        if items:
            paper.heading(f"{part} {len(items)} 件")
            heads = ("编号", "标题", "所在", "现由", "状态")
            rows = [[one[head] for head in heads] for one in items]
            paper.table(heads, rows, widths=(2.2, 3, 3, 2, 1.4), text_columns=5)
    return paper.written()


def agenda_docx(meeting: Meeting) -> bytes:
    """What a meeting is to decide, as .docx."""
    return _meeting(meeting, f"{meeting.title}议程", decided=False)


def minutes_docx(meeting: Meeting) -> bytes:
    """What a meeting decided, as .docx; what it did not decide is named too."""
    return _meeting(meeting, f"{meeting.title}纪要", decided=True)


def _meeting(meeting: Meeting, title: str, *, decided: bool) -> bytes:
    paper = Paper(title, author=pack().platform_name)
    paper.under_title(f"{meeting.held_on:%Y年%m月%d日}　{meeting.unit_name}")
    if any(one.simulated for one in meeting.items):
        paper.note(MOCK)
    paper.say(f"时间：{meeting.held_on:%Y年%m月%d日}")
    paper.say(f"地点：{meeting.place}")
    paper.say(f"参加：{meeting.attending}")
    if not meeting.items:
        paper.say("议程上没有问题。")
    for place, one in enumerate(meeting.items, 1):
        paper.heading(f"{place}. {one.title}（{one.number}）")
        paper.say(f"所在：{one.region_name}　{one.place}")
        paper.say(f"情况：{one.content}")
        if not decided:
            continue
        if not one.outcome:
            paper.say("议定：会上未议定，留待下次会议。")
            continue
        paper.say(f"{one.outcome}：{one.decision}")
        if one.lead_name:
            helping = f"，{'、'.join(one.help_names)}配合" if one.help_names else ""
            until = f"，{one.until:%Y年%m月%d日}前办结" if one.until else ""
            paper.say(f"责任：{one.lead_name}牵头{helping}{until}。")
    if decided:
        paper.sign("主持人：　　　　　　", "记录人：　　　　　　")
    return paper.written()
