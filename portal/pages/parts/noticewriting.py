"""Writing a notice: to which units, what it says, whether each is to say that it has read it."""

from collections.abc import Mapping

import streamlit as st

from auth.principal import Principal, Unit
from portal.affairs.notices import desk, queries, rules
from portal.affairs.notices.desk import Draft
from portal.affairs.notices.queries import SEND
from portal.affairs.notices.rules import NoticeError
from portal.look import notice, tables
from portal.look.markup import tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import draft
from portal.store.citypack import pack


def _groups(units: tuple[Unit, ...]) -> dict[str, list[Unit]]:
    """The units to choose among, apart by level and by what they are."""
    found: dict[str, list[Unit]] = {}
    for one in units:
        found.setdefault(rules.group_of(one), []).append(one)
    return found


def _named(groups: Mapping[str, list[Unit]]) -> dict[str, str]:
    names = {}
    for key, units in groups.items():
        level, _, department = key.partition(".")
        word = pack().level(level).units
        names[key] = f"{word}部门 {len(units)}" if department else f"{word} {len(units)}"
    return names


def _chosen(groups: Mapping[str, list[Unit]]) -> list[str]:
    """Whole groups, or some of their units where any is named."""
    names = _named(groups)
    picked = st.pills(
        "收文单位（可多选）",
        list(groups),
        format_func=names.__getitem__,
        selection_mode="multi",
        key="notice_groups",
    )
    wanted: list[str] = []
    for key in picked or []:
        units = {one.id: one.name for one in groups[key]}
        some = st.multiselect(
            f"{names[key]} 个中只发给（不选即全部）",
            list(units),
            format_func=units.__getitem__,
            key=f"notice_units_{key}",
            placeholder="全部",
        )
        wanted += some or units
    return wanted


@guarded(SEND)
def _form(who: Principal) -> None:
    groups = _groups(queries.addressable(who))
    if not groups:
        notice.empty("没有可以发送的下级单位", "本单位没有下级单位，通知由上级发来。")
        return
    wanted = _chosen(groups)
    paper = draft.paper(who, SEND, "1", "发送通知")
    title = paper.text_input("标题", "title", max_chars=rules.MOST_TITLE)
    body = paper.text_area("正文", "body", max_chars=rules.MOST_BODY)
    words = "请勿写入居民的姓名、证件号码等个人信息。"
    st.html(tag("div", text(words), class_="default"))
    with st.container(key="noticelimit", horizontal=True, vertical_alignment="bottom"):
        receipt = st.checkbox("需要回执（每个单位一次）", key="notice_receipt")
        due = None
        if receipt:
            due = st.date_input("回执截止", value=None, key="notice_due", width=168)
    most = pack().notices.file_megabytes
    file = st.file_uploader(
        f"附件（可不附，至多 {most} 兆字节）",
        type=list(rules.KINDS),
        key="notice_file",
        max_upload_size=most,
    )
    with st.container(key="noticebuttons", horizontal=True):
        send = st.button(f"发送给 {len(wanted)} 个单位", type="primary", key="notice_send")
        if st.button("返回列表", key="notice_back"):
            go("notices")
    if not send:
        return
    try:
        desk.send(
            who,
            Draft(
                title=title,
                body=body,
                units=wanted,
                receipt=receipt,
                due_on=due,
                file_name=file.name if file is not None else "",
                file=file.getvalue() if file is not None else b"",
            ),
        )
    except NoticeError as problem:
        notice.error("没有发送", problem.message)
        return
    paper.done()
    go("notices")


def card() -> None:
    """The card to write in."""
    with st.container(key="card-notice-write"):
        aside = "收文单位在“统一办理”待阅中收到；不需回执的无须处理，到期自动移出"
        st.html(tables.head("发送通知", text(aside)))
        st.fragment(_form)()
