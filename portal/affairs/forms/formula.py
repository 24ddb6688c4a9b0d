"""Formulas of forms: arithmetic and comparisons over the names of fields, and nothing else.

The text is read as an expression and every piece of it has to be on a short list; it is never run.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation

Number = Decimal
Values = Mapping[str, Number | None]
MOST_CHARACTERS, MOST_DEPTH = 300, 20


class FormulaError(ValueError):
    """A formula that cannot be read; the message is for who wrote it."""


_SUMS: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARED: Mapping[type[ast.cmpop], Callable[[Decimal, Decimal], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def parse(text: str) -> ast.expr:
    """The formula as a tree of allowed pieces."""
    if not text.strip() or len(text) > MOST_CHARACTERS:
        raise FormulaError(f"公式须为 1 至 {MOST_CHARACTERS} 个字符")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError("公式写法不对，只能用栏目名、数字、+ - * / 和比较符号") from error
    _allowed(tree, 0)
    return tree


def _pieces(node: ast.expr) -> list[ast.expr]:
    """What stands inside a piece; ``FormulaError`` for a piece that is not allowed."""
    if isinstance(node, ast.BinOp) and type(node.op) in _SUMS:
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [node.operand]
    if isinstance(node, ast.Compare) and all(type(one) in _COMPARED for one in node.ops):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Name):
        return []
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    raise FormulaError("公式只能用栏目名、数字、+ - * / 和比较符号")


def _allowed(node: ast.expr, depth: int) -> None:
    if depth > MOST_DEPTH:
        raise FormulaError("公式嵌套过深")
    for one in _pieces(node):
        _allowed(one, depth + 1)


def names(text: str) -> frozenset[str]:
    """The fields that a formula reads."""
    return frozenset(one.id for one in ast.walk(parse(text)) if isinstance(one, ast.Name))


def value(text: str, given: Values) -> Number | None:
    """The number; ``None`` where something it needs is not known, or it divides by nought."""
    try:
        found = _value(parse(text), given)
    except (DivisionByZero, InvalidOperation):
        return None
    return found if isinstance(found, Decimal) else None


def holds(text: str, given: Values) -> bool | None:
    """Whether a check holds; ``None`` where something it needs is not known."""
    try:
        found = _value(parse(text), given)
    except (DivisionByZero, InvalidOperation):
        return None
    return None if found is None else bool(found)


def _value(node: ast.expr, given: Values) -> Decimal | bool | None:
    if isinstance(node, ast.Name):
        return given.get(node.id)
    if isinstance(node, ast.Constant):
        return Decimal(str(node.value))
    inside = [_value(one, given) for one in _pieces(node)]
    if any(one is None for one in inside):
        return None
    numbers = [Decimal(one) for one in inside if one is not None]
    if isinstance(node, ast.BinOp):
        return _SUMS[type(node.op)](*numbers)
    if isinstance(node, ast.Compare):
        pairs = zip(node.ops, numbers, numbers[1:], strict=False)
        return all(_COMPARED[type(op)](one, other) for op, one, other in pairs)
    return -numbers[0]


def order(formulas: Mapping[str, str]) -> tuple[str, ...]:
    """The names in the order in which they can be computed; a circle is refused by name."""
    done: list[str] = []
    open_: list[str] = []

    def visit(name: str) -> None:
        if name in open_:
            raise FormulaError(
                f"公式互相引用成环：{' → '.join([*open_[open_.index(name) :], name])}"
            )
        if name in done or name not in formulas:
            return
        open_.append(name)
        for one in sorted(names(formulas[name])):
            visit(one)
        done.append(open_.pop())

    for name in formulas:
        visit(name)
    return tuple(done)
