"""Named converters: small pure functions that turn a system's values into the portal's.

A manifest names them as ``name`` or ``name:argument``. A converter never sees a blank: every value
is tidied first and a blank ends the chain as ``None``. What cannot be read raises `Unreadable`,
whose text goes beside the empty field so that a clerk knows that something was there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from stdnum.cn import ric, uscc

from portal.connectors.moments import LOCAL, day_reader, moment_reader

Converter = Callable[[Any], Any]
Tables = Mapping[str, Mapping[str, str]]

BLANKS = frozenset({"", "无", "null", "none", "nil", "nan", "n/a", "-", "--", "---", "/", "空"})
LONGEST_BLANK = max(map(len, BLANKS))
MIDDLE_DOTS = "·•・‧∙⋅●．.｡ㆍ᛫𐄁"
_NO_TEXT = (bool, int, float, Decimal, date, list, dict)
_STRUCTURES = (list, dict)
_DOTS = re.compile(rf"\s*[{re.escape(MIDDLE_DOTS)}]+\s*")


class Unreadable(ValueError):
    """A value is there but cannot be read; the text is Chinese and shown beside the field."""


class UnknownConverter(ValueError):
    """A manifest names a converter that does not exist, or gives it a wrong argument."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What converters need beyond the value: code tables, region codes, names of places."""

    tables: Tables = field(default_factory=dict)
    retired_codes: Mapping[str, str] = field(default_factory=dict)  # current code -> retired code
    place_name: Callable[[str], str | None] = lambda _code: None
    seal: Callable[[str], str] = str  # a keyed hash, for a key that is itself a personal value


def tidy(value: Any) -> Any:
    """Trim a text, drop its control characters, and make every spelling of "nothing" None."""
    if value.__class__ is str:
        text = value
    elif value is None or isinstance(value, _NO_TEXT):
        return value
    else:
        text = str(value)
    if not text.isprintable():  # tested at once; hardly any value needs the look at each letter
        text = "".join(
            " " if char in "\t\r\n\u3000\u00a0" else char
            for char in text
            if char in "\t\r\n" or unicodedata.category(char) not in {"Cc", "Cf"}
        )
    text = text.strip()
    return None if len(text) <= LONGEST_BLANK and text.lower() in BLANKS else text


def chain(names: Sequence[str], context: Context) -> Converter:
    """One converter out of several names; a blank anywhere ends it as None."""
    raw = converter(names[0], context) if names and names[0] == "gbk" else None  # before tidying
    rest = names[1:] if raw else names
    takes_lists = bool(rest) and rest[0] == "joined"
    steps = tuple(converter(name, context) for name in rest)
    if raw is None and not steps:
        return tidy

    if raw is None and len(steps) == 1 and not takes_lists:
        return _single(steps[0])

    def run(value: Any) -> Any:
        value = tidy(raw(value) if raw else value)
        if steps and not takes_lists and isinstance(value, _STRUCTURES):
            raise Unreadable("对方数据结构有误")
        for step in steps:
            if value is None:
                return None
            value = step(value) or None
        return value

    return run


def _single(step: Converter) -> Converter:
    """A chain of one, which most are."""

    def run(value: Any) -> Any:
        value = tidy(value)
        if value is None:
            return None
        if isinstance(value, _STRUCTURES):
            raise Unreadable("对方数据结构有误")
        return step(value) or None

    return run


def converter(name: str, context: Context) -> Converter:
    """The converter of that name, as a manifest writes it."""
    kind, _, argument = name.partition(":")
    factory = FACTORIES.get(kind)
    if factory is None:
        raise UnknownConverter(f"没有名为“{kind}”的转换器，可用：{'、'.join(sorted(FACTORIES))}")
    return factory(argument, context)


def _plain(function: Converter) -> Callable[[str, Context], Converter]:
    def make(argument: str, _context: Context) -> Converter:
        if argument:
            raise UnknownConverter(f"该转换器不带参数，却写了“{argument}”")
        return function

    return make


# --- dates -------------------------------------------------------------------------------------


_SENTINELS = ("0000", "9999")


def _is_sentinel(value: Any) -> bool:
    """Systems write 0000… for "no date" and 9999… for "without end"."""
    return str(value).startswith(_SENTINELS)


Read = TypeVar("Read", date, datetime)


def _dates(
    reader: Callable[[str], Callable[[Any], Read]], render: Callable[[Read], str]
) -> Callable[[str, Context], Converter]:
    def make(argument: str, _context: Context) -> Converter:
        try:
            read = reader(argument or "iso")
        except ValueError as error:
            raise UnknownConverter(str(error)) from error

        def convert(value: Any) -> str | None:
            if _is_sentinel(value):
                return None
            try:
                return render(read(value))
            except (ValueError, OverflowError, OSError) as error:
                raise Unreadable("对方日期格式有误") from error

        return convert

    return make


# --- codes and places --------------------------------------------------------------------------


def _code(argument: str, context: Context) -> Converter:
    table = context.tables.get(argument)
    if table is None:
        raise UnknownConverter(f"没有名为“{argument}”的代码表")

    def convert(value: Any) -> str:
        try:
            return table[str(value)]
        except KeyError:
            raise Unreadable("对方返回了未登记的代码") from None

    return convert


_REGION = re.compile(r"[1-9]\d{5}(\d{3}|\d{6}|\d{9})?")
_ID_15 = re.compile(r"\d{15}")
_ID_18 = re.compile(r"\d{17}[\dX]")
_PLAIN_NAME = re.compile(r"[\u3400-\u9fff]+")  # nothing in it that would have to be mended
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_COUNTRY = re.compile(r"^(0086|86)(?=1\d{10}$)")


