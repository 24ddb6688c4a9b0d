"""一键调取 of a list (名册) on a screen, with progress and a stop."""

from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.affairs.forms import desk, roster
from portal.affairs.forms.queries import Opened
from portal.affairs.forms.roster import Brought, Came, Lacking, Wanted
from portal.affairs.forms.words import FormError
from portal.functions.rosters import ABSENT, AT_ONCE, Wish
from portal.look import notice
from portal.pages.guards import guarded
from portal.pages.parts import formcells, memory, redraw
from portal.pages.parts.formlist import HEAD, LIST, ROSTER

_POLL_SECONDS = 1.0
_REASONS = 5
_LOOKS = "form_roster_looks"


# -- asking ---------------------------------------------------------------------------------------


def _name(answer_id: UUID) -> str:
    return f"form_roster.{answer_id}"


def _turn(
    who: Principal, answer_id: UUID, wanted: Wanted, some: list[Lacking], *, everybody: bool
) -> None:
    """Ask for some persons and keep what came before the next are asked for."""
    wishes = [Wish(subject=one.subject, wanted=one.wanted) for one in some]
    came = wiring.app().rosters.ask(who, wanted.number, wishes, everybody=everybody)
    brought = [
        Brought(row=one.row, subject=one.subject,
                came={bind: Came(value=v.value, source=v.source, as_of=v.as_of)
                      for bind, v in values.items()})
        for one, values in zip(some, came, strict=True)
    ]  # fmt: skip
    roster.put(who, answer_id, brought)


def _offer(who: Principal, answer_id: UUID, wanted: Wanted) -> None:
    if not wanted.lacking:
        return
    reasons = "；".join(f"{words} {count} 格" for words, count in wanted.reasons[:_REASONS])
    last = f"上次未取到：{reasons}。" if reasons else ""
    notice.hint(
        f"{len(wanted.lacking)} 人有可由业务系统提供的空格",
        f"只调取空格所需的项目，逐人留痕；已填的不改动。{last}",
    )
    absent = any(words.endswith(ABSENT) for words, _ in wanted.reasons)
    with st.container(key="form-roster-ask", horizontal=True):
        once = st.button("一键调取", key="form_roster_ask", type="primary")
        every = absent and st.button(
            "名册中没有的也逐人去问", key="form_roster_every",
            help="昨夜以后才进入对方系统的人，名册中还没有。",
        )  # fmt: skip
    if once or every:
        memory.keep(who, _name(answer_id), (frozenset(), bool(every)))
        st.rerun()


def _end(who: Principal, answer_id: UUID) -> None:
    """What came is drawn where it stands; a cell that somebody is writing in is left as it is."""
    memory.keep(who, _name(answer_id), None)
    memory.keep(who, f"{LIST}.{answer_id}", True)


def _last(who: Principal, answer_id: UUID) -> None:
    """Looks no more once the list is drawn; until then it is asked for: a click may go first."""
    if memory.recall(who, f"{LIST}.{answer_id}"):
        formcells.stand(who)
        redraw.fragment(LIST, HEAD)
    elif memory.recall(who, _LOOKS):
        memory.keep(who, _LOOKS, None)
        redraw.stop()


@guarded(desk.VIEW)
def _body(who: Principal, answer_id: UUID) -> None:
    under_way: tuple[frozenset[int], bool] | None = memory.recall(who, _name(answer_id))
    try:
        wanted = roster.wanted(who, answer_id)
        if under_way is not None:
            under_way = _go_on(who, answer_id, wanted, under_way)
        if under_way is None:
            _last(who, answer_id)
            _offer(who, answer_id, wanted)
    except FormError as problem:
        if under_way is not None:
            _end(who, answer_id)
        _last(who, answer_id)
        notice.error("没有调取", problem.message)


def _go_on(
    who: Principal, answer_id: UUID, wanted: Wanted, under_way: tuple[frozenset[int], bool]
) -> tuple[frozenset[int], bool] | None:
    """Ask for the next persons; ``None`` at the end, or when it was stopped."""
    asked, everybody = under_way
    rest = [one for one in wanted.lacking if one.row not in asked]
    done = len(asked)
    if rest:
        st.progress(done / (done + len(rest)), f"正在调取：已问 {done} 人，还有 {len(rest)} 人")
    if not rest or st.button("停止调取", key="form_roster_stop"):
        _end(who, answer_id)
        return None
    some = rest[:AT_ONCE]
    _turn(who, answer_id, wanted, some, everybody=everybody)
    under_way = (asked | {one.row for one in some}, everybody)
    memory.keep(who, _name(answer_id), under_way)
    return under_way


def draw(who: Principal, found: Opened) -> None:
    """The offer to ask, or how far the asking is; nothing where nothing can be asked."""
    if not (found.may_fill and roster.asks(found.made) and wiring.app().rosters.may(who)):
        return
    under_way = memory.recall(who, _name(found.row.id)) is not None
    memory.keep(who, _LOOKS, under_way or None)
    pace = _POLL_SECONDS if under_way else None
    # A cell being written floats over the grid below, which must not move when the asking ends.
    with st.container(key="form-roster-held" if under_way else "form-roster"):
        st.fragment(_body, key=ROSTER, run_every=pace)(found.row.id)
