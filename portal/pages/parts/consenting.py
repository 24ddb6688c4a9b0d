"""家庭授权 in a dossier: the papers on file, the form to put one there, the way to revoke one."""

from datetime import date, timedelta

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.functions.records import BadQueryError, Paper, Signed
from portal.functions.records.consent import KEEP, purposes
from portal.look import notice, states, tables
from portal.look.markup import text
from portal.pages.guards import guarded
from portal.pages.parts import opened as dossiers
from portal.pages.parts.opened import Opened

PERMISSION = "records.open"
_TOLD, _NEW = "paper_told", "paper_new"
_FORM = ("paper_systems", "paper_purposes", "paper_signed", "paper_until", "paper_signers",
         "paper_number")  # fmt: skip


def _table(papers: tuple[Paper, ...]) -> None:
    columns = (
        tables.Column(head="授权书编号"),
        tables.Column(head="状态"),
        tables.Column(head="系统", kind="wrap"),
        tables.Column(head="用途", kind="wrap"),
        tables.Column(head="签署"),
        tables.Column(head="有效至"),
        tables.Column(head="签字", kind="num"),
        tables.Column(head="登记"),
    )
    rows = [
        (text(one.paper_number), states.chip(one.state), text("、".join(one.systems)),
         text("、".join(one.purposes)), text(one.signed_on), text(one.valid_until),
         text(f"{one.signers} 人"), text(one.recorded))
        for one in papers
    ]  # fmt: skip
    st.html(tables.table("在案的家庭授权", columns, rows))


@guarded(KEEP)
def _begin(_who: Principal) -> None:
    st.session_state[_NEW] = True


@guarded(KEEP)
def _leave(_who: Principal) -> None:
    _clear()


def _clear() -> None:
    for key in (_NEW, *_FORM):
        st.session_state.pop(key, None)


def _form(who: Principal, opened: Opened, today: date) -> None:
    systems, named = dict(opened.person.needs_paper), purposes()
    with st.container(key="paperform"):
        chosen = st.multiselect(
            "授权书写明的系统",
            list(systems),
            default=list(systems),
            format_func=systems.__getitem__,
            key=_FORM[0],
        )
        uses = st.multiselect(
            "授权书写明的用途",
            list(named),
            default=[one for one in (opened.person.purpose.id,) if one in named],
            format_func=named.__getitem__,
            key=_FORM[1],
        )
        with st.container(key="paperdates", horizontal=True):
            signed = st.date_input("签署日期", value=today, key=_FORM[2], width=160)
            until = st.date_input(
                "有效期至", value=today + timedelta(days=180), key=_FORM[3], width=160
            )
            signers = st.number_input("签字人数", 1, 30, 1, key=_FORM[4], width=120)
            number = st.text_input("纸质授权书编号", key=_FORM[5], max_chars=40, width=240)
        with st.container(key="papersend", horizontal=True):
            sent = st.button("登记", type="primary", key="paper_send")
            st.button("取消", key="paper_leave", on_click=_leave)
    if not sent:
        return
    if not isinstance(signed, date) or not isinstance(until, date):
        notice.error("还没有登记", "请填写签署日期和有效期，其余已填内容已保留。")
        return
    dossier = opened.person
    given = Signed(
        systems=chosen,
        purposes=uses,
        signed_on=signed,
        valid_until=until,
        signers=int(signers),
        paper_number=number or "",
    )
    try:
        wiring.app().records.authorise(who, dossier.subject_id, dossier.purpose, given)
    except BadQueryError as problem:
        notice.error("还没有登记", problem.message)
        return
    _clear()
    _anew(who, "授权已登记，可以查询所列系统；到期或撤销后自动停止查询。")


def _anew(who: Principal, words: str) -> None:
    """What may be asked has changed: the dossier is opened again."""
    st.session_state[_TOLD] = words
    dossiers.close(who)
    st.rerun()


def _revoking(who: Principal, opened: Opened, valid: list[Paper]) -> None:
    named = {one.id: one.paper_number for one in valid}
    with st.container(key="paperback", horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "撤销哪一份", list(named), format_func=named.__getitem__, key="paper_which",
            filter_mode=None, width=240,
        )  # fmt: skip
        why = st.text_input("撤销原因", key="paper_why", max_chars=200, width=320)
        asked = st.button("撤销授权", key="paper_revoke")
    if not asked or chosen is None:
        return
    dossier = opened.person
    try:
        wiring.app().records.revoke_paper(
            who, dossier.subject_id, dossier.purpose, chosen, why or ""
        )
    except BadQueryError as problem:
        notice.error("没有撤销", problem.message)
        return
    st.session_state.pop("paper_why", None)
    _anew(who, "授权已撤销，从现在起不再向所列系统查询。")


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    opened = dossiers.held(who)
    if opened is None:
        return
    dossier = opened.person
    names = "、".join(name for _, name in dossier.needs_paper)
    st.html(tables.head("家庭授权", text(f"查询{names}，需本人及家庭成员授权")))
    with notice.place():
        if told := st.session_state.pop(_TOLD, None):
            notice.hint("已办理", told)
    papers = wiring.app().records.papers(who, dossier.subject_id, dossier.purpose)
    if papers:
        _table(papers)
    else:
        notice.empty("没有在案的授权", "由本人及家庭成员签署纸质授权书后，在窗口登记，再查询。")
    if not permissions.allowed(who, KEEP):
        return
    if st.session_state.get(_NEW):
        _form(who, opened, states.today())
    else:
        st.button("登记授权书", key="paper_begin", on_click=_begin)
    valid = [one for one in papers if one.state == "有效"]
    if valid:
        _revoking(who, opened, valid)


def card() -> None:
    """The card; only where a system of this dossier wants the family's authorisation."""
    with st.container(key="card-papers"):
        st.fragment(_body)()
