"""数据资源: the catalogue and the topic libraries as a page."""

from tests.pages.conftest import Office, shown
from tests.people import principal


def test_a_city_without_a_catalogue_says_who_keeps_it(office: Office) -> None:
    assert "数据资源目录还没有内容" in shown(office.open("resources"))


def test_a_post_without_the_right_is_refused(office: Office) -> None:
    office.who = principal(roles=("reader",))
    assert "数据资源目录" not in shown(office.open("resources"))
