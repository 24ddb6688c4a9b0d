"""Finding a person: within the scope, for a purpose, twenty at most, and not as a walk."""

from collections import Counter
from typing import Any

from sqlalchemy import false, or_
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from auth import audit, permissions
from auth.principal import Principal
from portal.functions.records import mask, thing_words, usage
from portal.functions.records.query import Query, parse
from portal.functions.records.registers import enterprise_key
from portal.functions.records.words import CASE, Hit, Purpose, SearchResult
from portal.settings import settings
from portal.store import crypto, divisions, search, things
from portal.store.scope import scoped
from portal.store.search import Found
from portal.store.things import Thing

NOBODY = (
    "没有找到符合条件的人员。请核对姓名、证件号或住址；"
    "只能查到居住、户籍、房产或就业在本辖区内的人员。"
)
NOTHING = (
    "没有找到符合条件的人员、户、房屋或企业。"
    "请核对姓名、名称、证件号、信用代码或住址；只能查到本辖区内的。"
)
TOO_MANY_THINGS = (
    "符合条件的超过 {limit} 条，仅显示 {limit} 条，请补充姓名全称、证件号、楼号或门牌号。"
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
        case "credit_code":
            return false()


def _run(principal: Principal, query: Query) -> list[Found]:
    limit = settings().search_limit + 1
    with scoped(principal.reach) as connection:
        found = search.find(connection, _condition(query), limit)
        if not found and query.kind == "name":  # 小区名 is written like a name
            found = search.find(connection, search.by_address(query.text), limit)
    return found


def _things(principal: Principal, query: Query) -> list[Thing]:
    """Households, houses and enterprises in scope: by address, head, name or code."""
    limit = settings().search_limit + 1
    match query.kind:
        case "name":
            # 小区名 is written like a name
            condition = or_(things.named(query.text), things.placed(query.text))
        case "pinyin":
            condition = things.spelt(query.text)
        case "address":
            condition = things.placed(query.text)
        case "credit_code":
            condition = things.keyed("enterprise", enterprise_key(query.text))
        case _:
            return []
    with scoped(principal.reach) as connection:
        return things.find(connection, condition, limit)


def _shares(found: dict[str, int], limit: int) -> dict[str, int]:
    """How many of each kind are shown: all when there is room, else turn by turn."""
    shares = dict.fromkeys(found, 0)
    while sum(shares.values()) < min(limit, sum(found.values())):
        for kind, there in found.items():
            if shares[kind] < there and sum(shares.values()) < limit:
                shares[kind] += 1
    return shares


def find_all(principal: Principal, text: str, purpose: Purpose) -> SearchResult:
    """Look up persons, households, houses and enterprises; twenty in all, as in ``find_people``."""
    return find_people(principal, text, purpose, with_things=True)


def find_people(
    principal: Principal, text: str, purpose: Purpose, *, with_things: bool = False
) -> SearchResult:
    """Look people up by what was typed; with the places and units it may mean as well.

    Raises ``BadQueryError`` for a text that cannot be searched for, ``Denied`` for a post without
    free search, for a purpose it may not use, and for more searches than a desk needs.
    """
    permissions.check(principal, "records.search")
    if purpose.id == CASE or purpose.id not in permissions.purposes(principal):
        permissions.refuse(principal, "records.search", "请先选择本次查找的目的。")
    query = parse(text)
    usage.count(principal, "search")
    found = _run(principal, query)
    lying = _things(principal, query) if with_things else []
    limit = settings().search_limit
    there = Counter({"person": len(found)}) + Counter(one.kind for one in lying)
    shares = _shares(dict(there), limit)
    audit.append(
        action="records.search",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        purpose=purpose.id,
        detail={
            "by": query.kind,
            "text": crypto.keyed_hash(query.text)[:16],
            "hits": sum(shares.values()),
        },
    )
    more = there.total() > limit
    few = NOTHING if with_things else NOBODY
    many = TOO_MANY_THINGS if with_things else TOO_MANY
    note = many.format(limit=limit) if more else ("" if there else few)
    shown = [
        thing_words.ref(one)
        for kind in things.SEARCHED
        for one in [two for two in lying if two.kind == kind][: shares.get(kind, 0)]
    ]
    hits = tuple(_hit(one) for one in found[: shares.get("person", 0)])
    return SearchResult(hits=hits, more=more, note=note, things=tuple(shown))
