"""A production database holds nothing simulated, and a demonstration never becomes one."""

import pytest
from sqlalchemy import func, select

import portal.settings as settings_module
from auth import posts
from auth.tables import account, unit
from portal.commands import production, seed, setup
from portal.store import citypack, deployment, divisions
from portal.store.deployment import WrongDeploymentError
from portal.store.engine import begin
from portal.store.tables import division
from portal.wiring import build
from tests import people
from tests.conftest import TestDatabase
from tests.functions.test_reach import _id_number


@pytest.fixture(autouse=True)
def _production_is_left_behind(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """``init`` switches the process to production; set first, so that it is taken back."""
    monkeypatch.setenv("PORTAL_PRODUCTION", "false")
    settings_module.reload()
    citypack.forget()


def test_an_empty_database_becomes_production_with_places_and_units_only() -> None:
    assert production.init() == 0
    assert deployment.kind() == "production"
    with begin() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (division, unit, account)
        ]
    places = len(divisions.read_csv(citypack.pack().folder / "divisions.csv"))
    assert counts[0] == places
    assert counts[1] > 0
    assert counts[2] == 0
    assert production.simulated_rows() == 0


def test_initialising_twice_changes_nothing() -> None:
    assert production.init() == 0
    assert production.init() == 0


def test_production_knows_no_simulated_system_and_no_demo_account() -> None:
    production.init()
    city = citypack.pack()
    assert city.demo is None
    assert not any(one.simulated for one in city.systems)
    assert not any(one.endpoint for one in city.systems)


def test_seeding_is_refused_in_production() -> None:
    production.init()
    with pytest.raises(WrongDeploymentError, match="生产库"):
        seed.seed(build(), lambda _line: None)


def test_a_database_with_simulated_people_is_refused() -> None:
    person = people.add_person(_id_number(1))
    from portal.store.scope import scoped
    from portal.store.search import INDEXER
    from portal.store.subjects import subject

    with scoped(INDEXER) as connection:
        connection.execute(subject.update().where(subject.c.id == person).values(simulated="x"))
    with pytest.raises(WrongDeploymentError, match="模拟数据"):
        production.init()


def test_a_database_with_a_demo_account_is_refused() -> None:
    people.add_account("zhou.demo", demo="demo")
    with pytest.raises(WrongDeploymentError, match="演示账号"):
        production.init()


def test_a_demonstration_does_not_become_production() -> None:
    deployment.mark(deployment.DEMO, "any")
    with pytest.raises(WrongDeploymentError, match="演示库"):
        production.init()


def test_a_server_refuses_a_database_of_the_other_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.mark(deployment.DEMO, "any")
    monkeypatch.setenv("PORTAL_PRODUCTION", "true")
    settings_module.reload()
    citypack.forget()
    with pytest.raises(WrongDeploymentError):
        build().start()


def test_a_server_refuses_a_database_that_nobody_initialised() -> None:
    with pytest.raises(WrongDeploymentError, match="尚未初始化"):
        build().start()


def test_parks_and_virtual_places_become_no_unit() -> None:
    setup.load_city(citypack.pack())
    for one in divisions.below(citypack.pack().region_code, "street"):
        if one.statistics_only:
            with begin() as connection:
                found = connection.execute(
                    select(unit.c.id).where(unit.c.region_code.startswith(one.code))
                ).all()
            assert found == [], one.name


def test_demo_accounts_are_added_once(database: TestDatabase) -> None:
    setup.load_city(citypack.pack())
    city = citypack.pack()
    assert seed.add_accounts(city) == seed.add_accounts(city)
    assert city.demo is not None
    for one in city.demo.accounts:
        row = posts.account_by_login(one.login)
        assert row is not None
        assert len(posts.posts_of(row.id)) == len(one.posts)
