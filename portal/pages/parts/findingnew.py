"""Writing a finding down, by hand or from a kind of demand that keeps coming."""

from collections.abc import Mapping

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch.clusters import Cluster, clusters
from portal.affairs.findings import choices, desk, queries, rules
from portal.affairs.findings.desk import Draft, Then
from portal.affairs.findings.photos import Photo
from portal.affairs.workflow.flow import MOST, FlowError
from portal.look import notice, tables
from portal.look.markup import tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import draft, memory

HAND = "findings.hand"
_FORM, _KIND = "finding_form", "finding_kind"
_THEN: Mapping[str, Then] = {"社区（村）自办": "keep", "上报街道": "report", "先登记，稍后核实": ""}
_MOST_KINDS = 12


def key_of(one: Cluster) -> str:
    """What makes a kind of demand the same kind another day."""
    return f"{one.region_code}:{one.code}"


# -- by hand --------------------------------------------------------------------------------------


def _form_no(who: Principal) -> str:
    kept = memory.recall(who, _FORM)
    if not isinstance(kept, str):
        kept = desk.begun()
        memory.keep(who, _FORM, kept)
    return kept


def _where(who: Principal, kind: Cluster | None, paper: draft.Paper) -> str | None:
    places = {one.code: one.name for one in choices.communities(who)}
    if not places:
        notice.empty("这里还不能登记", "本岗位的管辖范围内没有开展未诉先办的社区（村）。")
        return None
    if kind is not None:
        return kind.region_code
    if len(places) == 1:
        return next(iter(places))
    return paper.selectbox("所在社区（村）", "region", list(places), placeholder="请选择",
                           format_func=places.__getitem__) or ""  # fmt: skip


def draw(who: Principal) -> None:
    """The card to write in."""
    permissions.check(who, HAND)
    kept = memory.recall(who, _KIND)
    kind = kept if isinstance(kept, Cluster) else None
    with st.container(key="card-finding-new"):
        own = permissions.allowed(who, "findings.report")
        aside = "登记后可随时查看办到哪一步" if own else "递交后由社区（村）党组织核实"
        st.html(tables.head("发现问题", text(aside)))
        key, about = (key_of(kind), kind.title) if kind else ("1", "")
        paper = draft.paper(who, HAND, key, f"发现问题：{about}" if about else "发现问题")
        place = _where(who, kind, paper)
        if place is not None:
            _form(who, place, kind, paper, own=own)


def _form(
    who: Principal, place: str, kind: Cluster | None, paper: draft.Paper, *, own: bool
) -> None:
    if kind is not None:
        notice.hint("由一件到一类", f"{kind.region_name} · {kind.class_name}：{kind.reason}")
        st.button("不作为同类诉求上报", key="finding_kind_drop", on_click=_drop_kind)
    with st.container(key="findingline", horizontal=True, vertical_alignment="bottom"):
        class_ = paper.selectbox("类别", "class", choices.classes(), placeholder="请选择",
                                 filter_mode=None, width=160)  # fmt: skip
        source = rules.SOURCES[3] if kind else rules.SOURCES[1]
        if own and kind is None:
            source = paper.selectbox("来源", "source", choices.sources(), index=0,
                                     filter_mode=None, width=140) or source  # fmt: skip
        first = f"{kind.title}等同类诉求"[: rules.MOST_TITLE] if kind else ""
        title = paper.text_input("标题", "title", first=first, max_chars=rules.MOST_TITLE,
                                 width=420)  # fmt: skip
    where = paper.text_input("地点", "place", max_chars=rules.MOST_PLACE,
                             placeholder="如：某某小区 3 号楼后")  # fmt: skip
    content = paper.text_area("情况", "content", max_chars=rules.MOST_CONTENT, height=100,
                              placeholder="请勿写入居民姓名、电话、证件号码")  # fmt: skip
    files = st.file_uploader("照片（可不附）", type=["jpg", "jpeg", "png", "webp"],
                             accept_multiple_files=True, key="finding_photos",
                             max_upload_size=choices.megabytes())  # fmt: skip
    then: Then = ""
    reason = ""
    if own:
        then = _THEN[paper.radio("下一步", "then", list(_THEN), horizontal=True)]
        if then == "report":
            reason = paper.text_area("上报原因", "reason", max_chars=MOST["reason"], height=68)
    if not st.button("登记" if own else "递交社区（村）", type="primary", key="finding_send"):
        return
    given = Draft(
        form_no=_form_no(who),
        class_=class_ or "",
        title=title,
        content=content,
        place=where,
        region_code=place,
        source=source,
        cluster=key_of(kind) if kind else "",
        photos=[Photo(name=one.name, data=one.getvalue()) for one in files or ()],
        then=then,
        reason=reason,
    )
    _send(who, given, paper)


def _send(who: Principal, given: Draft, paper: draft.Paper) -> None:
    try:
        made = desk.found(who, given)
    except FlowError as problem:
        notice.error("没有登记", problem.message)
        return
    paper.done()
    for name in (_FORM, _KIND):
        memory.keep(who, name, None)
    st.session_state.pop("finding_photos", None)
    go("findings", id=str(made))


def resume(who: Principal, key: str) -> None:
    """Go on with what was begun: about that kind of demand, where it is still one."""
    if key == "1" or not permissions.allowed(who, "orders.view"):
        memory.keep(who, _KIND, None)
        return
    place, _, code = key.partition(":")
    found = clusters(who, place, code).found
    memory.keep(who, _KIND, next((one for one in found if key_of(one) == key), None))


# -- from a kind ----------------------------------------------------------------------------------


@guarded(HAND)
def _drop_kind(who: Principal) -> None:
    memory.keep(who, _KIND, None)


@guarded("findings.report")
def _take_up(who: Principal, kind: Cluster) -> None:
    memory.keep(who, _KIND, kind)
    st.session_state["findings_go"] = "new"


def kinds(who: Principal) -> None:
    """The kinds of demand that keep coming: each may be taken up before the next call."""
    found = clusters(who)
    taken = queries.taken_up(who)
    with st.container(key="card-finding-kinds"):
        since = f"{found.since:%m-%d} 以来同一社区（村）同类的诉求，按区划排列"
        st.html(tables.head("同类诉求", text(since)))
        if not found.complete:
            notice.hint("只看了较新的一部分", f"诉求较多，只归并了最近 {found.looked_at} 件。")
        if not found.found:
            notice.empty("没有集中出现的同类诉求", "同一社区（村）同类诉求增多时会列在这里。")
        for one in found.found[:_MOST_KINDS]:
            name = key_of(one).replace(":", "-").replace(".", "_")
            with st.container(key=f"kind-{name}", horizontal=True,
                              vertical_alignment="center"):  # fmt: skip
                words = f"{one.region_name} · {one.class_name}：{one.reason}"
                st.html(tag("span", text(words)))
                if key_of(one) in taken:
                    st.html(tag("span", "已上报，正在办理", class_="quiet"), width="content")
                else:
                    st.button("作为问题登记", key=f"kind_take-{name}", on_click=_take_up,
                              args=(one,))  # fmt: skip
        if len(found.found) > _MOST_KINDS:
            st.html(tag("p", text(f"另有 {len(found.found) - _MOST_KINDS} 类未列出，"
                                  "可在“诉求工单”中按类别查看"), class_="default"))  # fmt: skip
