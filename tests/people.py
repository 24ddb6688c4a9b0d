"""People for tests: a small second city, its units, accounts and posts."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import insert

from auth import posts
from auth.principal import Principal, Unit
from portal.store import crypto, divisions
from portal.store.divisions import Division
from portal.store.engine import begin
from portal.store.scope import scoped
from portal.store.search import INDEXER
from portal.store.subjects import subject, subject_relation

LONG_AGO = date(2020, 1, 1)


def add_places(*places: tuple[str, str]) -> None:
    """Divisions from (code, name); the level follows from the code's length."""
    levels = {4: "city", 6: "district", 9: "street", 12: "community"}
    parents = {6: 4, 9: 6, 12: 9}
    divisions.put(
        [
            Division(
                code=code,
                parent_code=code[: parents[len(code)]] if len(code) in parents else None,
                level=levels[len(code)],
                name=name,
                population=None,
                statistics_only=False,
            )
            for code, name in places
        ]
    )


def add_unit(
    unit_id: str, region_code: str, kind: str = "community", level: str = "community"
) -> None:
    """A unit to hold posts in."""
    posts.put_units(
        [
            {
                "id": unit_id,
                "name": f"单位{unit_id}",
                "kind": kind,
                "level": level,
                "region_code": region_code,
                "line": None,
            }
        ]
    )


def add_account(login: str, name: str = "王小梅", demo: str | None = None) -> UUID:
    """An active account without posts."""
    account_id = uuid4()
    posts.put_account(row={"id": account_id, "login": login, "name": name, "demo": demo}, posts=[])
    return account_id


def add_post(
    account_id: UUID,
    unit_id: str,
    *,
    roles: Sequence[str],
    prefixes: Sequence[str],
    title: str = "工作人员",
    main: bool = False,
    ends: date | None = None,
) -> UUID:
    """A post of an account."""
    post_id = uuid4()
    with begin() as connection:
        posts.put_post(
            connection,
            {
                "id": post_id,
                "account_id": account_id,
                "unit_id": unit_id,
                "title": title,
                "roles": list(roles),
                "prefixes": list(prefixes),
                "is_main": int(main),
                "starts": LONG_AGO,
                "ends": ends,
            },
        )
    return post_id


def principal(
    *,
    roles: Sequence[str] = ("community_clerk",),
    prefixes: Sequence[str] = ("990102001001",),
    unit_id: str = "com-990102001001",
    kind: str = "community",
    level: str = "community",
    region_code: str = "990102001001",
    factors: Sequence[str] = ("pwd",),
) -> Principal:
    """A principal without a database row behind it."""
    return Principal(
        account_id=uuid4(),
        login="someone",
        name="王小梅",
        post_id=uuid4(),
        post_title="工作人员",
        unit=Unit(
            id=unit_id,
            name="测试单位",
            kind=kind,  # type: ignore[arg-type]
            level=level,  # type: ignore[arg-type]
            region_code=region_code,
        ),
        roles=tuple(roles),
        prefixes=tuple(prefixes),
        session_id="s" * 64,
        factors=frozenset(factors),
    )


def add_person(
    id_number: str,
    name: str = "张三",
    pinyin: str = "zhangsan",
    places: Sequence[tuple[str, str]] = (("居住", "990102001001"),),
) -> UUID:
    """A person in the subject index, with (relation, region code) pairs."""
    person = uuid4()
    with scoped(INDEXER) as connection:
        connection.execute(
            insert(subject).values(
                id=person,
                kind="person",
                name=name,
                pinyin=pinyin,
                initials=pinyin[:1],
                id_hash=crypto.keyed_hash(id_number),
                id_cipher=crypto.encrypt(id_number),
                systems=["grid"],
            )
        )
        for kind, code in places:
            connection.execute(
                insert(subject_relation).values(
                    subject_id=person, kind=kind, region_code=code, system_id="grid"
                )
            )
    return person
