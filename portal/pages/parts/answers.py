"""The answers of a dossier, drawn as they come: one card per system, each in its own place."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.functions import city
from portal.functions.records import (
    MaskedAnswer,
    Planned,
    ShownField,
    ShownRecord,
    State,
    Unmasked,
)
from portal.look import notice, states
from portal.look.markup import Html, join, tag, text
from portal.pages.background import POLL_SECONDS
from portal.pages.guards import guarded
from portal.pages.parts import disputing, redraw
from portal.pages.parts import opened as dossiers
from portal.pages.parts.opened import Opened
from portal.pages.parts.unmasking import ask_for_reason

PERMISSION = "records.open"
_COUNTDOWN_SECONDS = 5.0
_ANSWERED = (State.RETURNED, State.STALE, State.NOT_FOUND)
_RETRY = (State.TIMEOUT, State.FAULT, State.REFUSED)


def progress(opened: Opened) -> Html:
    """已返回 N / 共 M, with the number of those that failed named beside it."""
    planned = opened.dossier.planned
    got = [opened.gathering.answers.get(one.system_id) for one in planned]
    returned = sum(one is not None and one.state in _ANSWERED for one in got)
    failed = sum(one is not None and one.state not in _ANSWERED for one in got)
    total = len(planned)
    words = f"已返回 {returned} / 共 {total}"
    waiting = total - returned - failed
    notes = [f"{waiting} 个系统正在调取"] if waiting and not opened.gathering.done else []
    notes += [f"{failed} 个系统未返回，见各系统说明"] if failed else []
    share = 100 * (returned + failed) // max(total, 1)
    rail = tag("div", tag("span", "", style=f"width:{share}%"), class_="rail", aria_hidden="true")
    off = opened.dossier.switched_off
    notes += [f"停用、不计入：{'、'.join(off)}"] if off else []
    note = tag("span", text("；".join(notes)), class_="mode") if notes else ""
    return tag(
        "div", tag("b", text(words)) + rail + note, class_="progress", role="status",
        aria_live="polite",
    )  # fmt: skip


def _value(field: ShownField, shown: Unmasked | None, beside: Html) -> Html:
    note = (tag("small", text(field.note)) if field.note else "") + beside
    if shown is not None:
        left = tag("small", f"{states.left(shown.until)} 秒后遮盖")
        return tag("dd", text(shown.value) + left + note, class_="open")
    kind = {"class_": "masked"} if field.masked else {}
    return tag("dd", text(field.text) + note, **kind)


def _beside(opened: Opened, system_id: str, name: str) -> Html:
    """What was asked about a value, beside it."""
    one = opened.standing.get((system_id, name))
    if one is None:
        return ""
    return tag("small", text(f"校核 {one.number}：{one.state}"), class_="standing")


def _record(opened: Opened, answer: MaskedAnswer, number: int, record: ShownRecord) -> Html:
    rows = join(
        tag(
            "div",
            tag("dt", text(one.label), title=one.label)
            + _value(
                one,
                opened.values.get((answer.system_id, number, one.name)),
                _beside(opened, answer.system_id, one.name),
            ),
        )
        for one in record.fields
    )
    title = headings(answer.records)[number]
    return tag("div", tag("h4", text(title)) + tag("dl", rows), class_="record")


def headings(records: Sequence[ShownRecord]) -> list[str]:
    """The titles of records; those of one title are numbered among themselves."""
    count = Counter(one.title for one in records)
    met: Counter[str] = Counter()
    found = []
    for one in records:
        met[one.title] += 1
        found.append(f"{one.title} {met[one.title]}" if count[one.title] > 1 else one.title)
    return found


def _chip(answer: MaskedAnswer | None, of_person: bool) -> Html:
    if answer is None:
        return states.chip("正在调取")
    nothing = answer.state is State.NOT_FOUND and not of_person
    return states.chip(answer.state, "无记录" if nothing else "")


def _head(planned: Planned, answer: MaskedAnswer | None, of_person: bool) -> Html:
    about = [f"来源：{city.owner_of(planned.system_id)}"]
    if answer is not None and answer.records:
        about.append(f"数据时间 {states.moment(answer.as_of)}")
    if answer is not None:
        about.append(f"用时 {states.took(answer.elapsed_ms)}")
    chip = _chip(answer, of_person)
    mock = states.mock() if planned.simulated else ""
    first = tag("div", tag("h3", text(planned.name)) + chip + mock, class_="answer")
    line = tag("div", join(tag("span", text(one)) for one in about), class_="about")
    return first + line + _changed(answer)


def _changed(answer: MaskedAnswer | None) -> Html:
    """What is different from what this person saw the last time, by name only."""
    if answer is None or not answer.changed:
        return ""
    words = f"上次查看后有变化：{'、'.join(answer.changed)}"
    return tag("div", text(words), class_="changed", role="status")


def _unmask_row(opened: Opened, answer: MaskedAnswer) -> None:
    hidden = [
        (number, field)
        for number, record in enumerate(answer.records)
        for field in record.fields
        if field.masked
    ]
    if not hidden:
        return
    titles = headings(answer.records)
    count = Counter(field.label for _, field in hidden)
    with st.container(
        key=f"masked-{answer.system_id}", horizontal=True, vertical_alignment="center"
    ):
        st.html(tag("span", "查看原值：", class_="mode"), width="content")
        for number, field in hidden:
            place = (answer.system_id, number, field.name)
            many = count[field.label] > 1
            label = f"{titles[number]}·{field.label}" if many else field.label
            if st.button(
                label,
                key=f"ask-{answer.system_id}-{number}-{field.name}",
                disabled=place in opened.values,
            ):
                ask_for_reason(place, label, answer.system_name)


def _failed(answer: MaskedAnswer) -> Html:
    words = answer.message or "对方系统没有返回可用的内容，其他系统的结果不受影响。"
    return tag("div", text(words), class_="said", role="status")


def _card(who: Principal, opened: Opened, planned: Planned) -> None:
    answer = opened.gathering.answers.get(planned.system_id)
    with st.container(key=f"card-{planned.system_id}"):
        pieces = [_head(planned, answer, opened.of_person)]
        if answer is None:
            waiting = opened.gathering.done
            pieces.append(
                tag(
                    "div",
                    "没有等到该系统的回应，请点“重新调取”。" if waiting else "结果返回后自动显示。",
                    class_="said quiet",
                )
            )
        elif answer.records:
            pieces += [_record(opened, answer, n, one) for n, one in enumerate(answer.records)]
        if answer is not None and (answer.message or not answer.records):
            pieces.append(_failed(answer))
        st.html(join(pieces))
        if answer is not None and permissions.allowed(who, "records.unmask"):
            _unmask_row(opened, answer)
        unanswered = answer is None and opened.gathering.done
        again = unanswered or (answer is not None and answer.state in _RETRY)
        if again and st.button(
            "重新调取", key=f"again-{planned.system_id}", disabled=not opened.gathering.done
        ):
            _fetch_again(who, opened)


def _fetch_again(who: Principal, opened: Opened) -> None:
    opened.fetch(who)
    opened.gathering.wait_a_moment()
    st.rerun()


def _cards(who: Principal, opened: Opened, planned: Sequence[Planned]) -> None:
    """Two columns on a desk, each filled from the top; a waiting card keeps its place."""
    left, right = st.columns(2, gap="small")
    for place, one in enumerate(planned):
        with left if place % 2 == 0 else right:
            _card(who, opened, one)


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    opened = dossiers.held(who)
    if opened is None:
        notice.hint("这份档案已关闭", "请从在办事项或查询结果重新打开。")
        return
    opened.drop_expired()
    if opened.looking and opened.gathering.done and not opened.values:
        opened.looking = False  # this is the last look
        redraw.stop()
    st.html(progress(opened))
    with notice.place():
        if opened.gathering.problem:
            notice.error("部分系统没有调取完", opened.gathering.problem)
    with notice.place():
        if opened.of_person:
            disputing.card(who, opened)
    _cards(who, opened, opened.dossier.planned)


def draw(opened: Opened) -> None:
    """The answers; while some are awaited or a value is shown in full, they look again."""
    opened.drop_expired()
    pace: float | None = _COUNTDOWN_SECONDS if opened.values else None
    if not opened.gathering.done:
        pace = POLL_SECONDS
    opened.looking = pace is not None
    st.fragment(_body, run_every=pace)()
