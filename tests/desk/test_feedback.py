"""投诉建议: to the unit that runs the platform, by unit and not by name, answered and closed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.affairs.feedback import desk, queries, rules
from portal.affairs.feedback.rules import BadFeedbackError
from portal.store.citypack import CityPack
from portal.store.desk_tables import feedback
from portal.store.engine import begin
from portal.store.scope import Reach, scoped
from tests import people

WORDS = "一人一档打开后医保一栏一直显示正在调取"


def clerk(login: str = "wang") -> Principal:
    return replace(people.principal(), login=login)


def helper(**more: object) -> Principal:
    return replace(people.principal(roles=("helper",), unit_id="dept-civil", prefixes=(), **more),
                   login="yunwei")  # type: ignore[arg-type]  # fmt: skip


def send(who: Principal, text: str = WORDS, kind: str | None = "报错") -> str:
    return desk.send(who, kind=kind, text=text, page="records", trace="0a1b2c3d")


def test_it_goes_to_the_unit_that_runs_the_platform_and_comes_back_answered(
    hailing: CityPack,
) -> None:
    number = send(clerk())
    (seen,) = queries.to_answer(helper())
    assert (seen.body, seen.page, seen.trace, seen.state) == (
        WORDS,
        "records",
        "0a1b2c3d",
        "待处理",
    )
    assert seen.from_unit == "测试单位"
    assert "wang" not in repr(seen)
    assert "王小梅" not in repr(seen)
    desk.answer(helper(), number, "已修复，请刷新页面再试。")
    (own,) = queries.mine(clerk())
    assert (own.state, own.answer) == ("已答复", "已修复，请刷新页面再试。")
    desk.close(helper(), number)
    assert queries.to_answer(helper()) == ()
    assert queries.mine(clerk())[0].state == "已关闭"
    with begin() as connection:
        actions = list(connection.execute(select(audit_entry.c.action)).scalars())
    assert actions == ["feedback.answer", "feedback.close"]


def test_nobody_else_sees_it_and_without_a_scope_there_is_none(hailing: CityPack) -> None:
    send(clerk())
    assert queries.mine(clerk("li")) == ()
    with pytest.raises(Denied, match="不能查看和答复投诉建议"):
        queries.to_answer(clerk())
    other = replace(helper(), unit=replace(helper().unit, id="dept-other"))
    assert queries.to_answer(other) == ()
    for reach in (clerk("li").reach, Reach(prefixes=("99",), unit_id=None, actor="")):
        with scoped(reach) as connection:
            assert connection.execute(select(feedback)).all() == []
    with begin() as connection:
        assert connection.execute(select(feedback)).all() == []


def test_nobody_answers_for_another_unit_or_without_the_right(hailing: CityPack) -> None:
    number = send(clerk())
    other = replace(helper(), unit=replace(helper().unit, id="dept-other"))
    with pytest.raises(BadFeedbackError, match="没有找到"):
        desk.answer(other, number, "我来答复一下这条。")
    with pytest.raises(Denied):
        desk.close(clerk(), number)
    assert queries.mine(clerk())[0].state == "待处理"


def test_the_database_holds_no_readable_word_of_it(hailing: CityPack) -> None:
    send(clerk())
    with scoped(clerk().reach) as connection:
        assert "医保" not in repr(connection.execute(select(feedback)).one())


@pytest.mark.parametrize("text", ["", "  \n ", "太短了", "字" * 1001])
def test_too_little_or_too_much_is_told_and_nothing_is_sent(hailing: CityPack, text: str) -> None:
    with pytest.raises(BadFeedbackError, match=r"5 至 1000 个字.*已保留"):
        send(clerk(), text)
    assert queries.mine(clerk()) == ()


@pytest.mark.parametrize("kind", [None, "", "表扬", "报错 "])
def test_a_kind_must_be_chosen(hailing: CityPack, kind: str | None) -> None:
    with pytest.raises(BadFeedbackError, match="请先选择类别"):
        send(clerk(), kind=kind)


@pytest.mark.parametrize("state", list(rules.MOVES))
@pytest.mark.parametrize("to", list(rules.MOVES))
def test_every_pair_of_states_is_allowed_or_refused(state: rules.State, to: rules.State) -> None:
    if to in rules.MOVES[state]:
        assert rules.move(state, to) == to
    else:
        with pytest.raises(BadFeedbackError):
            rules.move(state, to)


@given(st.text())
def test_a_page_and_a_trace_carry_nothing_but_their_names(given: str) -> None:
    assert rules.page(given) in {given, "home"}
    assert not set(rules.page(given)) & set("?&=%0123456789")
    assert set(rules.trace(given)) <= set("0123456789abcdef")
