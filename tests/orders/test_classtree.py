"""The tree of classes: walked level by level, searched by name, spelling and code."""

from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.orders import classtree

NAMES = {"01": "市容环境", "01.01": "占道经营", "01.02": "路灯不亮", "04": "小区管理",
         "04.02": "楼道堆物", "04.02.01": "消防通道"}  # fmt: skip
SPELT = {"01.02": ("ludengbuliang", "ldbl"), "04.02": ("loudaoduiwu", "lddw")}


def test_a_level_at_a_time_and_by_any_word() -> None:
    assert classtree.below(NAMES, "") == ("01", "04")
    assert classtree.below(NAMES, "01") == ("01.01", "01.02")
    assert classtree.below(NAMES, "04.02.01") == () == classtree.path("")
    assert classtree.called(NAMES, "04.02.01") == "小区管理 › 楼道堆物 › 消防通道"
    assert classtree.called(NAMES, "09.01") == "09 › 09.01"
    for words, expected in (("路灯", "01.02"), ("LDBL", "01.02"), ("du i wu", "04.02"),
                            ("04.02.", "04.02.01")):  # fmt: skip
        assert classtree.found(NAMES, SPELT, words)[0] == expected, words
    assert classtree.found(NAMES, SPELT, "l")[:2] == ("01.02", "04.02")
    assert classtree.found(NAMES, SPELT, " ") == () == classtree.found(NAMES, SPELT, "火星")
    assert len(classtree.found(NAMES, SPELT, "0", most=3)) == 3


_code = st.lists(st.sampled_from(["01", "02", "03"]), min_size=1, max_size=5).map(".".join)


@given(st.sets(_code, max_size=30))
def test_every_class_is_reached_from_the_top(codes: set[str]) -> None:
    names = {part: part for code in codes for part in classtree.path(code)}
    reached, edge = set(), list(classtree.below(names, ""))
    while edge:
        one = edge.pop()
        reached.add(one)
        edge += classtree.below(names, one)
    assert reached == set(names)
