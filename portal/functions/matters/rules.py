"""Whether a condition holds, from what is known: yes, no, or it cannot be told.

A check is a small expression over facts, written by the city as data::

    age >= 80 and here(grid.registered_region)
    subsistence.record and subsistence.benefit_status == '在保'

It is read as a syntax tree of a few allowed kinds and never run as a program. What is not known
stays unknown (Kleene's logic): learning less can turn a result into 无法判断, never into another.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache


class Verdict(StrEnum):
    """What became of a check, as it is shown."""

    YES = "符合"
    NO = "不符合"
    UNKNOWN = "无法判断"


class BadCheckError(ValueError):
    """A check that cannot be read; the message names what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known under a name: one value or several, and from where it is."""

    values: tuple[str, ...]
    source: str
    as_of: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Why nothing is known under a name, in words."""

    why: str


Fact = Known | Unknown
Facts = Callable[[str], Fact]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The result of one check: what decided it, or what is missing."""

    holds: bool | None
    used: tuple[Known, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """As it is shown."""
        return verdict(self.holds)


def verdict(holds: bool | None) -> Verdict:
    """As it is shown."""
    return Verdict.UNKNOWN if holds is None else (Verdict.YES if holds else Verdict.NO)


def altogether(found: Iterable[Verdict]) -> Verdict:
    """All conditions at once: one that fails decides, one that is unknown leaves it open."""
    seen = list(found)
    if Verdict.NO in seen:
        return Verdict.NO
    return Verdict.YES if seen and set(seen) == {Verdict.YES} else Verdict.UNKNOWN


BY_HAND = "没有系统可以核对，请当面核实"
_PLAIN = frozenset({"age", "sex"})
_FUNCTIONS = frozenset({"here", "months_since"})


@lru_cache(maxsize=512)
def read(check: str) -> ast.expr:
    """The tree of a check; ``BadCheckError`` for anything that is not allowed in one."""
    try:
        tree = ast.parse(check.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise BadCheckError(f"判断式“{check}”读不懂") from error
    _truth(tree, check)
    return tree


def _truth(node: ast.expr, check: str) -> None:
    """What may stand where yes or no is asked."""
    match node:
        case ast.BoolOp():
            for one in node.values:
                _truth(one, check)
        case ast.UnaryOp(op=ast.Not()):
            _truth(node.operand, check)
        case ast.Compare(ops=[operator], comparators=[wanted]):
            _term(node.left, check)
            _comparison(operator, wanted, check)
        case ast.Attribute(attr="record") | ast.Call(func=ast.Name(id="here")):
            _term(node, check)
        case ast.Name(id="unknown"):
            return
        case _:
            raise BadCheckError(f"判断式“{check}”中有不允许的写法：{ast.unparse(node)}")


def _comparison(operator: ast.cmpop, wanted: ast.expr, check: str) -> None:
    match operator, wanted:
        case ast.In(), ast.Tuple(elts=[_, *_] as parts):
            for part in parts:
                _constant(part, check)
        case ast.Eq(), _:
            _constant(wanted, check)
        case ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE(), ast.Constant(value=int()):
            _constant(wanted, check)
        case _:
            raise BadCheckError(f"判断式“{check}”中不能这样比较：{ast.unparse(wanted)}")


def _term(node: ast.expr, check: str) -> None:
    match node:
        case ast.Name(id=name) if name in _PLAIN:
            return
        case ast.Attribute(value=ast.Name()):
            return
        case ast.Call(func=ast.Name(id=name), args=[ast.Attribute() as given], keywords=[]) if (
            name in _FUNCTIONS
        ):
            _term(given, check)
        case _:
            raise BadCheckError(f"判断式“{check}”中有不认识的内容：{ast.unparse(node)}")


def _constant(node: ast.expr, check: str) -> None:
    match node:
        case ast.Constant(value=str() | int() as value) if not isinstance(value, bool):
            return
        case _:
            raise BadCheckError(f"判断式“{check}”中只能与文字或整数比较：{ast.unparse(node)}")


def names(check: str) -> Iterator[str]:
    """The facts that a check asks for, each ``system.field`` or a plain word."""
    for node in ast.walk(read(check)):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)
        elif isinstance(node, ast.Name) and node.id in _PLAIN:
            yield node.id


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a check needs beside the facts: the day, and the code that places here begin with."""

    today: date
    region: str


