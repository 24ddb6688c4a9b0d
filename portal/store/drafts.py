"""Drafts: what somebody has begun to write, until it is sent off, dropped or a month old.

One row per account, post, form and thing it is about. The text is encrypted, and row-level security
shows a row to its owner only. At a handover a post's drafts go to the successor.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, delete, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from portal.store import clock, crypto
from portal.store.desk_tables import draft
from portal.store.scope import Reach, acting_as, scoped

KEPT_FOR = timedelta(days=30)
# What somebody keeps on purpose (a list's filters under a name) lies in the same drawer: as
# private, but it does not age and is nothing that waits to be finished.
LASTING = "kept."
# The name of a field that is chosen, not written, begins like this: two choices are not joined.
CHOSEN = "="
CLEANER = Reach(prefixes=(), unit_id=None, actor="service:drafts")
_HANDOVER = "service:handover"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A draft as it was last saved."""

    place: str
    key: str
    title: str
    fields: Mapping[str, str]
    saved_at: datetime


def _seal(title: str, fields: Mapping[str, str]) -> str:
    return crypto.encrypt(json.dumps({"title": title, "fields": dict(fields)}, ensure_ascii=False))


def _as_kept(row: Row[Any]) -> Kept:
    held = json.loads(crypto.decrypt(row.payload))
    return Kept(
        place=row.place,
        key=row.key,
        title=held["title"],
        fields=held["fields"],
        saved_at=row.saved_at,
    )


def _mine(account_id: UUID, post_id: UUID) -> Any:
    # One parameter each: built anew at every call, these two conditions cost nothing.
    return (draft.c.account_id == account_id) & (draft.c.post_id == post_id)


def _fresh(since: Any) -> Any:
    return draft.c.saved_at > since


_BEGUN = ~draft.c.place.startswith(LASTING, autoescape=True)


def put(
    connection: Connection,
    *,
    account_id: UUID,
    post_id: UUID,
    owner: str,
    place: str,
    key: str,
    title: str,
    fields: Mapping[str, str],
) -> datetime:
    """Save, over what was saved before; gives the time."""
    now = clock.now()
    row = {"owner": owner, "payload": _seal(title, fields), "saved_at": now}
    names = {"account_id": account_id, "post_id": post_id, "place": place, "key": key}
    connection.execute(
        insert(draft)
        .values(**names, **row)
        .on_conflict_do_update(index_elements=list(names), set_=row)
    )
    return now


def get(
    connection: Connection, account_id: UUID, post_id: UUID, place: str, key: str
) -> Kept | None:
    """The draft of a form, if there is one that has not aged."""
    row = connection.execute(
        select(draft).where(
            _mine(account_id, post_id),
            draft.c.place == place,
            draft.c.key == key,
            _fresh(clock.now() - KEPT_FOR) if not place.startswith(LASTING) else true(),
        )
    ).first()
    return _as_kept(row) if row else None


def remove(connection: Connection, account_id: UUID, post_id: UUID, place: str, key: str) -> None:
    """Forget a draft."""
    connection.execute(
        delete(draft).where(_mine(account_id, post_id), draft.c.place == place, draft.c.key == key)
    )


def all_of(connection: Connection, account_id: UUID, post_id: UUID) -> tuple[Kept, ...]:
    """Everything begun in a post, the newest first."""
    rows = connection.execute(
        select(draft)
        .where(_mine(account_id, post_id), _fresh(clock.now() - KEPT_FOR), _BEGUN)
        .order_by(draft.c.saved_at.desc())
    )
    return tuple(map(_as_kept, rows))


# Asked at every click on a home: built once. With what ``count_values`` gives.
COUNT = (
    select(func.count())
    .select_from(draft)
    .where(
        draft.c.account_id == bindparam("account"),
        draft.c.post_id == bindparam("post"),
        _fresh(bindparam("since")),
        _BEGUN,
    )
)


def count_values(account_id: UUID, post_id: UUID) -> dict[str, Any]:
    """Whose drafts are counted, without opening any."""
    return {"account": account_id, "post": post_id, "since": clock.now() - KEPT_FOR}


def expire() -> int:
    """Drop what is older than thirty days; gives how many."""
    with scoped(CLEANER) as connection:
        gone = connection.execute(
            delete(draft).where(draft.c.saved_at <= clock.now() - KEPT_FOR, _BEGUN)
        )
    return gone.rowcount


# -- handover -------------------------------------------------------------------------------------

_HOLDER = text("SELECT p.account_id, a.login FROM post p JOIN account a ON a.id = p.account_id"
               " WHERE p.id = :post")  # fmt: skip


def carry(connection: Connection, from_post: UUID, to_post: UUID) -> int:
    """Give a post's drafts to the holder of another, in the caller's transaction.

    Where both have begun the same form, the successor's text stands first and the other is put
    below it: nobody loses a sentence. Gives how many drafts moved.
    """
    with acting_as(connection, _HANDOVER):
        holder = connection.execute(_HOLDER, {"post": to_post}).one()
        theirs = select(draft).where(draft.c.post_id == from_post).with_for_update()
        rows = connection.execute(theirs).all()
        for row in rows:
            _give(connection, row, to_post, holder)
    return len(rows)


def _give(connection: Connection, row: Row[Any], to_post: UUID, holder: Row[Any]) -> None:
    mine = (
        draft.c.account_id == row.account_id,
        draft.c.post_id == row.post_id,
        draft.c.place == row.place,
        draft.c.key == row.key,
    )
    own = get(connection, holder.account_id, to_post, row.place, row.key)
    if own is None:
        moved = {"account_id": holder.account_id, "post_id": to_post, "owner": holder.login}
        connection.execute(update(draft).where(*mine).values(**moved))
        return
    given = _as_kept(row)
    connection.execute(delete(draft).where(*mine))
    put(
        connection,
        account_id=holder.account_id,
        post_id=to_post,
        owner=holder.login,
        place=row.place,
        key=row.key,
        title=own.title,
        fields=_kept_by_both(own, given),
    )


def _kept_by_both(own: Kept, given: Kept) -> dict[str, str]:
    if own.place.startswith(LASTING):  # these are no sentences: the successor's own stands
        return {**given.fields, **own.fields}
    return _both(own.fields, given.fields)


def _both(own: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    joined = dict(given)
    for name, words in own.items():
        other = given.get(name, "")
        if other in ("", words) or (words and name.startswith(CHOSEN)):
            joined[name] = words
        else:
            joined[name] = f"{words}\n{other}" if words else other
    return joined
