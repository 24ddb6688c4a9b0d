"""A flow: what it lets through, what it refuses in words, and which flows are no good."""

from pathlib import Path
from typing import Any

import pytest

from portal.affairs.workflow.flow import BadFlowError, Flow, FlowError, Vocabulary, sound
from portal.store.flow_texts import FlowText

WORDS = Vocabulary(who=frozenset({"甲", "乙"}), effects=frozenset({"记"}))
STATES = [
    {"id": "开", "group": "open", "link": "接", "waits": "甲"},
    {"id": "办", "group": "open", "link": "办", "clock": True},
    {"id": "完", "group": "done", "link": "报", "end": True},
]
MOVES = [
    {"id": "begin", "label": "开始", "from": ["开"], "to": ["办"], "who": ["甲"]},
    {"id": "end", "label": "结束", "from": ["办"], "to": ["完"], "who": ["甲", "乙"],
     "needs": ["reason"], "starts": ["记"]},
    {"id": "choose", "label": "改选", "from": ["办"], "to": ["开", "完"], "who": ["乙"]},
    {"id": "note", "label": "记录", "from": ["*"], "who": ["乙"], "takes": ["words"]},
]  # fmt: skip


def _text(**over: Any) -> FlowText:
    base = {"id": "order", "name": "工单", "first": "开", "state": STATES, "move": MOVES}
    return FlowText.model_validate({**base, **over})


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    return sound(_text(), WORDS, tmp_path)


def test_a_move_is_let_through_where_it_starts_by_who_may_with_what_it_needs(flow: Flow) -> None:
    assert flow.check("开", "begin", {"甲"}, {}).id == "begin"
    assert flow.check("办", "end", {"乙"}, {"reason": "  已经查明 "}).id == "end"
    assert flow.check("开", "note", {"乙"}, {}).id == "note"
    assert [one.id for one in flow.offered("办", {"乙"})] == ["end", "choose", "note"]
    assert flow.open == ("开", "办") and flow.clocked == ("办",)


@pytest.mark.parametrize(
    ("state", "move", "who", "form", "words"),
    [
        (
            "开",
            "end",
            "甲",
            {"reason": "已经查明"},
            "工单现为“开”，不能“结束”（此时可办：开始、记录）",
        ),
        ("完", "note", "乙", {}, "此时可办：无"),
        ("开", "begin", "乙", {}, "须由甲办理"),
        ("办", "end", "甲", {}, "请填写“原因”"),
        ("办", "end", "甲", {"reason": " 短 "}, "“原因”须为 4 至 500 个字，现为 1 个字"),
        ("办", "end", "甲", {"reason": "长" * 501}, "现为 501 个字"),
        ("开", "note", "乙", {"words": "长" * 501}, "“说明”须为"),
        ("开", "fly", "甲", {}, "没有名为“fly”的操作"),
    ],
)
def test_what_is_refused_says_why_and_that_nothing_is_lost(
    flow: Flow, state: str, move: str, who: str, form: dict[str, str], words: str
) -> None:
    with pytest.raises(FlowError, match="已填内容已保留") as refused:
        flow.check(state, move, {who}, form)
    assert words in refused.value.message


def test_a_move_with_several_ends_needs_one_of_them_chosen(flow: Flow) -> None:
    choose, note = flow.moves["choose"], flow.moves["note"]
    assert flow.target(choose, "办", "完") == "完"
    assert flow.target(note, "办", None) == "办"
    for wrong in (None, "办"):
        with pytest.raises(FlowError, match="开、完之一"):
            flow.target(choose, "办", wrong)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"first": "无"}, "起始状态“无”没有定义"),
        ({"state": [*STATES, STATES[0]]}, "状态“开”重复"),
        ({"move": [*MOVES, MOVES[0]]}, "操作“begin”重复"),
        ({"move": [*MOVES, {**MOVES[0], "id": "x", "to": ["天"]}]}, "未定义的状态“天”"),
        ({"move": [*MOVES, {**MOVES[0], "id": "x", "who": ["丙"]}]}, "办理主体“丙”不认识"),
        ({"move": [*MOVES, {**MOVES[0], "id": "x", "needs": ["blood"]}]}, "必填项“blood”不认识"),
        ({"move": [*MOVES, {**MOVES[0], "id": "x", "starts": ["飞"]}]}, "后续动作“飞”不认识"),
        ({"state": [{**STATES[0], "waits": "丁"}, *STATES[1:]]}, "待办方“丁”不认识"),
        (
            {"state": [*STATES, {"id": "岛", "group": "side", "link": "办", "end": True}]},
            "状态“岛”无法到达",
        ),
        (
            {
                "state": [*STATES, {"id": "坑", "group": "side", "link": "办"}],
                "move": [*MOVES, {**MOVES[0], "id": "fall", "to": ["坑"]}],
            },
            "状态“坑”没有出路",
        ),
    ],
)
def test_a_flow_that_makes_no_sense_is_refused_with_the_reason(
    tmp_path: Path, over: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadFlowError, match=words):
        sound(_text(**over), WORDS, tmp_path)


def test_the_reason_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "flows.toml").write_text('[[flow]]\nid = "order"\nfirst = "无"\n', "utf-8")
    with pytest.raises(BadFlowError, match=r"flows\.toml 第 3 行：起始状态"):
        sound(_text(first="无"), WORDS, tmp_path)


def test_an_unknown_key_in_a_flow_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        _text(move=[{**MOVES[0], "colour": "red"}, *MOVES[1:]])
