"""派单目录: the lists by which demands are dispatched: search them, import them, let them count."""

from datetime import timedelta
from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch import desk, files, reads, rows
from portal.affairs.dispatch.reads import Version
from portal.affairs.dispatch.words import (
    CATALOGUE,
    DRAFT,
    KINDS,
    NAMES,
    STANDING,
    DispatchError,
    Kind,
)
from portal.functions import city
from portal.look import notice, tables
from portal.look.markup import text
from portal.pages.guards import guarded, require
from portal.pages.parts import memory
from portal.store.sheets import SheetRefusedError
from portal.store.workbooks import MEDIA_TYPE

PERMISSION, DISPATCH = reads.SETTINGS, "orders.dispatch"
SETTINGS = PERMISSION
_TOLD, _FAILED, _PREVIEW, _TURN = "lists_told", "lists_failed", "lists_preview", "lists_turn"
_SHOWN = 200
_HOWS: tuple[desk.How, ...] = ("增量更新", "整体替换")


def _words(one: Version) -> str:
    when = f"{one.valid_from:%Y-%m-%d} 起" if one.valid_from else "未生效"
    if one.valid_to:
        when += f"，至 {one.valid_to - timedelta(days=1):%Y-%m-%d}"
    if one.valid_from and one.valid_from.year == 2000:
        when = "系统默认"
    return f"{one.region_name} 第 {one.number} 版 · {one.state} · {when} · {one.rows} 条"


def _first_page() -> None:
    st.session_state.pop("lists_page", None)


@st.cache_data(max_entries=20, show_spinner=False)
def _file(version_id: UUID, _who: Principal) -> bytes:
    """A version as a file; entries never change, and whoever may see the page may see them all."""
    return files.export(_who, version_id)


