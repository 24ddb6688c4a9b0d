"""A form opened or written: its head, its fields, what overlaps, its moves."""

from datetime import date
from typing import get_args
from uuid import UUID, uuid4

import streamlit as st
from pydantic import ValidationError

from auth.principal import Principal
from portal.affairs.forms import desk, held, queries, rules
from portal.affairs.forms.queries import FormRow
from portal.affairs.forms.words import FormError
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import formanswer, formbinds, formlines, formmoves, saying
from portal.pages.parts.draft import Paper
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.divisions import Division
from portal.store.form_texts import Cycle, FormText

_CYCLES = get_args(Cycle)
_HEAD = {
    "number": "表号",
    "approval": "批准（备案）文号",
    "valid_until": "有效期至（如 2027-12-31）",
}


def _place(loc: tuple[int | str, ...]) -> str:
    """Where something is wrong, in words."""
    return f"第 {int(loc[1]) + 1} 栏" if loc[0] == "fields" and len(loc) > 1 else "表头"


@guarded(desk.DRAFT)
def _write(who: Principal, template: FormText, form_id: UUID | None, lines: str) -> None:
    given = {name: str(st.session_state.get(f"form_{name}") or "").strip() for name in _HEAD}

    def act() -> str:
        try:
            made = FormText.model_validate(
                {**template.model_dump(), "id": f"f{uuid4().hex[:12]}", "issuer": who.unit.name,
                 "number": given["number"], "approval": given["approval"],
                 "valid_until": date.fromisoformat(given["valid_until"])
                 if given["valid_until"] else None,
                 "title": str(st.session_state.get("form_title") or template.title).strip(),
                 **_sending(who, template),
                 "fields": formlines.read(str(st.session_state.get(lines) or ""), template)}
            )  # fmt: skip
        except ValidationError as error:
            where = "、".join(_place(one["loc"]) for one in error.errors()[:5])
            raise FormError(f"有内容不符合格式（{where}），没有保存，已填内容已保留。") from error
        except ValueError as error:
            raise FormError("有效期须写成 2027-12-31 的样子，没有保存，已填内容已保留。") from error
        desk.draft(who, made, form_id)
        return "已存为草稿，提交审批前会核对重复采集、公式和重合。"

    saying.attempt(act)


def new(who: Principal) -> None:
    """Begin a form from one of the city's, or go on with a draft."""
    templates = {one.id: one for one in pack().forms.form}
    if not templates:
        notice.empty("没有可用的表样", "表样在城市包中维护。")
        return
    with st.container(key="card-form-new"):
        st.html(tables.head("起草报表", text(f"表样为{city.default_note()}")))
        chosen = st.selectbox("表样", list(templates), key="form_template",
                              format_func=lambda one: templates[one].title)  # fmt: skip
        write(who, templates[chosen], None)


def write(who: Principal, template: FormText, form_id: UUID | None) -> None:
    """The head and the fields of a draft."""
    st.text_input("报表名称", value=template.title, key="form_title", max_chars=60)
    columns = st.columns(3)
    for column, (name, label) in zip(columns, _HEAD.items(), strict=True):
        value = getattr(template, name)
        column.text_input(label, value=f"{value or ''}", key=f"form_{name}", max_chars=60)
    _ask_sending(who, template)
    lines = f"form_fields.{form_id or template.id}"
    st.session_state.setdefault(lines, formlines.write(template))
    st.text_area(
        "栏目（每行一栏，可与电子表格互相粘贴）",
        key=lines, height=260,
        help="栏号供公式引用，如 f02 / f03，新增的栏可不填；来源可填"
        f"{'、'.join(formlines.SOURCES.values())}；沿用为事实名；掩码可填“电话”或不填；必填填“是”或“否”，不填按来源定。",
    )  # fmt: skip
    formbinds.offer(who, template, lines)
    st.button("存为草稿", type="primary", key="form_write", on_click=_write,
              args=(template, form_id, lines))  # fmt: skip


