"""The rules of 查询核验: states, four eyes, which rows may be sent."""

from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors.contract import State as AnswerState
from portal.functions.verify import rules
from portal.functions.verify.rules import Hand, State, VerifyError
from portal.store.sheets import Picked
from tests.connectors.support import ID_NUMBER, OTHER_ID_NUMBER

A, B, C, D = (UUID(int=one) for one in range(1, 5))
PLACES = {"name": 0, "id_number": 1}
ALLOWED = {
    ("待放行", "核验中"),
    ("待放行", "未放行"),
    ("待放行", "已取消"),
    ("待放行", "已过期"),
    ("核验中", "已完成"),
    ("核验中", "已取消"),
    ("核验中", "已中止"),
    ("核验中", "已过期"),
    ("已完成", "已过期"),
}


@pytest.mark.parametrize(("state", "to"), list(product(rules.STATES, repeat=2)))
def test_every_pair_of_states_is_a_move_or_is_refused_in_words(state: State, to: State) -> None:
    if (state, to) in ALLOWED:
        assert rules.move(state, to) == to
    else:
        with pytest.raises(VerifyError, match=f"现为“{state}”"):
            rules.move(state, to)


def _hand(account: UUID, holder: UUID | None = None, **over: object) -> Hand:
    values = {"unit_id": "com", "level": "community", "region_code": "990102001001"}
    return Hand(account_id=account, holder_id=holder, **{**values, **over})  # type: ignore[arg-type]


STREET = {"unit_id": "gov-street", "level": "street", "region_code": "990102001",
          "prefixes": ("990102001",)}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "by", "may"),
    [
        (_hand(A), _hand(B), True),
        (_hand(A), _hand(A), False),  # the same person
        (_hand(A), _hand(B, holder=A), False),  # a deputy of who asked
        (_hand(A, holder=B), _hand(B), False),  # for whom was asked
        (_hand(A, holder=C), _hand(B, holder=C), False),  # two deputies of one person
        (_hand(A, holder=C), _hand(B, holder=D), True),
        (_hand(A), _hand(A, **STREET), False),  # the same person in another post
        (_hand(A), _hand(B, **STREET), True),
        (_hand(A), _hand(B, **{**STREET, "prefixes": ("990103",)}), False),
        (_hand(A), _hand(B, **{**STREET, "level": "community"}), False),  # beside, not above
        (_hand(A, **STREET), _hand(B, prefixes=("990102001001",)), False),  # below
    ],
)
def test_a_second_person_releases_and_never_one_of_the_same_hand(
    asked: Hand, by: Hand, may: bool
) -> None:
    assert (rules.release_problem(asked, by) == "") is may


@given(
    asked=st.tuples(st.sampled_from([A, B, C]), st.sampled_from([None, A, B, C])),
    by=st.tuples(st.sampled_from([A, B, C]), st.sampled_from([None, A, B, C])),
)
def test_nobody_stands_on_both_sides(
    asked: tuple[UUID, UUID | None], by: tuple[UUID, UUID | None]
) -> None:
    if rules.release_problem(_hand(*asked), _hand(*by)) == "":
        assert not (set(asked) - {None}) & (set(by) - {None})


@pytest.mark.parametrize(("persons", "needed"), [(199, False), (200, False), (201, True)])
def test_above_the_limit_a_second_person_is_needed(persons: int, needed: bool) -> None:
    assert rules.needs_release(persons, 200) is needed


def _row(number: int, name: object, id_number: object) -> Picked:
    return Picked(number=number, values={"name": name, "id_number": id_number, "remark": None})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("name", "id_number", "column", "words"),
    [
        (None, ID_NUMBER, "A 列（姓名）", "没有填写"),
        ("张3", ID_NUMBER, "A 列（姓名）", "不是姓名"),
        ("张三", None, "B 列（证件号）", "没有填写"),
        ("张三", 630102195304129822, "B 列（证件号）", "文本格式"),
        ("张三", 6.3e17, "B 列（证件号）", "文本格式"),
        ("张三", ID_NUMBER[:-1] + "3", "B 列（证件号）", "校验不通过"),
        ("张三", "63010219530412", "B 列（证件号）", "18 位"),
        ("张三", "13800138000", "B 列（证件号）", "不是身份证号"),
        ("张三", "李四", "B 列（证件号）", "不是身份证号"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(
    name: object, id_number: object, column: str, words: str
) -> None:
    persons, problems = rules.read([_row(5, name, id_number)], PLACES)
    assert persons == []
    (problem,) = problems
    assert (problem.row, problem.column) == (5, column)
    assert words in problem.words


def test_a_double_names_the_row_it_repeats_and_an_old_number_is_the_same() -> None:
    persons, problems = rules.read(
        [_row(2, "张三", ID_NUMBER), _row(3, "李四", OTHER_ID_NUMBER), _row(9, "张三", ID_NUMBER)],
        PLACES,
    )
    assert [(one.row, one.words) for one in problems] == [(9, "与第 2 行重复")]
    assert [one.number for one in persons] == [2, 3, 9]


G, N, T = AnswerState.RETURNED, AnswerState.NOT_FOUND, AnswerState.TIMEOUT


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([G, N], "已核验"),
        ([G, T], "部分系统未返回"),
        ([T, AnswerState.NO_PERMISSION], "各系统均未返回"),
        ([], "无可核验的系统"),
    ],
)
def test_a_row_says_what_it_came_to(states: list[AnswerState], words: str) -> None:
    assert rules.outcome(states) == words
