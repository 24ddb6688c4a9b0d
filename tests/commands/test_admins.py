"""The first three administrators: three persons, once."""

import pytest

from auth import posts
from portal.commands import admins
from portal.commands.admins import RefusedError
from portal.store.citypack import CityPack

THREE = {
    "system": ("xi.tong", "韩志远"),
    "security": ("an.quan", "冶秀英"),
    "audit": ("shen.ji", "孙立"),
}


def test_three_persons_get_the_three_duties_and_an_initial_password(hailing: CityPack) -> None:
    made = admins.make(THREE)
    assert list(made) == ["xi.tong", "an.quan", "shen.ji"] and len(set(made.values())) == 3
    for duty, (login, _) in THREE.items():
        found = posts.account_by_login(login)
        assert found is not None
        assert [one.roles for one in posts.posts_of(found.id)] == [(f"{duty}_admin",)]
        assert posts.posts_of(found.id)[0].prefixes == (hailing.region_code,)


def test_it_is_done_once(hailing: CityPack) -> None:
    admins.make(THREE)
    others = {duty: (f"{login}2", name) for duty, (login, name) in THREE.items()}
    with pytest.raises(RefusedError, match="已设立"):
        admins.make(others)
    assert posts.account_by_login("xi.tong2") is None


def test_one_person_is_not_two_of_them(hailing: CityPack) -> None:
    with pytest.raises(RefusedError, match="三个不同的人"):
        admins.make({**THREE, "audit": ("XI.TONG", "韩志远")})
    assert posts.account_by_login("xi.tong") is None


def test_a_word_without_a_name_is_refused(
    hailing: CityPack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert admins.run({duty: login for duty, (login, _) in THREE.items()}) == 1
    assert "账号:姓名" in capsys.readouterr().out
