"""What is counted of a unit or a place, kept apart until the very end: no rate is ever added."""

from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

NO_SAMPLE = "无样本"
SMALL_SAMPLE = "样本不足"
_CENT = Decimal("0.01")


def rounded(value: Fraction) -> Decimal:
    """Two places, halves away from nought: as people round on paper."""
    exact = value * 100
    whole, rest = divmod(abs(exact.numerator), exact.denominator)
    whole += 2 * rest >= exact.denominator
    return (Decimal(whole if exact >= 0 else -whole) * _CENT).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, kw_only=True)
class Share:
    """A numerator over a denominator; without a case there is no rate, not one of 100 %."""

    numerator: Fraction
    denominator: int

    @property
    def value(self) -> Fraction | None:
        """The rate; ``None`` where nothing was counted."""
        return self.numerator / self.denominator if self.denominator > 0 else None

    @property
    def percent(self) -> Decimal | None:
        """The rate as it is shown."""
        return None if (value := self.value) is None else rounded(value * 100)

    @property
    def words(self) -> str:
        """The rate with its sign, or that there is no sample."""
        return NO_SAMPLE if (percent := self.percent) is None else f"{percent}%"

    @property
    def behind(self) -> str:
        """Numerator and denominator, for who wants to check."""
        top = rounded(self.numerator)
        shown = f"{top:f}".rstrip("0").rstrip(".") if "." in f"{top:f}" else f"{top:f}"
        return f"{shown}/{self.denominator}"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The counts of one unit or place in one period."""

    received: int = 0
    dispatched: int = 0
    returned: int = 0  # 退单 that were upheld
    accepted: int = 0  # dispatched less upheld returns, as the response is counted
    responded: int = 0
    closed: int = 0
    due: int = 0
    on_time: int = 0
    visited: int = 0  # valid answers about 解决
    resolved: int = 0
    asked: int = 0  # valid answers about 满意
    satisfied: int = 0
    basically: int = 0
    urgent_late: int = 0  # urgent ones past their limit and not done when the period ended

    def __add__(self, other: "Counts") -> "Counts":
        names = [one.name for one in fields(self)]
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def overdue(self) -> int:
        """What came due and was not done in time."""
        return max(0, self.due - self.on_time)

    @property
    def sample(self) -> int:
        """On how many return visits the opinions rest."""
        return min(self.visited, self.asked)


def shares(counts: Counts, basically: Decimal) -> dict[str, Share]:
    """Every rate of a unit; ``basically`` is what 基本满意 counts."""
    content = counts.satisfied + Fraction(basically) * counts.basically
    return {
        "responded": _share(counts.responded, counts.accepted),
        "closed": _share(counts.closed, counts.accepted),
        "on_time": _share(counts.on_time, counts.due),
        "resolved": _share(counts.resolved, counts.visited),
        "satisfied": _share(content, counts.asked),
        "returned": _share(counts.returned, counts.dispatched),
    }


def _share(numerator: int | Fraction, denominator: int) -> Share:
    return Share(numerator=Fraction(numerator), denominator=denominator)


def per_10k(received: int, population: int | None) -> Decimal | None:
    """万人诉求比: demands for every ten thousand residents; unknown where nobody counted them."""
    if not population or population < 0:
        return None
    return rounded(Fraction(received) * 10_000 / population)


def change(now: int, before: int | None) -> Decimal | None:
    """By how many per cent a number moved; from nought there is nothing to compare with."""
    if not before:
        return None
    return rounded(Fraction(now - before, before) * 100)


def change_words(moved: Decimal | None) -> str:
    """A movement as people read it."""
    if moved is None:
        return "无可比"
    if moved == 0:
        return "持平"
    return f"{'升' if moved > 0 else '降'}{abs(moved)}%"


def points(now: Decimal | None, before: Decimal | None) -> str:
    """By how many percentage points a rate moved."""
    if now is None or before is None:
        return "无可比"
    moved = now - before
    return "持平" if moved == 0 else f"{'升' if moved > 0 else '降'}{abs(moved)}个百分点"
