"""Templates for what is written about an order: which of them fit, filled with what is known."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portal.store.citypack import pack
from portal.store.reply_texts import ReplyText

_OPEN = re.compile(r"【[^【】]*】")


@dataclass(frozen=True, kw_only=True)
class About:
    """What the templates may say of an order: nothing about who called."""

    order_no: str
    title: str
    place: str
    kind: str
    category: str
    state: str
    unit_name: str
    today: date


def _fits(one: ReplyText, about: About, item: str) -> bool:
    inside = about.category == one.category or about.category.startswith(f"{one.category}.")
    return (
        one.item == item
        and (not one.category or inside)
        and (not one.kinds or about.kind in one.kinds)
        and (not one.states or about.state in one.states)
    )


def _closeness(one: ReplyText) -> int:
    """The more closely a template says what it is for, the earlier it stands."""
    return -(2 * len(one.category) + bool(one.kinds) + bool(one.states))


def fitting(texts: Iterable[ReplyText], about: About, item: str) -> tuple[ReplyText, ...]:
    """The templates for an item of the form about this order, the closest first."""
    return tuple(sorted((one for one in texts if _fits(one, about, item)), key=_closeness))


def filled(one: ReplyText, about: About) -> str:
    """A template with what is known put in; one pass, so that no value is read as a template."""
    known = {
        "{编号}": about.order_no,
        "{标题}": about.title,
        "{地点}": about.place or "反映地点",
        "{类型}": about.kind,
        "{单位}": about.unit_name,
        "{日期}": f"{about.today.year}年{about.today.month}月{about.today.day}日",
    }
    words, rest = "", one.text
    while rest:
        at, name = min(
            ((rest.find(name), name) for name in known if name in rest), default=(len(rest), "")
        )
        words += rest[:at] + known.get(name, "")
        rest = rest[at + len(name) :]
    return words


def unfilled(texts: Iterable[ReplyText], words: str) -> tuple[str, ...]:
    """What a template left open and nobody filled in; other brackets are the writer's own."""
    left = {one for text in texts for one in _OPEN.findall(text.text)}
    return tuple(dict.fromkeys(one for one in _OPEN.findall(words) if one in left))


def of_city() -> tuple[ReplyText, ...]:
    """The templates of this city."""
    return pack().replies