def region_code(value: Any, retired_codes: Mapping[str, str]) -> str:
    """A 12-digit code of today: padded with zeros, a retired beginning replaced by its heir."""
    digits = str(value)
    if not _REGION.fullmatch(digits):
        raise Unreadable("对方行政区划代码有误")
    for current, retired in retired_codes.items():
        if digits.startswith(retired):
            digits = current + digits[len(retired) :]
            break
    return digits if len(digits) == 15 else digits.ljust(12, "0")


def _region(_argument: str, context: Context) -> Converter:
    return lambda value: region_code(value, context.retired_codes)


def _place(_argument: str, context: Context) -> Converter:
    """The name of a place; an unknown place keeps its code, which still says something."""

    def convert(value: Any) -> str:
        code = region_code(value, context.retired_codes)
        return context.place_name(code) or code

    return convert


# --- people ------------------------------------------------------------------------------------


def id_number(value: Any) -> str:
    """An 18-digit identity number; the 15-digit kind of before 1999 is completed."""
    digits = unicodedata.normalize("NFKC", str(value)).replace(" ", "").upper()
    if _ID_15.fullmatch(digits):
        digits = f"{digits[:6]}19{digits[6:]}"
        digits += ric.calc_check_digit(digits + "0")
    if not _ID_18.fullmatch(digits) or digits[-1] != ric.calc_check_digit(digits):
        raise Unreadable("对方身份证号有误")
    try:
        date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError as error:
        raise Unreadable("对方身份证号有误") from error
    return digits


def short_id_number(digits: str) -> str:
    """The 15-digit form of an 18-digit number, for systems that still keep it."""
    return digits[:6] + digits[8:17] if len(digits) == 18 else digits


def person_name(value: Any) -> str:
    """A name as it is written today: · between parts, no stray blanks, no wide letters."""
    text = str(value)
    if _PLAIN_NAME.fullmatch(text):
        return text
    dotted = _DOTS.sub("·", text).strip("·")
    narrow = unicodedata.normalize("NFKC", dotted)
    if _HAN.search(narrow):
        return re.sub(r"\s+", "", narrow)
    return re.sub(r"\s+", " ", narrow).strip()


def phone(value: Any) -> str:
    """A telephone number as bare digits, without the country's prefix."""
    digits = str(value)
    if not (digits.isascii() and digits.isdigit()):
        digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", digits))
    digits = _COUNTRY.sub("", digits)
    if not 7 <= len(digits) <= 12:
        raise Unreadable("对方电话号码有误")
    return digits


# --- numbers and text --------------------------------------------------------------------------


def _money(argument: str, _context: Context) -> Converter:
    """Yuan with two digits; ``money:fen`` reads a system that counts in cents."""
    if argument not in {"", "yuan", "fen"}:
        raise UnknownConverter(f"金额单位只能是 yuan 或 fen，不能是“{argument}”")

    def convert(value: Any) -> str:
        try:
            amount = Decimal(str(value).replace(",", "").replace("￥", "").replace("¥", ""))
            cents = amount / 100 if argument == "fen" else amount
            return str(cents.quantize(Decimal("0.01")))
        except InvalidOperation as error:
            raise Unreadable("对方金额有误") from error

    return convert


_SHORT_NUMBER = 18


def whole_number(value: Any) -> str:
    """A whole number without grouping or a fraction of zero."""
    text = str(value)
    if len(text) <= _SHORT_NUMBER and text.isascii() and text.isdigit():
        return str(int(text))
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise Unreadable("对方数字有误") from error
    if not number.is_finite() or number != number.to_integral_value():
        raise Unreadable("对方数字有误")
    return str(int(number))


def gbk_text(value: Any) -> Any:
    """GBK bytes, or GBK text that somebody read as Latin letters."""
    if value is None or isinstance(value, list | dict):
        return value
    try:
        raw = value if isinstance(value, bytes) else str(value).encode("latin-1")
        return raw.decode("gb18030")
    except UnicodeEncodeError:
        return str(value)
    except UnicodeDecodeError as error:
        raise Unreadable("对方文字编码有误") from error


def joined(value: Any) -> str | None:
    """A list as one line."""
    parts = [str(one) for one in value if tidy(one) is not None] if isinstance(value, list) else []
    return "、".join(parts) or None if isinstance(value, list) else str(value)


def credit_code(value: Any) -> str:
    """A unified social credit code; one whose check digit fails is not one."""
    code = uscc.compact(unicodedata.normalize("NFKC", str(value)))
    if not uscc.is_valid(code):
        raise Unreadable("对方统一社会信用代码有误")
    return str(code)


FACTORIES: Mapping[str, Callable[[str, Context], Converter]] = {
    "date": _dates(day_reader, date.isoformat),
    "month": _dates(moment_reader, lambda moment: moment.astimezone(LOCAL).strftime("%Y-%m")),
    "moment": _dates(moment_reader, lambda moment: moment.astimezone(LOCAL).isoformat()),
    "code": _code,
    "region": _region,
    "place": _place,
    "id_number": _plain(id_number),
    "name": _plain(person_name),
    "phone": _plain(phone),
    "credit_code": _plain(credit_code),
    "money": _money,
    "sealed": lambda _argument, context: lambda value: context.seal(str(value)),
    "number": _plain(whole_number),
    "gbk": _plain(gbk_text),
    "joined": _plain(joined),
    "text": _plain(str),
}
