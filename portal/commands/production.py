"""``init --production``: a database without any simulated row, closed to demo accounts."""

import os
import sys

from sqlalchemy import func, select

from auth.tables import account
from portal import settings as settings_module
from portal.commands import setup
from portal.settings import settings
from portal.store import citypack, deployment, migrate
from portal.store.citypack import pack
from portal.store.deployment import WrongDeploymentError
from portal.store.scope import scoped
from portal.store.search import INDEXER
from portal.store.subjects import subject


def simulated_rows() -> int:
    """How many rows of the database are simulated: persons and demonstration accounts."""
    with scoped(INDEXER) as connection:
        demo = connection.execute(
            select(func.count()).select_from(account).where(account.c.demo.is_not(None))
        ).scalar_one()
        rows = connection.execute(
            select(func.count()).select_from(subject).where(subject.c.simulated.is_not(None))
        ).scalar_one()
    return demo + rows


def init() -> int:
    """Make a production database: tables, places, units; nothing simulated, nobody signed in."""
    os.environ["PORTAL_PRODUCTION"] = "true"
    settings_module.reload()
    citypack.forget()
    if settings().owner_url:
        migrate.upgrade(settings().owner_url)
    if simulated_rows():
        raise WrongDeploymentError("该数据库中有模拟数据或演示账号，不能作为生产库，请换用空库。")
    deployment.mark(deployment.PRODUCTION, pack().id)
    setup.load_city(pack())
    sys.stdout.write(
        "生产库已初始化：区划与单位已导入，没有模拟数据，没有演示账号。\n"
        "启动前请设置 PORTAL_PRODUCTION=true 与 PORTAL_OIDC_ISSUER 等登录参数。\n"
    )
    return 0
