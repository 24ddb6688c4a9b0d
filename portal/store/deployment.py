"""The mark of a database: a demonstration or production, for good."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from portal.store import clock
from portal.store.engine import begin
from portal.store.tables import deployment

DEMO, PRODUCTION = "demo", "production"
_WORDS = {DEMO: "演示", PRODUCTION: "生产"}


class WrongDeploymentError(Exception):
    """The database is of another kind than what is asked of it; the message says which."""


def kind() -> str | None:
    """``demo`` or ``production``; ``None`` while the database is unmarked."""
    with begin() as connection:
        return connection.execute(select(deployment.c.kind)).scalar()


def require(wanted: str) -> None:
    """Refuse a database of the other kind, or one that nobody initialised."""
    found = kind()
    if found is None:
        raise WrongDeploymentError(f"该数据库尚未初始化为{_WORDS[wanted]}库，请先执行初始化命令。")
    if found != wanted:
        raise WrongDeploymentError(
            f"该数据库是{_WORDS.get(found, found)}库，不能当作{_WORDS[wanted]}库使用。"
            "请换用另一个数据库。"
        )


def mark(wanted: str, pack_id: str) -> None:
    """Mark the database for good; a database of the other kind is refused."""
    with begin() as connection:
        connection.execute(
            insert(deployment)
            .values(one=1, kind=wanted, pack=pack_id, made_at=clock.now())
            .on_conflict_do_nothing()
        )
    require(wanted)