def _ask_sending(who: Principal, template: FormText) -> None:
    """Which matter it serves, how often, until when, and to whom it goes."""
    texts = pack().forms
    matters = {one.id: one.name for one in texts.admitted}
    first, second, third = st.columns(3)
    first.selectbox(
        "服务的准入事项", list(matters), key="form_matter", format_func=matters.__getitem__,
        index=list(matters).index(template.matter) if template.matter in matters else None,
        placeholder="请从准入清单中选择",
    )  # fmt: skip
    second.selectbox("多久一报", _CYCLES, key="form_cycle", index=_CYCLES.index(template.cycle),
                     format_func=lambda one: one if one == "一次" else f"每{one}")  # fmt: skip
    third.number_input("期满后几个工作日内报", min_value=1, max_value=60, value=template.days,
                       key="form_days")  # fmt: skip
    places = {one.code: one.name for one in _below(who)}
    st.multiselect(
        "下发到（不选为全部）", list(places), key="form_targets",
        default=[one for one in template.targets if one in places],
        format_func=places.__getitem__, placeholder="本级辖区内全部社区（村）",
    )  # fmt: skip


def _below(who: Principal) -> tuple[Division, ...]:
    """Where the issuer's forms may go: the districts of a city, the streets of a district."""
    return divisions.children(who.unit.region_code)


def _sending(who: Principal, template: FormText) -> dict[str, object]:
    state, places = st.session_state, {one.code for one in _below(who)}
    finer = (one for one in template.targets if one not in places)  # not offered here: as it was
    kept = (*(state.get("form_targets") or ()), *finer)
    return {
        "matter": state.get("form_matter") or "",
        "cycle": state.get("form_cycle") or template.cycle,
        "days": int(state.get("form_days") or template.days),
        "targets": kept,
    }


@guarded(desk.VIEW)
def _act(who: Principal, form_id: UUID, version: int, move: str, paper: Paper) -> None:
    given = {name: saying.typed(paper, name) for name in paper.fields}

    def act() -> str:
        desk.act(who, form_id, move, given, version)
        return "已办理。"

    saying.attempt(act, paper)


def _fields(row: FormRow) -> None:
    heads = ("栏目", "来源", "取数", "校验", formlines.FACT, formlines.MASK,
             formlines.NEED)  # fmt: skip
    columns = [tables.Column(head=one) for one in heads]
    rows = [
        tuple(map(text, (f.title, formlines.SOURCES[f.source], formlines.said(f, row.made),
                         formlines.titled(f.check, row.made), f.fact, formbinds.masked(f),
                         formlines.NEEDS[f.required])))
        for f in row.made.fields
    ]  # fmt: skip
    st.html(tables.table("栏目", columns, rows))


def _warned(made: FormText) -> None:
    """What would be refused on submission, while it can still be bound instead of asked."""
    words = [f"“{title}”：{there}已有" for title, there in rules.refused(made, held.now())]
    if words:
        notice.hint("以下栏目由系统提供，不得再要求基层填写", f"{'；'.join(words)}。")


def card(who: Principal, form_id: str) -> None:
    """One form, whole."""
    row = next((one for one in queries.forms(who) if str(one.id) == form_id), None)
    if row is None:
        raise FormError(desk.GONE)
    saying.draw()
    mark = states.mock() + " " if row.simulated else ""
    with st.container(key="card-form"):
        st.html(tables.head(row.title, mark + text(row.state)))
        lacking = rules.head_faults(row.made, clock.local(clock.now()).date())
        with notice.place():
            if lacking:
                ours = row.source == rules.LOCAL
                then = "备案前须补齐。" if ours else "填报单位可以拒收，请向省级核实。"
                notice.hint("表头不全", f"{'；'.join(lacking)}。{then}")
        overlaps = "；".join(f"《{one['title']}》{one['percent']}%" for one in row.overlaps)
        st.html(
            tables.pairs(
                [
                    ("表号", row.number or "缺"),
                    ("制定机关", row.issuer),
                    ("批准（备案）文号", row.approval or "缺"),
                    ("有效期至", f"{row.valid_until or '缺'}"),
                    ("周期", row.cycle),
                    ("来源", row.source),
                    ("与已备案报表重合", overlaps or "无"),
                ]
            )
        )
        if row.state == "草稿":
            with notice.place():
                _warned(row.made)
        if row.state == "草稿" and any(m.id == "submit" for m in queries.form_moves(who, row.id)):
            write(who, row.made, row.id)
        else:
            _fields(row)
        formmoves.draw(
            who, "forms.form", form_id, f"报表：{row.title}", queries.form_moves(who, row.id),
            lambda move, paper: _act(row.id, row.version, move, paper),
        )  # fmt: skip
        formanswer.history(queries.form_history(who, row.id))
        if st.button("返回列表", key="form_back"):
            go("forms")
