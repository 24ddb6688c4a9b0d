"""A form opened or written: its head, its fields, what overlaps, its moves."""

from datetime import date
from typing import Any
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
from portal.pages.parts import formanswer, formbinds, formmoves, saying
from portal.pages.parts.draft import Paper
from portal.store import clock
from portal.store.citypack import pack
from portal.store.form_texts import FormText

_HEAD = {
    "number": "表号",
    "approval": "批准（备案）文号",
    "valid_until": "有效期至（如 2027-12-31）",
}
_FACT, _MASK = "沿用", "掩码"
_LINE = f"栏目\t类型\t来源\t取数\t校验\t{_FACT}\t{_MASK}"
_KINDS = {"number": "数字", "text": "文字", "date": "日期"}
_GIVEN = ("field", "fact")
_MASKS = {"": "", "phone": "电话"}


def _lines(made: FormText) -> str:
    """The fields as lines of a spreadsheet."""
    rows = [
        "\t".join((one.title, _KINDS[one.kind], one.source, one.bind, one.check, one.fact,
                   _MASKS[one.mask]))
        for one in made.fields
    ]  # fmt: skip
    return "\n".join([_LINE, *rows])


def fields_of(lines: str, before: FormText) -> list[dict[str, object]]:
    """The lines as fields; what the template says of a title (ages, topic) goes along.

    Lines without the columns 沿用 and 掩码, as older sheets have them, leave those as they were.
    """
    known = {one.title: one.model_dump() for one in before.fields}
    kinds = {words: kind for kind, words in _KINDS.items()}
    masks = {words: mask for mask, words in _MASKS.items()}
    says = {_FACT, _MASK} <= set(lines.partition("\n")[0].strip().split("\t"))
    found: list[dict[str, object]] = []
    for number, line in enumerate(lines.splitlines()[1:], start=1):
        if not line.strip():
            continue
        title, kind, source, bind, check, fact, mask, *_ = (*line.split("\t"), *("",) * 7)
        if kind and kind not in kinds:
            raise FormError(f"第 {number} 栏“{title}”的类型须为数字、文字或日期，没有保存。")
        if mask.strip() not in masks:
            raise FormError(f"第 {number} 栏“{title}”的掩码须为“电话”或不填，没有保存。")
        kept = {"fact": fact.strip(), "mask": masks[mask.strip()]} if says else {}
        there = known.get(title, {})
        found.append(
            {**there, **_need(there, source.strip()), **kept, "name": f"f{number:02d}",
             "title": title.strip(), "kind": kinds.get(kind, "number"),
             "source": source.strip() or "typed", "bind": bind.strip(), "check": check.strip()}
        )  # fmt: skip
    return found


def _need(before: dict[str, Any], source: str) -> dict[str, bool]:
    """What is newly bound to somebody's answer need not be typed where there is none."""
    return {"required": False} if source in _GIVEN and before.get("source") != source else {}


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
                 "fields": fields_of(str(st.session_state.get(lines) or ""), template)}
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
    matter = pack().forms.matter(template.matter)
    st.html(tables.pairs([("服务的准入事项", matter.name if matter else "没有选定")]))
    lines = f"form_fields.{form_id or template.id}"
    st.session_state.setdefault(lines, _lines(template))
    st.text_area(
        "栏目（每行一栏，可从表格粘贴；来源 typed 为基层填写，沿用为事实名，掩码可填“电话”）",
        key=lines, height=260,
    )  # fmt: skip
    formbinds.offer(who, template, lines)
    st.button("存为草稿", type="primary", key="form_write", on_click=_write,
              args=(template, form_id, lines))  # fmt: skip


@guarded(desk.VIEW)
def _act(who: Principal, form_id: UUID, version: int, move: str, paper: Paper) -> None:
    given = {name: saying.typed(paper, name) for name in paper.fields}

    def act() -> str:
        desk.act(who, form_id, move, given, version)
        return "已办理。"

    saying.attempt(act, paper)


def _fields(row: FormRow) -> None:
    columns = [tables.Column(head=one) for one in ("栏目", "来源", "取数", "校验", _FACT, _MASK)]
    rows = [
        tuple(map(text, (f.title, _source(f.source), f.bind, f.check, f.fact, formbinds.masked(f))))
        for f in row.made.fields
    ]
    st.html(tables.table("栏目", columns, rows))


def _source(name: str) -> str:
    return {
        "measure": "统计指标", "index": "居民索引", "person": "居民索引", "place": "行政区划",
        "post": "登录岗位", "field": "业务系统", "fact": "已采集的事实", "formula": "公式",
        "typed": "基层填写",
    }[name]  # fmt: skip


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
