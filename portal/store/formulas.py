"""Formulas between the columns of a report: ``(a - b) / b``, read and never run as code.

Names stand for columns, numbers are whole, and there is nothing beside ``+ - * / ( )``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

_TOKEN = re.compile(r"\s*(?:([a-z][a-z0-9_]*)|(\d{1,9})|([-+*/()]))")
_DEEPEST, _LONGEST = 20, 400
Numbers = Mapping[str, Fraction]


class FormulaError(ValueError):
    """A formula that cannot be read; the message says where."""


class NoSampleError(ArithmeticError):
    """Divided by nought: there is nothing to speak of, and no rate."""


@dataclass(frozen=True)
class Formula:
    """A formula that was read."""

    text: str
    names: tuple[str, ...]
    value: Callable[[Numbers], Fraction]


class _Reader:
    """Reads a formula from left to right; products before sums."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0
        self.names: list[str] = []

    def whole(self) -> Callable[[Numbers], Fraction]:
        found = self._sum()
        if self._text[self._at :].strip():
            raise FormulaError(self._here("此处多余"))
        return found

    def _here(self, why: str) -> str:
        return f"公式“{self._text}”第{self._at + 1}个字符处：{why}"

    def _peek(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        return found[0].strip() if found else ""

    def _take(self) -> tuple[str, str]:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise FormulaError(self._here("应为列名、整数或括号"))
        self._at = found.end()
        kind = "name" if found[1] else "number" if found[2] else "sign"
        return kind, found[0].strip()

    def _chain(
        self, below: Callable[[], Callable[[Numbers], Fraction]], signs: str
    ) -> Callable[[Numbers], Fraction]:
        found = below()
        while (sign := self._peek()) and sign in signs:
            self._take()
            found = _joined(sign, found, below())
        return found

    def _sum(self) -> Callable[[Numbers], Fraction]:
        return self._chain(self._product, "+-")

    def _product(self) -> Callable[[Numbers], Fraction]:
        return self._chain(self._part, "*/")

    def _part(self) -> Callable[[Numbers], Fraction]:
        kind, text = self._take()
        if kind == "name":
            self.names.append(text)
            return lambda numbers: numbers[text]
        if kind == "number":
            value = Fraction(int(text))
            return lambda numbers: value
        self._depth += 1
        if text != "(" or self._depth > _DEEPEST:
            raise FormulaError(self._here("应为列名、整数或括号"))
        inner = self._sum()
        if self._peek() != ")":
            raise FormulaError(self._here("缺右括号"))
        self._take()
        self._depth -= 1
        return inner


def _joined(
    sign: str, left: Callable[[Numbers], Fraction], right: Callable[[Numbers], Fraction]
) -> Callable[[Numbers], Fraction]:
    def value(numbers: Numbers) -> Fraction:
        one, other = left(numbers), right(numbers)
        if sign == "/":
            if other == 0:
                raise NoSampleError
            return one / other
        return one + other if sign == "+" else one - other if sign == "-" else one * other

    return value


@lru_cache(maxsize=2000)
def read(text: str) -> Formula:
    """The formula of a text; ``FormulaError`` where it is none."""
    if len(text) > _LONGEST:
        raise FormulaError(f"公式超过{_LONGEST}个字符")
    reader = _Reader(text)
    value = reader.whole()
    return Formula(text=text, names=tuple(dict.fromkeys(reader.names)), value=value)


def circle(formulas: Mapping[str, Formula]) -> tuple[str, ...]:
    """The columns of a circle, the first again at the end; empty when there is none."""
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if name in way:
            yield (*way[way.index(name) :], name)
            return
        if name in done or name not in formulas:
            return
        for one in formulas[name].names:
            yield from follow(one, (*way, name))
        done.add(name)

    for name in formulas:
        for found in follow(name, ()):
            return found
    return ()
