"""权限依据: the acting post asks why it may or may not, and reads sentences."""

from collections.abc import Callable

from tests.pages.conftest import Office, shown


def test_a_permission_the_post_lacks_is_explained_with_who_has_it(
    office: Office, become: Callable[..., None]
) -> None:
    become(roles=("explainer",), region_code="990102001001")
    tab = office.open("why")
    tab.selectbox(key="why_permission").set_value("home.city").run()
    text = shown(tab)
    assert "不可以" in text
    assert "均未授予“打开市级首页”" in text
    assert "市级经办" in text


def test_a_place_outside_the_scope_is_named_as_the_reason(
    office: Office, become: Callable[..., None]
) -> None:
    become(roles=("explainer", "community_clerk"))
    tab = office.open("why")
    tab.selectbox(key="why_permission").set_value("records.search").run()
    assert "可以</span>" in shown(tab)
    tab.selectbox(key="why_区县_9901").set_value("990103").run()
    text = shown(tab)
    assert "不可以" in text
    assert "“西岭县”不在该岗位的管辖范围" in text
