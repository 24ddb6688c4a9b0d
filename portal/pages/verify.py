"""查询核验: a file of persons, what to verify of them, how far it is, the result as a file."""

from dataclasses import dataclass

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.functions.verify import ASK, RELEASE, Batch, Choice, Job, VerifyError
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.guards import guarded, require
from portal.pages.parts import memory, redraw, slots
from portal.store.sheets import SheetRefusedError

_READ, _TURN, _TOLD, _ACTED = "verify_read", "verify_turn", "verify_told", "verify_acted"
_JOBS, _ASKED = "verify_jobs", "verify_asked"
_SHOWN = 200
_POLL_SECONDS = 2.0
_UNDER_WAY = ("核验中",)


@dataclass(frozen=True, kw_only=True)
class _File:
    """A file that was read in this tab, until it is sent off or replaced."""

    name: str
    data: bytes
    batch: Batch


# -- asking ---------------------------------------------------------------------------------------


def _read(who: Principal, name: str, data: bytes) -> _File | None:
    held = memory.recall(who, _READ)
    if isinstance(held, _File) and held.data == data:
        return held
    try:
        made = _File(name=name, data=data, batch=wiring.app().verify.check(who, data, name))
    except SheetRefusedError as problem:
        notice.error("文件没有读取", problem.message)
        return None
    memory.keep(who, _READ, made)
    return made


def _problems(batch: Batch) -> None:
    title = f"有 {len(batch.problems)} 处需要改正，没有开始核验"
    notice.error(title, "请按下表所列的行、列修改后重新上传；改好之前不会查询任何人。")
    columns = (
        tables.Column(head="行"),
        tables.Column(head="列"),
        tables.Column(head="问题", kind="wrap"),
    )
    rows = [(text(one.row), text(one.column), text(one.words)) for one in batch.problems[:_SHOWN]]
    st.html(tables.table("需要改正的内容", columns, rows))
    if len(batch.problems) > _SHOWN:
        words = f"只列出前 {_SHOWN} 处，共 {len(batch.problems)} 处。"
        st.html(tag("div", text(words), class_="default"))


def _wanted(choices: tuple[Choice, ...]) -> dict[str, list[str]]:
    """What to verify, one line of choices per system."""
    chosen: dict[str, list[str]] = {}
    for one in choices:
        labels = dict(one.fields)
        mock = "（模拟数据）" if one.simulated else ""
        picked = st.pills(
            f"{one.system_name}{mock}",
            list(labels),
            format_func=labels.__getitem__,
            selection_mode="multi",
            key=f"verify_{one.system_id}",
        )
        chosen[one.system_id] = list(picked or [])
    return chosen


@guarded(ASK)
def _ask(who: Principal) -> None:
    verify = wiring.app().verify
    with notice.place():
        if told := st.session_state.pop(_TOLD, None):
            notice.hint("已提交", told)
    st.html(tag("a", "下载核验模板", href="/api/v1/verify/template.xlsx", class_="download"))
    turn = int(st.session_state.get(_TURN, 0))
    sent = st.file_uploader("人员名单（.xlsx）", type=["xlsx"], key=f"verify_file_{turn}")
    if sent is None:
        memory.keep(who, _READ, None)
        return
    file = _read(who, sent.name, sent.getvalue())
    if file is None:
        return
    if file.batch.problems:
        _problems(file.batch)
        return
    count = len(file.batch.persons)
    words = "超过直接核验的人数，提交后须由本单位另一人或上级放行。"
    notice.hint(f"已读取 {count} 人", words if file.batch.needs_release else "可以直接核验。")
    wanted = _wanted(verify.choices(who))
    reason = st.text_input(
        "核验事由（必填）", key="verify_reason", max_chars=200, autocomplete="off"
    )
    if not st.button("提交核验", type="primary", key="verify_send"):
        return
    try:
        verify.submit(who, file.data, file.name, wanted=wanted, reason=reason or "")
    except (VerifyError, SheetRefusedError) as problem:
        notice.error("没有提交", problem.message)
        return
    memory.keep(who, _READ, None)
    slots.anew(who, _JOBS)
    st.session_state[_TURN] = turn + 1
    waits = (
        "等待第二人放行，放行后自动开始。" if file.batch.needs_release else "正在核验，进度见下方。"
    )
    st.session_state[_TOLD] = f"共 {count} 人，{waits}"
    st.rerun()


# -- what became of it ----------------------------------------------------------------------------


@guarded(ASK)
def _cancel(who: Principal, job_id: str) -> None:
    try:
        wiring.app().verify.cancel(who, job_id)
    except VerifyError as problem:
        st.session_state[_ACTED] = ("没有取消", problem.message)


@guarded(RELEASE)
def _release(who: Principal, job_id: str) -> None:
    try:
        wiring.app().verify.release(who, job_id)
    except VerifyError as problem:
        st.session_state[_ACTED] = ("没有放行", problem.message)
    else:
        _answered(who, job_id)


@guarded(RELEASE)
def _turn_down(who: Principal, job_id: str) -> None:
    why = str(st.session_state.get(f"verify_why_{job_id}", ""))
    try:
        wiring.app().verify.turn_down(who, job_id, why)
    except VerifyError as problem:
        st.session_state[_ACTED] = ("没有改动", problem.message)
    else:
        _answered(who, job_id)


