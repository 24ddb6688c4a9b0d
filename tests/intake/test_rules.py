"""What may be wrong with a demand, and where it may belong: tables of cases and properties."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from portal.affairs.orders import drafting, referrals
from portal.affairs.orders.drafting import Draft, Known
from portal.settings import ROOT
from portal.store import intake_texts
from portal.store.intake_texts import IntakeTexts

TEXTS = IntakeTexts.model_validate(intake_texts.read(ROOT / "city" / "xining"))
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "kind": "求助",
    "title": "路灯不亮",
    "content": "楼前路灯三天没亮",
    "region_code": "630102001001",
}


def known(**over: Any) -> Known:
    given_ = {
        "now": NOW,
        "kinds": ("投诉", "求助", "咨询"),
        "sources": ("电话登记", "导入"),
        "levels": (1, 2, 3, 4),
        "place": lambda code: code.startswith("6301"),
        "unit": lambda name: name == "gov-630102",
        "category": lambda code: code == "01.02",
    }
    return Known(**(given_ | over))


def wrong(**changes: Any) -> list[str]:
    return [str(one) for one in drafting.faults(Draft(**(GOOD | changes)), known())]


def test_a_good_demand_has_no_fault() -> None:
    assert wrong() == []
    full = {
        "category": "01.02", "urgency": 4, "against_unit": "gov-630102",
        "caller_phone": "0971-612 3456", "received_at": NOW, "source_no": "GD2026-1",
    }  # fmt: skip
    assert wrong(**full) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "骂人"}, "“诉求类型”只能是投诉、求助、咨询"),
        ({"title": " "}, "“标题”没有填写"),
        ({"title": "灯"}, "“标题”至少 2 个字"),
        ({"title": "灯" * 101}, "“标题”最多 100 个字，现为 101 个字"),
        ({"content": "灯坏"}, "“诉求内容”至少 4 个字"),
        ({"content": "灯" * 4001}, "“诉求内容”最多 4000 个字，现为 4001 个字"),
        ({"region_code": "63010"}, "“区划代码”应为 4、6、9、12 或 15 位数字"),
        ({"region_code": "110102"}, "“区划代码”“110102”不在本市区划之内"),
        ({"urgency": 5}, "“紧急程度”只能是 1 至 4"),
        ({"category": "99"}, "“事项分类”没有编号为“99”的事项"),
        ({"against_unit": "某单位"}, "“被诉单位”没有名为“某单位”的单位"),
        ({"caller_phone": "打不通"}, "“联系电话”应为 5 至 20 位数字"),
        ({"received_at": NOW + timedelta(hours=1)}, "“受理时间”在将来（2026-11-23 13:00）"),
        ({"received_at": NOW - timedelta(days=500)}, "“受理时间”早于 400 天前"),
        ({"source": "微博"}, "“来源”没有名为“微博”的来源"),
        ({"source_no": "a b"}, "“来源编号”只能是 64 位以内的字母、数字和连接符"),
    ],
)
def test_each_fault_names_its_item(changes: dict[str, Any], said: str) -> None:
    assert wrong(**changes) == [said]


def test_all_faults_are_told_at_once() -> None:
    assert len(wrong(kind="", title="", content="", urgency=0)) == 4


def test_two_clocks_may_differ_a_little() -> None:
    assert wrong(received_at=NOW + timedelta(minutes=3)) == []


@given(st.text(max_size=300))
def test_a_tidied_text_holds_no_control_characters_and_stays_so(text: str) -> None:
    once = drafting.tidy(text)
    assert drafting.tidy(once) == once
    assert not any(ord(one) < 32 and one not in "\n\t\r" for one in once)


def test_nothing_of_the_caller_stands_in_a_log_line() -> None:
    shown = repr(Draft(**GOOD, caller_name="王五", caller_phone="13800000000"))
    assert "王五" not in shown and "138" not in shown and "路灯三天" not in shown


# -- where it may belong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rule", "move"),
    [
        ("我要上访，问题一直没解决", "petition", "hand_out"),
        ("法院判决下来了对方不执行，申请强制执行", "lawsuit", "hand_out"),
        ("举报村干部贪污，以权谋私", "discipline", "hand_out"),
        ("捡到一份机密文件", "secret", "reject"),
        ("楼下着 火 了", "emergency", "hand_out"),
    ],
)
def test_what_seems_to_belong_elsewhere(text: str, rule: str, move: str) -> None:
    first = referrals.advise(TEXTS.referral, "标题", text)[0]
    assert (first.id, first.move) == (rule, move)
    assert all(word in text.replace(" ", "") for word in first.words)
    assert first.to in first.reason and first.say


@pytest.mark.parametrize(
    "text", ["路灯不亮", "请问如何起诉", "想申请法律援助", "咨询居住证怎么办理", ""]
)
def test_what_may_stay(text: str) -> None:
    assert referrals.advise(TEXTS.referral, text) == ()


def test_the_ground_with_the_most_words_stands_first() -> None:
    found = referrals.advise(TEXTS.referral, "法院判决了，我要上访，还要上诉、再审")
    assert [one.id for one in found] == ["lawsuit", "petition"]


@given(st.text(max_size=200))
def test_advice_is_never_given_without_a_word_that_stands_there(text: str) -> None:
    for one in referrals.advise(TEXTS.referral, text):
        assert one.words and all(
            referrals.plain(word) in referrals.plain(text) for word in one.words
        )


# -- the data -------------------------------------------------------------------------------------


def test_the_pack_marks_everything_as_a_default() -> None:
    assert "系统默认，可修改" in (ROOT / "city" / "xining" / "intake.toml").read_text("utf-8")
    assert len(TEXTS.answer) >= 10 and len(TEXTS.open311.services) >= 5


@pytest.mark.parametrize(
    "bad",
    [
        {"answer": [dict(TEXTS.answer[0])] * 2},
        {"referral": [TEXTS.referral[0].model_dump() | {"move": "close"}]},
        {"likeness": {"least": 1.5}},
        {"open311": {"services": [TEXTS.open311.services[0].model_dump() | {"colour": "red"}]}},
        {"open311": {"services": [{"code": "a_b", "name": "某事", "description": "某事",
            "group": "某组", "attributes": [{"code": "aa", "description": "某项",
            "datatype": "singlevaluelist"}]}]}},
    ],
)  # fmt: skip
def test_bad_data_is_refused_at_start(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        IntakeTexts.model_validate(bad)


def test_a_city_without_the_file_takes_everything_in(tmp_path: Path) -> None:
    assert IntakeTexts.model_validate(intake_texts.read(tmp_path)) == IntakeTexts()
