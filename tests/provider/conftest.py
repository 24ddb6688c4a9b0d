"""People, a recorder and a browser for the provider's tests."""

from uuid import uuid4

import pytest
from sqlalchemy import create_engine, insert, update
from starlette.applications import Starlette

from auth import provider
from auth.tables import account
from portal.store.clock import FrozenClock
from portal.store.engine import driver_url
from tests.conftest import TestDatabase
from tests.provider.harness import PASSWORD, Browser, Recorder, application


def add_account(database: TestDatabase, login: str, name: str) -> None:
    """An account, written by the owner: the provider itself only reads them."""
    engine = create_engine(driver_url(database.owner_url))
    with engine.begin() as connection:
        connection.execute(insert(account).values(id=uuid4(), login=login, name=name))
    engine.dispose()


def set_status(database: TestDatabase, login: str, status: str) -> None:
    """What an administrator does to an account."""
    engine = create_engine(driver_url(database.owner_url))
    with engine.begin() as connection:
        connection.execute(update(account).where(account.c.login == login).values(status=status))
    engine.dispose()


@pytest.fixture
def people(database: TestDatabase, frozen: FrozenClock) -> TestDatabase:
    """Two accounts with a password each."""
    for login, name in (("li.clerk", "李小梅"), ("wang.city", "王建国")):
        add_account(database, login, name)
        provider.set_password(login, PASSWORD)
    return database


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def app(people: TestDatabase, recorder: Recorder) -> Starlette:
    return application(recorder)


@pytest.fixture
def browser(app: Starlette) -> Browser:
    return Browser(app)