def _asked(who: Principal) -> dict[str, str]:
    """The numbers of the batches that wait for this person's word since this visit began."""
    visit, found = memory.recall(who, _ASKED) or (0, {})
    return dict(found) if visit == memory.visit() else {}


def _answered(who: Principal, job_id: str) -> None:
    left = {one: number for one, number in _asked(who).items() if one != job_id}
    memory.keep(who, _ASKED, (memory.visit(), left))


def _about(job: Job) -> Html:
    pieces = [
        f"{job.unit_name} {job.actor_name} {states.moment(job.asked_at)}提出",
        f"{job.persons} 人",
        f"事由：{job.reason}",
        f"核验：{'、'.join(job.wanted)}",
    ]
    if job.released_by:
        pieces.append(f"{job.released_by}放行")
    if job.state == "已完成":
        pieces.append(f"结果保留至 {states.moment(job.expires_at)}，到期自动删除")
    if job.note:
        pieces.append(job.note)
    head = tag("div", tag("h3", text(job.number)) + states.chip(job.state), class_="answer")
    return head + tag("div", join(tag("span", text(one)) for one in pieces), class_="about wrap")


def _why(job_id: str, label: str = "不予放行的原因", *, disabled: bool = False) -> None:
    key = f"verify_why_{job_id}"
    st.text_input(label, key=key, max_chars=200, width=320, disabled=disabled)


def _acts(job: Job) -> None:
    with st.container(key=f"verifyacts-{job.id}", horizontal=True, vertical_alignment="bottom"):
        if job.mine and job.state == "已完成":
            href = f"/api/v1/verify/{job.id}.xlsx"
            st.html(tag("a", "下载结果", href=href, class_="download"), width="content")
        if job.mine and job.state in ("待放行", "核验中"):
            st.button("取消", key=f"verify-stop-{job.id}", on_click=_cancel, args=(job.id,))
        if job.may_release:
            st.button("放行", type="primary", key=f"verify-go-{job.id}", on_click=_release,
                      args=(job.id,))  # fmt: skip
            _why(job.id)
            st.button("不予放行", key=f"verify-no-{job.id}", on_click=_turn_down, args=(job.id,))


def _moving(jobs: tuple[Job, ...]) -> bool:
    return any(one.state in _UNDER_WAY for one in jobs)


def _row(job: Job) -> None:
    with notice.place():
        st.html(_about(job))
        if job.state in _UNDER_WAY:
            share = job.done / max(job.persons, 1)
            st.progress(share, text=f"已核验 {job.done} / 共 {job.persons} 人")
        if job.mine and job.why_not:
            st.html(tag("div", "等待本单位另一人或上级放行。", class_="default"))
    _acts(job)


def _decided(job_id: str, number: str) -> None:
    """Somebody else was quicker: what one had begun to write can still be read and copied."""
    with notice.place():
        words = "已由他人放行、不予放行或取消。您写的原因没有采用，离开本页前仍可复制。"
        notice.hint(f"{number} 不再等待放行", words)
    with st.container(key=f"verifyacts-{job_id}", horizontal=True, vertical_alignment="bottom"):
        _why(job_id, "不予放行的原因（未采用）", disabled=True)


def _list(who: Principal, jobs: tuple[Job, ...]) -> None:
    """Each batch in a place of its own, which it keeps whatever comes, goes or is done."""
    with notice.place():
        if acted := st.session_state.pop(_ACTED, None):
            notice.error(*acted)
    with notice.place():
        if not jobs:
            words = "上传名单并提交后，进度和结果显示在这里；等待放行的也在这里。"
            notice.empty("还没有核验", words)
    asked = _asked(who) | {one.id: one.number for one in jobs if one.may_release}
    memory.keep(who, _ASKED, (memory.visit(), asked))
    found = {one.id: one for one in jobs}
    for job_id in slots.places(who, _JOBS, found):
        with st.container(key=f"verifyjob-{job_id}"):
            if job := found.get(job_id):
                _row(job)
            elif job_id in asked:
                _decided(job_id, asked[job_id])


def _jobs(who: Principal) -> None:
    """The batches; while one is under way they are looked at again."""
    looking = _moving(wiring.app().verify.jobs(who))

    @guarded(RELEASE)
    def body(who: Principal) -> None:
        nonlocal looking
        jobs = wiring.app().verify.jobs(who)
        if _moving(jobs) and not looking:
            st.rerun()  # a batch was released here: from now on it is looked at
        if looking and not _moving(jobs):
            looking = False
            redraw.stop()
        _list(who, jobs)

    st.fragment(body, run_every=_POLL_SECONDS if looking else None)()


def page() -> None:
    """Draw the page."""
    who = require(RELEASE)
    if permissions.allowed(who, ASK):
        with st.container(key="card-verify"):
            aside = "逐人按管辖范围核验，只给结论；人数上限、放行人数、保留天数为系统默认，可修改"
            st.html(tables.head("查询核验", text(aside)))
            st.fragment(_ask)()
    with st.container(key="card-verify-jobs"):
        st.html(tables.head("核验进度与结果", "结果只供提出人下载，下载留痕"))
        _jobs(who)
