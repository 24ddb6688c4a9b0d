"""What a person keeps under a name of their own: filters of a list, until they drop them."""

from collections.abc import Mapping

from auth.principal import Principal
from portal.store import drafts
from portal.store.scope import scoped

MOST, MOST_NAME, MOST_WORDS = 20, 20, 600


class NotKeptError(Exception):
    """Nothing was kept; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def kept(principal: Principal, place: str) -> Mapping[str, str]:
    """What is kept in a place, by name."""
    with scoped(principal.reach) as connection:
        found = drafts.get(
            connection, principal.account_id, principal.post_id, drafts.LASTING + place, ""
        )
    return found.fields if found else {}


def keep(principal: Principal, place: str, name: str, words: str) -> None:
    """Keep it; the same name replaces what it named."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MOST_NAME:
        raise NotKeptError(f"没有保存：名称须为 1 至 {MOST_NAME} 个字，请修改后再保存。")
    if len(words) > MOST_WORDS:
        raise NotKeptError("没有保存：筛选条件过长，请减少后再保存。")
    found = dict(kept(principal, place))
    if name not in found and len(found) >= MOST:
        raise NotKeptError(f"没有保存：最多保存 {MOST} 个，请先删除不用的。")
    _put(principal, place, {**found, name: words})


def drop(principal: Principal, place: str, name: str) -> None:
    """Forget it."""
    _put(principal, place, {one: words for one, words in kept(principal, place).items()
                            if one != name})  # fmt: skip


def _put(principal: Principal, place: str, fields: Mapping[str, str]) -> None:
    where = (principal.account_id, principal.post_id, drafts.LASTING + place, "")
    with scoped(principal.reach) as connection:
        if not fields:
            drafts.remove(connection, *where)
            return
        drafts.put(
            connection, account_id=where[0], post_id=where[1], owner=principal.login,
            place=where[2], key=where[3], title="", fields=fields,
        )  # fmt: skip
