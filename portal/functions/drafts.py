"""Drafts for the person at the desk: begun texts come back, whatever happened to the page.

A draft is saved whenever a field is sent to the server; typing that has not been sent yet is sent
by ``static/desk.js`` after a moment's pause. Nothing is kept in the browser: it may be a shared
machine, and the text may speak of a resident.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from auth.principal import Principal
from portal.store import drafts
from portal.store.drafts import CHOSEN, Kept
from portal.store.scope import scoped

__all__ = ["CHOSEN", "Begun", "Kept", "drop", "load", "mine", "save"]

MOST_CHARACTERS = 8000
# Which page a form stands on, and under which name the page is told what it is about.
PLACES: Mapping[str, tuple[str, str]] = {
    "matters.close": ("records", "case"),
    "matters.apply": ("entry", "matter"),
    "notices.send": ("notices", "write"),
    "orders.register": ("register", ""),
    "orders.act": ("orders", "id"),
    "feedback": ("feedback", ""),
    "rates.propose": ("orders", "id"),
    "orders.visit": ("visits", "id"),
    "findings.hand": ("findings", "new"),
    "findings.act": ("findings", "id"),
    "findings.dispatch": ("findings", "id"),
    "province.refuse": ("forms", ""),
    # what is written about an order in 督 and 评 stands on one page; the key is the order's
    **dict.fromkeys(
        (
            "supervision.propose",
            "supervision.sheet",
            "dispatch.consult",
            "evaluation.appeal",
            "evaluation.decide",
            "evaluation.mark",
            "evaluation.confirm",
        ),
        ("supervision", "order"),
    ),
    "feedback.answer": ("answering", ""),
    "forms.answer": ("forms", "id"),
    "forms.form": ("forms", "form"),
}


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A draft in a list: what it is, since when, and the page it goes on at."""

    title: str
    saved_at: datetime
    page: str
    query: tuple[tuple[str, str], ...]


def save(
    principal: Principal, place: str, key: str, title: str, fields: Mapping[str, str]
) -> datetime | None:
    """Keep what is written so far; nothing written keeps nothing. Gives when it was saved."""
    kept = {name: value[:MOST_CHARACTERS] for name, value in fields.items() if value.strip()}
    with scoped(principal.reach) as connection:
        if not kept:
            drafts.remove(connection, principal.account_id, principal.post_id, place, key)
            return None
        return drafts.put(
            connection,
            account_id=principal.account_id,
            post_id=principal.post_id,
            owner=principal.login,
            place=place,
            key=key,
            title=title,
            fields=kept,
        )


def load(principal: Principal, place: str, key: str) -> Kept | None:
    """What was begun in this post, here and about this."""
    with scoped(principal.reach) as connection:
        return drafts.get(connection, principal.account_id, principal.post_id, place, key)


def drop(principal: Principal, place: str, key: str) -> None:
    """Forget it: it was sent off, or is not wanted."""
    with scoped(principal.reach) as connection:
        drafts.remove(connection, principal.account_id, principal.post_id, place, key)


def mine(principal: Principal) -> tuple[Begun, ...]:
    """Everything begun in this post and not sent off, the newest first."""
    with scoped(principal.reach) as connection:
        found = drafts.all_of(connection, principal.account_id, principal.post_id)
    return tuple(_begun(one) for one in found)


def _begun(one: Kept) -> Begun:
    page, name = PLACES.get(one.place, ("home", ""))
    query = ((name, one.key or "1"),) if name else ()
    return Begun(title=one.title, saved_at=one.saved_at, page=page, query=query)
