"""The demonstration: accounts, the subject index from the simulated systems, some open cases."""

import hashlib
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Table, func, select
from stdnum.cn import ric

from auth import posts
from auth.provider import credentials
from portal.affairs.findings.tables import finding
from portal.affairs.forms.tables import form
from portal.affairs.matters import desk
from portal.affairs.matters.tables import matter_case
from portal.affairs.orders.tables import work_order
from portal.affairs.rates import closing
from portal.commands import drops, measures, seed_findings, seed_forms, seed_orders, setup, tasks
from portal.functions import rounds
from portal.store import clock, crypto, deployment
from portal.store.citypack import CityPack, Demo, DemoAccount, pack
from portal.store.deployment import WrongDeploymentError
from portal.store.measure_tables import measure_rollup
from portal.store.scope import Reach, scoped
from portal.store.subjects import subject, subject_relation
from portal.wiring import Wired

_CASES_PER_UNIT = 14
Say = Callable[[str], None]


def _id(*parts: str) -> UUID:
    """The same name gives the same id, so that seeding twice adds nothing."""
    return uuid5(NAMESPACE_URL, "/".join(parts))


def _demo(city: CityPack) -> Demo:
    if city.demo is None:
        raise WrongDeploymentError("生产环境没有演示账号和模拟数据，不能执行演示初始化。")
    return city.demo


def add_account(one: DemoAccount, password: str) -> None:
    """A demonstration account with its posts and the demonstration's password."""
    account_id = _id("account", one.login)
    posts.put_account(
        row={
            "id": account_id,
            "login": one.login,
            "name": one.name,
            "demo": "demo",
            "phone": crypto.encrypt(one.phone) if one.phone else None,
        },
        posts=[
            {
                "id": _id("post", one.login, str(place)),
                "account_id": account_id,
                "unit_id": held.unit,
                "title": held.title,
                "roles": list(held.roles),
                "prefixes": list(held.prefixes),
                "is_main": int(place == 0),
                "starts": setup.today() - timedelta(days=1),
            }
            for place, held in enumerate(one.posts)
        ],
    )
    credentials.set_password(one.login, password, demo=True)


def add_accounts(city: CityPack) -> int:
    """All demonstration accounts of the pack; gives how many."""
    demo = _demo(city)
    for one in demo.accounts:
        add_account(one, demo.password)
    posts.put_positions(
        [
            {
                "id": one.id,
                "unit_id": one.unit,
                "title": one.title,
                "roles": list(one.roles),
                "prefixes": list(one.prefixes),
            }
            for one in demo.vacancies
        ]
    )
    return len(demo.accounts)


def _age(id_cipher: str, today: date) -> int:
    born = ric.get_birth_date(crypto.decrypt(id_cipher))
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _people_in(prefix: str, count: int) -> list[tuple[UUID, str, int]]:
    """Some persons of a region, with the community they live in and their age.

    Those whom most systems know come first, so that a demonstrated dossier has something to show.
    The order is the same on every machine: identifiers are random, and hashes are keyed.
    """
    reach = Reach(prefixes=(prefix,), unit_id=None, actor="service:seed")
    query = (
        select(
            subject.c.id,
            subject.c.id_cipher,
            func.min(subject_relation.c.region_code).label("region_code"),
        )
        .join(subject_relation, subject_relation.c.subject_id == subject.c.id)
        .where(subject_relation.c.kind == "居住")
        .group_by(subject.c.id)
        .order_by(
            func.cardinality(subject.c.systems).desc(), func.md5(subject.c.name), subject.c.id_hash
        )
        .limit(count)
    )
    with scoped(reach) as connection:
        rows = connection.execute(query).all()
    today = setup.today()
    return [(row.id, row.region_code, _age(row.id_cipher, today)) for row in rows]


def _case_rows(city: CityPack, unit_id: str, prefix: str) -> list[dict[str, Any]]:
    matters = _demo(city).case_matters
    dice = random.Random(hashlib.sha256(unit_id.encode()).digest())
    now = clock.now()
    rows = []
    for person, region, age in _people_in(prefix, _CASES_PER_UNIT):
        fitting = [name for name, least in matters.items() if age >= least]
        opened = now - timedelta(hours=dice.randint(2, 200))
        rows.append(
            {
                "id": _id("case", unit_id, str(person)),
                "matter": dice.choice(fitting),
                "source": dice.choice(("本人申请", "代办申请", "上级转办", "系统推送")),
                "subject_id": person,
                "region_code": region,
                "unit_id": unit_id,
                "opened_at": opened,
                "due_on": (opened + timedelta(days=dice.randint(5, 20))).date(),
                "simulated": "demo",
            }
        )
    return rows


def add_cases(city: CityPack) -> int:
    """Open cases for each unit of the demonstration accounts; gives how many."""
    units = {held.unit for one in _demo(city).accounts for held in one.posts}
    regions = {one.id: one.region_code for one in city.departments}
    reach = Reach(prefixes=(city.region_code,), unit_id=None, actor="service:seed")
    total = 0
    for unit_id in sorted(units):
        prefix = regions.get(unit_id) or unit_id.partition("-")[2]
        total += desk.take_in(reach, _case_rows(city, unit_id, prefix))
    return total


def _count(table: Table) -> int:
    """How many rows the whole city shows."""
    reach = Reach(prefixes=(pack().region_code,), unit_id=None, actor="service:seed")
    with scoped(reach) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def seed(wired: Wired, say: Say) -> None:
    """Everything a demonstration needs; refused in a production database."""
    city = pack()
    deployment.mark(deployment.DEMO, city.id)
    setup.load_city(city)
    say(f"  演示账号 {add_accounts(city)} 个")
    if _count(subject):
        say("  模拟居民已在库中，不再重复生成")
    if not (_count(subject) and _count(measure_rollup)):
        measures.refresh_all(wired, say, rounds.asked(wired.gateway))
    drops.fetch_all(wired, say)
    posts_ = tuple(held for one in _demo(city).accounts for held in one.posts)
    if not _count(matter_case):
        say(f"  在办事项 {add_cases(city)} 件")
    if not _count(work_order):
        say(f"  模拟工单 {seed_orders.add_orders(posts_)} 件")
        closing.close_due()
    if not _count(finding):
        say(f"  模拟未诉先办问题 {seed_findings.add_findings(posts_)} 件")
    if not _count(form):
        sent, handed = seed_forms.add_forms(), seed_forms.add_answers(posts_)
        say(f"  模拟一表通报表 {sent} 张，邻近社区（村）已上报 {handed} 份")
    # The simulated systems start anew each time: what they no longer know is told by a whole walk.
    tasks.sync_each(wired, say, whole=True)
