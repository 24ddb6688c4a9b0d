"""How a system answered, as a chip: colour and word and shape, so that none is needed alone."""

from datetime import date, datetime, timedelta

from portal.look import theme
from portal.look.markup import Html, tag, text
from portal.store import clock

# What the contract calls the state, and what fits a chip.
_SHORT = {"数据时间(旧)": "数据较旧"}


def chip(word: str, said: str = "") -> Html:
    """The chip of a state; ``said`` where another word fits better than the state's own."""
    tone = theme.tone(word)
    shape = tag("i", text(tone.shape), aria_hidden="true")
    return tag("span", shape + text(said or _SHORT.get(word, word)), class_=f"chip {tone.name}")


def verdict(allowed: bool) -> Html:
    """The chip of a decision."""
    tone, word = (theme.GOOD, "可以") if allowed else (theme.SHUT, "不可以")
    shape = tag("i", text(tone.shape), aria_hidden="true")
    return tag("span", shape + word, class_=f"chip {tone.name}")


def mock() -> Html:
    """The mark that what is shown is about nobody."""
    return tag("span", "模拟数据", class_="mock")


def moment(at: datetime | None) -> str:
    """A moment as a clerk writes it: today without the day, this year without the year."""
    if at is None:
        return "未提供"
    here, today = clock.local(at), clock.local(clock.now())
    if here.date() == today.date():
        return f"今天 {here:%H:%M}"
    if here.date() == today.date() - timedelta(days=1):
        return f"昨天 {here:%H:%M}"
    return f"{here:%m-%d %H:%M}" if here.year == today.year else f"{here:%Y-%m-%d}"


def day(at: datetime) -> str:
    """A day as a clerk writes it."""
    here = clock.local(at).date()
    days = (today() - here).days
    if days in (0, 1):
        return ("今天", "昨天")[days]
    return f"{here:%m-%d}" if here.year == today().year else f"{here:%Y-%m-%d}"


def local_day(at: datetime) -> date:
    """The day of a moment on the wall clock."""
    return clock.local(at).date()


def took(milliseconds: int) -> str:
    """A duration that nobody has to count digits in."""
    if milliseconds < 1:
        return "不足 1 毫秒"
    return f"{milliseconds} 毫秒" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} 秒"


def now() -> datetime:
    """This moment, by the injected clock."""
    return clock.now()


def hour(at: datetime) -> int:
    """The hour of a moment on the wall clock."""
    return clock.local(at).hour


def today() -> date:
    """The day on the wall."""
    return clock.local(clock.now()).date()


def left(until: datetime) -> int:
    """How many whole seconds are left until a moment; never less than nought."""
    return max(0, int((until - clock.now()).total_seconds()))
