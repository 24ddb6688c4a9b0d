"""What a clerk types is told apart, and what cannot be searched for is answered in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.functions.records.query import Query, parse
from portal.functions.records.words import BadQueryError


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("张三", "name", "张三"),
        (" 张 三 丰 ", "name", "张三丰"),
        ("才让卓玛", "name", "才让卓玛"),
        ("阿卜杜拉•马木提", "name", "阿卜杜拉·马木提"),
        ("阿卜杜拉．马木提", "name", "阿卜杜拉·马木提"),
        ("zhangsan", "pinyin", "zhangsan"),
        ("Zhang San", "pinyin", "zhangsan"),
        ("xi'an", "pinyin", "xian"),
        ("zs", "pinyin", "zs"),
        ("110101199003078873", "id_number", "110101199003078873"),
        ("１１０１０１１９９００３０７８８７３", "id_number", "110101199003078873"),
        ("11010119900307002x", "id_number", "11010119900307002X"),
        ("110101900307887", "id_number", "110101199003078873"),
        ("13800138000", "phone", "13800138000"),
        ("幸福小区3号楼", "address", "幸福小区3号楼"),
        ("幸福小区 3号楼 2单元", "address", "幸福小区 3号楼 2单元"),
    ],
)
def test_what_was_typed_is_told_apart(typed: str, kind: str, text: str) -> None:
    assert parse(typed) == Query(kind=kind, text=text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "请输入"),
        ("   ", "请输入"),
        ("张", "至少输入两个字"),
        ("z", "至少输入两个字母"),
        ("张%", "不支持"),
        ("张_", "不支持"),
        ("*", "不支持"),
        ("110101199003078874", "校验不通过"),
        ("110101199013078877", "出生日期"),
        ("11010119900307887", "17 位"),
        ("123456", "6 位"),
        ("张\x00三", "控制字符"),
        ("张\u202e三", "控制字符"),
        ("张" * 61, "输入过长"),
        ("张" * 100_000, "输入过长"),
        ("1楼", "至少输入三个字"),
    ],
)
def test_what_cannot_be_searched_for_is_answered_in_words(typed: str, says: str) -> None:
    with pytest.raises(BadQueryError) as refusal:
        parse(typed)
    assert says in refusal.value.message


@given(st.text(max_size=300))
def test_any_text_is_a_query_or_an_answer_in_chinese(typed: str) -> None:
    try:
        query = parse(typed)
    except BadQueryError as error:
        assert any("一" <= one <= "鿿" for one in error.message)
    else:
        assert 2 <= len(query.text) <= 60
        assert not set(query.text) & set("%_*?\x00")