def judge(check: str, facts: Facts, setting: Setting) -> Judgement:
    """The result of one check."""
    return _judge(read(check), facts, setting)


def _judge(node: ast.expr, facts: Facts, setting: Setting) -> Judgement:
    match node:
        case ast.BoolOp(op=op):
            decides = isinstance(op, ast.Or)
            return _several([_judge(one, facts, setting) for one in node.values], decides)
        case ast.UnaryOp():
            inner = _judge(node.operand, facts, setting)
            turned = None if inner.holds is None else not inner.holds
            return Judgement(holds=turned, used=inner.used, missing=inner.missing)
        case ast.Compare():
            return _compared(node, facts, setting)
        case ast.Name():
            return Judgement(holds=None, missing=(BY_HAND,))
        case ast.Call():
            return _about(node.args[0], facts, lambda one: _here(one, setting))
        case _:
            return _about(node, facts, lambda one: one == "是")


def _several(parts: list[Judgement], decides: bool) -> Judgement:
    """``or`` is decided by one yes, ``and`` by one no; else by what is missing, else by all."""
    deciding = [one for one in parts if one.holds is decides]
    if deciding:
        return Judgement(holds=decides, used=_used(deciding))
    open_ = [one for one in parts if one.holds is None]
    if open_:
        missing = tuple(dict.fromkeys(why for one in open_ for why in one.missing))
        return Judgement(holds=None, used=_used(parts), missing=missing)
    return Judgement(holds=not decides, used=_used(parts))


def _used(parts: Iterable[Judgement]) -> tuple[Known, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part.used))


def _compared(node: ast.Compare, facts: Facts, setting: Setting) -> Judgement:
    term, wanted = node.left, ast.literal_eval(node.comparators[0])
    months = isinstance(term, ast.Call)
    inner = term.args[0] if isinstance(term, ast.Call) else term
    operator = node.ops[0]

    def test(value: str) -> bool | None:
        if months:
            return _ordered(_months(value, setting.today), operator, wanted)
        if isinstance(operator, ast.In):
            return value in map(str, wanted)
        if isinstance(wanted, int):
            return _ordered(_number(value), operator, wanted)
        return value == str(wanted)

    return _about(inner, facts, test)


def _about(node: ast.expr, facts: Facts, test: Callable[[str], bool | None]) -> Judgement:
    """Of several values one that passes is enough; one that cannot be read leaves it open."""
    fact = facts(ast.unparse(node))
    if isinstance(fact, Unknown):
        return Judgement(holds=None, missing=(fact.why,))
    found = [test(value) for value in fact.values]
    if True in found:
        return Judgement(holds=True, used=(fact,))
    if None in found or not found:
        return Judgement(holds=None, missing=(f"{fact.source}的内容无法比较",))
    return Judgement(holds=False, used=(fact,))


def _ordered(value: Decimal | None, operator: ast.cmpop, wanted: int) -> bool | None:
    if value is None:
        return None
    match operator:
        case ast.Lt():
            return value < wanted
        case ast.LtE():
            return value <= wanted
        case ast.Gt():
            return value > wanted
        case ast.GtE():
            return value >= wanted
        case _:
            return value == wanted


def _number(value: str) -> Decimal | None:
    try:
        number = Decimal(value.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _months(value: str, today: date) -> Decimal | None:
    """Whole months since a day; a month without a day counts from its first."""
    try:
        day = date.fromisoformat(value if len(value) > 7 else f"{value}-01")
    except ValueError:
        return None
    months = (today.year - day.year) * 12 + today.month - day.month
    return Decimal(months - (today.day < day.day))


def _here(value: str, setting: Setting) -> bool:
    """Whether a place is one of this city: a place elsewhere has kept its code."""
    return not value.isdigit() or value.startswith(setting.region)


def due_on(begun: date, days: int) -> date:
    """The day on which so many working days have passed since the day of filing.

    Monday to Friday: what public holidays change is the limit of the system in charge.
    """
    day = begun
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day
