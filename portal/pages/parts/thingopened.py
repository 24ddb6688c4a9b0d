"""The head of 一户一档, 一房一档, 一企一档, and the ways between them and the persons."""

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal.functions.records import Purpose, ThingDossier, ThingRef, Tied
from portal.look import states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.guards import guarded
from portal.pages.parts import finder, thinglist
from portal.pages.parts import opened as dossiers

PERMISSION = "records.open"
_NAMES = {"household": "户", "house": "房屋地址", "enterprise": "单位名称"}


def _item(name: str, value: str) -> Html:
    return tag("div", tag("dt", text(name)) + tag("dd", text(value or "未登记")))


def header(dossier: ThingDossier) -> Html:
    """What, masked where somebody lives, and what for."""
    mock = states.mock() if dossier.simulated else ""
    name = tag("dt", text(_NAMES[dossier.kind]), class_="unseen") + tag(
        "dd", tag("strong", text(dossier.title)) + " " + mock
    )
    items = [tag("div", name)]
    if dossier.kind == "enterprise":
        items.append(_item("统一社会信用代码", dossier.code))
    if dossier.kind != "house":
        items.append(_item("地址", dossier.address))
    items.append(_item("所在社区（村）", dossier.region_name))
    if dossier.case is not None:
        items += [_item("事项", dossier.case.matter), _item("事项编号", dossier.case.number)]
    else:
        items.append(_item("调取目的", dossier.purpose.name))
    return tag("dl", join(items), class_="person")


def _cells(one: Tied) -> list[tuple[str, Html]]:
    return [
        ("姓名", text(one.name)),
        ("户主", text("户主" if one.head else "—")),
        ("性别、出生", text(one.about or "未登记")),
        ("登记关系", text(one.relation or "未登记")),
    ]


def _people(who: Principal, dossier: ThingDossier) -> None:
    with st.container(key="rows-tied", horizontal=True, wrap=False):
        st.html(tables.rows("tied", "登记人员", [_cells(one) for one in dossier.people]))
        with st.container(key="acts-tied", width=104):
            for one in dossier.people:
                if st.button(
                    "调取一人一档",
                    key=f"tied-{one.subject_id}",
                    width="stretch",
                    disabled=not one.opens,
                    help=None if one.opens else "本事项只能调取当事人的一人一档。",
                ):
                    finder.choose(who, one.subject_id, dossier.purpose, thing=False)


@guarded(PERMISSION)
def _people_body(who: Principal) -> None:
    opened = dossiers.held(who)
    if opened is not None and isinstance(opened.dossier, ThingDossier):
        _people(who, opened.dossier)


@guarded(PERMISSION)
def _linked_body(who: Principal, key: str, linked: Sequence[ThingRef], purpose: Purpose) -> None:
    thinglist.rows(
        who,
        key,
        "同一住址的户、房屋和企业",
        linked,
        lambda one: finder.choose(who, one.thing_id, purpose, thing=True),
    )


def people(dossier: ThingDossier) -> None:
    """Who is registered there; each leads to the person's own dossier under the same purpose."""
    if dossier.kind == "enterprise":
        return
    with st.container(key="card-tied"):
        word = "家庭成员" if dossier.kind == "household" else "登记人员"
        st.html(tables.head(word, f"本辖区内登记 {len(dossier.people)} 人"))
        if dossier.people:
            st.fragment(_people_body)()
        else:
            st.html(tag("div", "本辖区内没有登记在此的人员。", class_="said quiet"))


def linked(key: str, title: str, given: Sequence[ThingRef], purpose: Purpose) -> None:
    """The way to household, house and enterprise; the purpose goes along."""
    if not given:
        return
    with st.container(key=f"card-{key}"):
        st.html(tables.head(title, "沿用本次调取目的"))
        st.fragment(_linked_body)(key, given, purpose)
