"""One finding opened: what it is, with whom it is, what may be done, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.findings import choices, desk, photos, queries
from portal.affairs.findings.photos import Photo
from portal.affairs.findings.queries import VIEW, Opened
from portal.affairs.findings.rules import FindingError
from portal.affairs.workflow.flow import LABELS, MOST, FlowError
from portal.affairs.workflow.ledger import ChangedError, Event
from portal.functions import city, drafts
from portal.look import notice, states, tables
from portal.look import orders as look
from portal.look.markup import join, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import draft, findinglist, memory
from portal.store.flow_texts import MoveText

_MOVE, _TOLD, _PHOTO = "finding_move", "finding_told", "finding_photo"
_HELD = "finding_opened"
_PLACE = "findings.act"
_TEXTS = ("text", "answer", "reason", "words")
# What one most often comes for, first; the others follow as the flow has them.
_FIRST = ("done", "lead", "dispatch", "assign", "confirm", "reply")
_AT_MEETINGS = "decide"  # is written down with the meeting, so that its minutes hold it
_HEIGHT = {"text": 90, "answer": 110, "reason": 68, "words": 68}


def uuid_of(words: str) -> UUID:
    """The id in an address."""
    try:
        return UUID(words)
    except ValueError:
        raise FindingError(desk.GONE) from None


@dataclass(frozen=True, kw_only=True)
class _Held:
    """A finding as it is now, which version of it was last shown here, and what came since."""

    opened: Opened
    shown: int
    since: Sequence[Event] = ()


def _held(who: Principal, finding_id: UUID) -> _Held:
    """It is read and noted in the audit once, and again when it has changed."""
    kept = memory.recall(who, _HELD)
    same = isinstance(kept, Opened) and kept.row.id == finding_id
    if same and queries.version_of(who, finding_id) == kept.row.version:
        return _Held(opened=kept, shown=kept.row.version)
    found = queries.opened(who, finding_id)
    memory.keep(who, _HELD, found)
    if not same or _TOLD in st.session_state:  # one's own step is no news
        return _Held(opened=found, shown=found.row.version)
    version = kept.row.version
    since = [one for one in found.events if one.detail.get("version", 0) > version]
    return _Held(opened=found, shown=version, since=since)


def _about(who: Principal, opened: Opened) -> str:
    row = opened.row
    return look.facts(
        [
            ("状态", findinglist.state_of(row)),
            ("现由", text(row.unit_name if row.closed_at is None else "")),
            ("方式", text(row.way)),
            ("期限", findinglist.due_of(row) if row.due_on else ""),
            ("类别", text(row.class_)),
            ("来源", text(row.source)),
            ("发现", text(f"{states.moment(row.found_at)} {opened.finder}")),
            ("所在", text(city.place_within(who, row.region_name))),
            ("地点", text(row.place)),
            ("主办", text(opened.lead_unit)),
            ("配合", text("、".join(opened.help_units))),
            ("工单", text(row.order_no)),
        ]
    )


def timeline(events: Sequence[Event]) -> str:
    """What happened, the newest first."""
    return look.timeline(
        [
            look.Happened(
                at=one.at,
                unit=one.unit_name or "平台",
                person="" if one.actor_name == "平台" else one.actor_name,
                words=one.words,
                change=f"{one.from_state} → {one.to_state}"
                if one.from_state and one.from_state != one.to_state
                else "",
            )
            for one in reversed(events)
        ]
    )


# -- what may be done -----------------------------------------------------------------------------


@guarded(VIEW)
def _choose(who: Principal, finding_id: str, move: str) -> None:
    memory.keep(who, _MOVE, (finding_id, move))


def _field(who: Principal, opened: Opened, move: str, name: str, paper: draft.Paper, *,
           needed: bool) -> Any:  # fmt: skip
    label = LABELS[name] + ("（必填）" if needed else "（可不填）")
    key = f"finding-{opened.row.id}-{move}-{name}"
    if name in _TEXTS:
        return paper.text_area(label, name, max_chars=MOST[name], height=_HEIGHT[name])
    if name == "until":
        return st.date_input(label, value=None, min_value=states.today(), key=key,
                             format="YYYY-MM-DD", width=260)  # fmt: skip
    if name == "attachment":
        sent = st.file_uploader("照片", type=["jpg", "jpeg", "png", "webp"],
                                accept_multiple_files=True, max_upload_size=choices.megabytes(),
                                key=f"{key}-{opened.row.version}")  # fmt: skip
        return [Photo(name=one.name, data=one.getvalue()) for one in sent or ()]
    return unit_field(who, opened.row.region_code, name, label, key)


def unit_field(who: Principal, region_code: str, name: str, label: str, key: str) -> Any:
    """One unit, or several, of those that stand for a place."""
    names = choices.units_for(who, region_code)
    if name == "unit":
        return st.selectbox(label, list(names), index=None, format_func=names.__getitem__,
                            placeholder="请选择，可输入名称查找", key=key)  # fmt: skip
    return st.multiselect(label, list(names), format_func=names.__getitem__,
                          placeholder="可选多个", key=key)  # fmt: skip


def not_done(problem: FlowError) -> None:
    """Why nothing was done; what others did since."""
    if not isinstance(problem, ChangedError):
        notice.error("没有提交", problem.message)
        return
    notice.error("没有提交：该问题刚刚有变化", problem.message)
    st.html(timeline(problem.since))
    if st.button("显示最新内容（已填内容保留）", key="finding_fresh"):
        st.rerun()


def _lost(who: Principal, opened: Opened, move_id: str) -> None:
    """What was written for a move that nobody can make any more is shown, to be copied."""
    kept = drafts.load(who, _PLACE, f"{opened.row.id}:{move_id}")
    if kept is None or not any(kept.fields.values()):
        return
    notice.hint("您写的内容没有提交", "该操作现在不能办理；原文保留如下，可复制使用。")
    st.html(look.passage("未提交的内容", "\n".join(kept.fields.values())))


def _offered(opened: Opened) -> list[MoveText]:
    rank = {move: place for place, move in enumerate(_FIRST)}
    shown = [one for one in opened.moves if one.id != _AT_MEETINGS]
    return sorted(shown, key=lambda one: rank.get(one.id, len(_FIRST)))


def _moves(who: Principal, held: _Held) -> None:
    opened = held.opened
    moves = _offered(opened)
    kept = memory.recall(who, _MOVE)
    wanted = kept[1] if kept and kept[0] == str(opened.row.id) else ""
    if wanted and all(one.id != wanted for one in moves):
        _lost(who, opened, wanted)
    if not moves:
        st.html(tag("div", text("本岗位对该问题没有可办的操作。"), class_="default"))
        return
    chosen = next((one for one in moves if one.id == wanted), moves[0])
    with st.container(key="findingmoves", horizontal=True):
        for one in moves:
            st.button(one.label, key=f"fmove-{one.id}", on_click=_choose,
                      type="primary" if one.id == chosen.id else "secondary",
                      args=(str(opened.row.id), one.id))  # fmt: skip
    if not wanted:
        memory.keep(who, _MOVE, (str(opened.row.id), chosen.id))
    _form(who, held, chosen)


def _form(who: Principal, held: _Held, move: MoveText) -> None:
    opened, row = held.opened, held.opened.row
    paper = draft.paper(who, _PLACE, f"{row.id}:{move.id}", f"{move.label}：{row.title}")
    form = {
        name: _field(who, opened, move.id, name, paper, needed=name in move.needs)
        for name in (*move.needs, *move.takes)
    }
    if not st.button(f"提交：{move.label}", type="primary", key=f"fact-{move.id}"):
        return
    try:
        desk.act(who, row.id, move.id, form, held.shown)
    except FlowError as problem:
        not_done(problem)
        return
    paper.done()
    memory.keep(who, _MOVE, None)
    st.session_state[_TOLD] = f"已办理“{move.label}”。"
    st.rerun()


# -- photos ---------------------------------------------------------------------------------------


@guarded(VIEW)
def _fetch(who: Principal, photo_id: UUID) -> None:
    try:
        memory.keep(who, _PHOTO, (photo_id, photos.photo(who, photo_id)))
    except FindingError as problem:
        st.session_state[_TOLD] = problem.message


def _photos(who: Principal, opened: Opened) -> None:
    if not opened.photos:
        return
    st.html(tables.head("照片", text(f"{len(opened.photos)} 张，取出记入审计")))
    ready = memory.recall(who, _PHOTO)
    with st.container(key="findingphotos", horizontal=True):
        for place, one in enumerate(opened.photos):
            st.button(f"取出“{one.name}”", key=f"fphoto-{place}", on_click=_fetch, args=(one.id,))
    if ready and any(one.id == ready[0] for one in opened.photos):
        name, kind, data = ready[1]
        st.download_button(f"保存“{name}”", data, name, kind, key="fphoto_save",
                           on_click="ignore")  # fmt: skip


@guarded(VIEW)
def _body(who: Principal, finding_id: UUID) -> None:
    held = _held(who, finding_id)
    opened, row = held.opened, held.opened.row
    with st.container(key="card-finding"):
        mark = " " + states.mock() if row.simulated else ""
        st.html(tables.head(row.title, text(row.number) + mark))
        with notice.place():
            if told := st.session_state.pop(_TOLD, None):
                notice.hint(told)
        with notice.place():
            if held.since:
                notice.hint("该问题刚刚有变化", "下面是最新情况，已填内容已保留，请核对后再办。")
        passages = [look.passage("情况", opened.content)]
        if opened.reply:
            passages.append(look.passage("办结反馈", opened.reply))
        st.html(_about(who, opened) + join(passages))
        _photos(who, opened)
        _moves(who, held)
        if st.button("返回列表", key="finding_list"):
            go("findings")
    with st.container(key="card-finding-events"):
        st.html(tables.head("办理经过", "新的在前") + timeline(opened.events))


def card(who: Principal, finding_id: str, move: str = "") -> None:
    """The cards of one finding, perhaps with the form of a move that was begun."""
    known = uuid_of(finding_id)
    if queries.version_of(who, known) is None:
        raise FindingError(desk.GONE)
    if move:
        memory.keep(who, _MOVE, (finding_id, move))
        st.query_params["id"] = finding_id
    st.fragment(_body)(known)
