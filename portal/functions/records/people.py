"""Finding a person: within the scope, for a purpose, twenty at most, and not as a walk."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from auth import audit, permissions
from auth.principal import Principal
from auth.tables import search_use
from portal.functions.records import mask
from portal.functions.records.query import Query, parse
from portal.functions.records.words import CASE, Hit, Purpose, SearchResult
from portal.settings import settings
from portal.store import clock, crypto, divisions, search
from portal.store.engine import begin
from portal.store.scope import scoped
from portal.store.search import Found

NOBODY = (
    "没有找到符合条件的人员。请核对姓名、证件号或住址；"
    "只能查到居住、户籍、房产或就业在本辖区内的人员。"
)
TOO_MANY = "符合条件的人员超过 {limit} 人，仅显示前 {limit} 人，请补充姓名全称、证件号或住址。"


def about(id_number: str) -> str:
    """Sex and year of birth, which tell two people of one name apart."""
    try:
        born = ric.get_birth_date(id_number).year
    except (ValidationError, ValueError):
        return ""
    return f"{'男' if int(id_number[16]) % 2 else '女'}，{born} 年生"


def _hit(found: Found) -> Hit:
    number = crypto.decrypt(found.id_cipher)
    return Hit(
        subject_id=str(found.id),
        name=mask.name(found.name),
        id_number=mask.id_number(number),
        about=about(number),
        address=mask.address(found.address) if found.address else "",
        relation=found.relation or "",
        region_name=divisions.full_name(found.region_code) if found.region_code else "",
        simulated=found.simulated,
    )


def _count_use(principal: Principal) -> None:
    """Count this search; too many in a while look like a walk through the register."""
    limits = settings()
    since = clock.now() - timedelta(minutes=limits.search_window_minutes)
    mine = search_use.c.account_id == principal.account_id
    with begin() as connection:
        connection.execute(
            insert(search_use).values(account_id=principal.account_id, at=clock.now())
        )
        used = connection.execute(
            select(func.count()).select_from(search_use).where(mine, search_use.c.at > since)
        ).scalar_one()
    if used > limits.search_per_window:
        permissions.refuse(
            principal,
            "records.search",
            f"{limits.search_window_minutes} 分钟内查找已超过 {limits.search_per_window} 次，"
            "为保护居民信息已暂停查找并记录，请稍后再试；批量核验请走批量查询核验流程。",
        )


def _condition(query: Query) -> Any:
    match query.kind:
        case "name":
            return search.by_name(query.text)
        case "pinyin":
            return search.by_pinyin(query.text)
        case "address":
            return search.by_address(query.text)
        case "id_number":
            return search.by_id_hash(crypto.keyed_hash(query.text))
        case "phone":
            return search.by_phone_hash(crypto.keyed_hash(query.text))


def _run(principal: Principal, query: Query) -> list[Found]:
    limit = settings().search_limit + 1
    with scoped(principal.reach) as connection:
        found = search.find(connection, _condition(query), limit)
        if not found and query.kind == "name":  # 小区名 is written like a name
            found = search.find(connection, search.by_address(query.text), limit)
    return found


def find_people(principal: Principal, text: str, purpose: Purpose) -> SearchResult:
    """Look people up by what was typed.

    Raises ``BadQueryError`` for a text that cannot be searched for, ``Denied`` for a post without
    free search, for a purpose it may not use, and for more searches than a desk needs.
    """
    permissions.check(principal, "records.search")
    if purpose.id == CASE or purpose.id not in permissions.purposes(principal):
        permissions.refuse(principal, "records.search", "请先选择本次查找的目的。")
    query = parse(text)
    _count_use(principal)
    found = _run(principal, query)
    limit = settings().search_limit
    audit.append(
        action="records.search",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        purpose=purpose.id,
        detail={
            "by": query.kind,
            "text": crypto.keyed_hash(query.text)[:16],
            "hits": min(len(found), limit),
        },
    )
    more = len(found) > limit
    note = TOO_MANY.format(limit=limit) if more else ("" if found else NOBODY)
    return SearchResult(hits=tuple(_hit(one) for one in found[:limit]), more=more, note=note)
