"""``admins``: the first three administrators of the city, who are three different persons."""

import sys
from uuid import uuid4

from sqlalchemy import select

from auth import audit, posts
from auth.administration import DUTIES
from auth.provider import credentials
from auth.tables import position
from portal.commands import setup
from portal.functions.people.passwords import own_provider
from portal.store.citypack import RoleText, pack
from portal.store.engine import begin


class RefusedError(Exception):
    """Why nobody was made an administrator."""


def _role(duty: str) -> RoleText:
    found = next((role for role in pack().roles if role.duty == duty), None)
    if found is None:
        raise RefusedError(f"城市包的 roles.toml 中没有{DUTIES[duty]}角色，未设立任何账号。")
    return found


def _held(role: RoleText, unit_id: str) -> bool:
    """Whether the city has a post with that role: then people are administered in the portal."""
    query = select(position.c.id).where(
        position.c.unit_id == unit_id, position.c.roles.contains([role.id])
    )
    with begin() as connection:
        return connection.execute(query).first() is not None


def make(given: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Make the three from duty -> (login, name); gives the initial passwords by login, if any."""
    logins = [credentials.plain_login(login) for login, _ in given.values()]
    if len(set(logins)) < len(DUTIES):
        raise RefusedError("系统、安全、审计管理员须是三个不同的人（三员分立），未设立任何账号。")
    code = pack().region_code
    unit_id = f"gov-{code}"
    roles = {duty: _role(duty) for duty in given}
    if any(_held(role, unit_id) for role in roles.values()):
        raise RefusedError("市级管理员已设立，未作任何变更。后续变更请在平台中办理。")
    if any(posts.account_by_login(login) for login in logins):
        raise RefusedError("账号已存在，未设立任何账号。请换用其他账号。")
    for login, (duty, (_, name)) in zip(logins, given.items(), strict=True):
        account_id, role = uuid4(), roles[duty]
        posts.put_account(
            row={"id": account_id, "login": login, "name": name},
            posts=[
                {
                    "id": uuid4(),
                    "account_id": account_id,
                    "unit_id": unit_id,
                    "title": role.name,
                    "roles": [role.id],
                    "prefixes": [code],
                    "is_main": 1,
                    "starts": setup.today(),
                }
            ],
        )
        audit.append(
            action="people.admins",
            actor="service:setup",
            unit_id=unit_id,
            region_code=code,
            detail={"login": login, "name": name, "role": role.name},
        )
    return {login: credentials.set_initial(login) for login in logins} if own_provider() else {}


def run(words: dict[str, str]) -> int:
    """``LOGIN:NAME`` per duty."""
    given = {}
    for duty, text in words.items():
        login, _, name = text.partition(":")
        if not login or not name:
            sys.stdout.write(f"{DUTIES[duty]}应写成 账号:姓名。\n")
            return 1
        given[duty] = (login, name)
    try:
        made = make(given)
    except RefusedError as refusal:
        sys.stdout.write(f"{refusal}\n")
        return 1
    sys.stdout.write("已设立市级系统管理员、安全管理员、审计管理员。\n")
    for login, password in made.items():
        sys.stdout.write(f"  {login}　初始密码 {password}（{credentials.INITIAL_DAYS} 天内有效）\n")
    return 0