def _entries(who: Principal, one: Version) -> None:
    wanted = st.text_input("查找", key="lists_search", placeholder="事项编码、名称、条线或关键词",
                           label_visibility="collapsed", on_change=_first_page)  # fmt: skip
    found = reads.search(who, one.id, wanted, int(st.session_state.get("lists_page") or 1))
    if not found.rows:
        notice.empty("没有找到", "换一个编码或关键词；新目录可在下方导入。")
        return
    names = reads.names(who)
    heads = rows.COLUMNS[one.kind].values()
    columns = [tables.Column(head=head, kind="wrap") for head in heads]
    shown = [tuple(map(text, rows.cells(one.kind, held.entry, names))) for held in found.rows]
    if one.kind == CATALOGUE:
        columns.insert(1, tables.Column(head="事项名称", kind="wrap"))
        shown = [
            (cells[0], text(held.entry.name), *cells[1:])
            for cells, held in zip(shown, found.rows, strict=True)
        ]
    st.html(tables.table(NAMES[one.kind], columns, shown))
    if found.total > reads.PAGE:
        st.pagination(-(-found.total // reads.PAGE), key="lists_page")


@guarded(SETTINGS)
def _publish(who: Principal, version_id: UUID) -> None:
    try:
        made = desk.publish(who, version_id, st.session_state["lists_from"])
    except DispatchError as problem:
        st.session_state[_FAILED] = problem.message
        return
    st.session_state[_TOLD] = f"第 {made.number} 版自 {made.valid_from:%Y-%m-%d} 起生效。"


@guarded(SETTINGS)
def _discard(who: Principal, version_id: UUID) -> None:
    try:
        desk.discard(who, version_id)
    except DispatchError as problem:
        st.session_state[_FAILED] = problem.message
        return
    st.session_state[_TOLD] = "草稿已作废，现行目录不变。"


def _draft(one: Version) -> None:
    """What may be done with a draft."""
    with st.container(key="listsdraft", horizontal=True, vertical_alignment="bottom"):
        st.date_input("生效日期", value=reads.today(), min_value=reads.today(), key="lists_from",
                      format="YYYY-MM-DD", width=168)  # fmt: skip
        st.button("发布", type="primary", key="lists_publish", on_click=_publish, args=(one.id,))
        st.button("作废", key="lists_discard", on_click=_discard, args=(one.id,))


# -- 导入 ----------------------------------------------------------------------------------------


@guarded(SETTINGS)
def _save(who: Principal) -> None:
    held = memory.recall(who, _PREVIEW)
    if held is None:
        return
    name, data, plan = held
    try:
        made, done = desk.draft(who, plan.kind, data, name, how=plan.how, digest=plan.digest)
    except (DispatchError, SheetRefusedError) as problem:
        st.session_state[_FAILED] = problem.message
        return
    left = f"；{len(done.faults)} 行有误未导入" if done.faults else ""
    st.session_state[_TOLD] = (
        f"已存为草稿第 {made.number} 版，共 {made.rows} 条{left}。发布后生效。"
    )
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1
    st.session_state["lists_version"] = made.id
    memory.keep(who, _PREVIEW, None)


def _import(who: Principal, kind: Kind) -> None:
    how = st.segmented_control("导入方式", list(_HOWS), default=_HOWS[0], key="lists_how")
    sent = st.file_uploader(
        f"{NAMES[kind]}（.xlsx，列与“下载本版”的文件相同）",
        type=["xlsx"],
        key=f"lists_file_{kind}_{st.session_state.get(_TURN, 0)}",
    )
    if sent is None:
        return
    data = sent.getvalue()
    try:
        plan = desk.preview(who, kind, data, sent.name, how or _HOWS[0])
    except (DispatchError, SheetRefusedError) as problem:
        notice.error("文件没有读取", problem.message)
        return
    memory.keep(who, _PREVIEW, (sent.name, data, plan))
    _show(who, plan)
    st.button("保存为草稿", type="primary", key="lists_save", on_click=_save,
              disabled=not plan.entries)  # fmt: skip


def _show(who: Principal, plan: desk.Preview) -> None:
    facts = [("新增", plan.added), ("变更", plan.changed), ("不变", plan.same),
             ("移除", plan.gone), ("有误", len(plan.faults))]  # fmt: skip
    st.html(tables.facts(tables.Fact(name=name, value=n, unit="条") for name, n in facts))
    if not plan.faults:
        return
    kept = f"；其中 {plan.kept} 条现行内容原样保留" if plan.kept else ""
    notice.hint(
        f"有 {len(plan.faults)} 行有误，其余行不受影响", f"下载后改正，再按增量更新导入{kept}。"
    )
    columns = [tables.Column(head="行号", kind="num"), tables.Column(head="列"),
               tables.Column(head="原因", kind="wrap")]  # fmt: skip
    lines = [tuple(map(text, (one.number, one.column, one.words))) for one in plan.faults[:_SHOWN]]
    st.html(tables.table("有误的行", columns, lines))
    name = f"{NAMES[plan.kind]}有误的行.xlsx"
    st.download_button("下载有误的行", files.error_file(who, plan), name, MEDIA_TYPE,
                       key="lists_errors", on_click="ignore")  # fmt: skip


def _told() -> None:
    with notice.place():
        if failed := st.session_state.pop(_FAILED, None):
            notice.error("没有完成", failed)
        if told := st.session_state.pop(_TOLD, None):
            notice.hint("已完成", told)


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION, DISPATCH)
    _told()
    with st.container(key="card-lists"):
        st.html(tables.head("派单目录", text(city.default_note())))
        kind: Kind = (
            st.segmented_control("目录", list(KINDS), default=CATALOGUE, key="lists_kind",
                                 format_func=NAMES.__getitem__, label_visibility="collapsed",
                                 on_change=_first_page)
            or CATALOGUE
        )  # fmt: skip
        versions = {one.id: one for one in reads.versions(who, kind)}
        if not versions:
            notice.empty("还没有目录", "由设置管理员在下方导入。")
        else:
            _version(who, versions)
    if permissions.allowed(who, SETTINGS):
        with st.container(key="card-lists-import"):
            st.html(tables.head("导入新版", f"导入的是本级目录：{text(who.unit.name)}"))
            _import(who, kind)


def _version(who: Principal, versions: dict[UUID, Version]) -> None:
    if st.session_state.get("lists_version") not in versions:  # first what counts, not a draft
        standing = (key for key, one in versions.items() if one.state == STANDING)
        st.session_state["lists_version"] = next(standing, next(iter(versions)))
    with st.container(key="listsbar", horizontal=True, vertical_alignment="center"):
        chosen = st.selectbox("版本", list(versions), key="lists_version",
                              format_func=lambda key: _words(versions[key]),
                              label_visibility="collapsed", filter_mode=None,
                              on_change=_first_page)  # fmt: skip
        one = versions[chosen or next(iter(versions))]
        name = f"{NAMES[one.kind]}第{one.number}版.xlsx"
        st.download_button("下载本版", _file(one.id, who), name, MEDIA_TYPE,
                           key="lists_file", on_click="ignore")  # fmt: skip
    mine = one.region_code == desk.region_of(who) and permissions.allowed(who, SETTINGS)
    if mine and one.state == DRAFT:
        _draft(one)
    _entries(who, one)
