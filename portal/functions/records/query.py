"""What a clerk typed: told apart into name, pinyin, identity number, phone or address."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from portal.functions.records.words import BadQueryError

MAX_LENGTH = 60
_DOTS = dict.fromkeys(map(ord, "•・‧∙⋅．.●"), "·")
_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U000323af·]+")
_LETTERS = re.compile(r"[A-Za-z][A-Za-z' ]*")
_DIGITS = re.compile(r"[0-9]+[Xx]?")
_WILD = re.compile(r"[%_*?]")

Kind = Literal["name", "pinyin", "id_number", "phone", "address", "credit_code"]


@dataclass(frozen=True, kw_only=True)
class Query:
    """The text in the form the index holds it."""

    kind: Kind
    text: str


def _clean(text: str) -> str:
    if len(text) > MAX_LENGTH * 4:
        raise BadQueryError(f"输入过长（{len(text)} 个字），请只填姓名、证件号或住址。")
    plain = unicodedata.normalize("NFKC", text).strip()
    if any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn") for one in plain):
        raise BadQueryError("输入中含有无法识别的控制字符，请重新输入，不要从其他文件直接粘贴。")
    if len(plain) > MAX_LENGTH:
        raise BadQueryError(f"输入过长（{len(plain)} 个字），请只填姓名、证件号或住址。")
    if _WILD.search(plain):
        raise BadQueryError("不支持用 *、%、_、? 等符号模糊查找，请输入完整的姓名、证件号或住址。")
    return plain


def _identity(digits: str) -> Query:
    number = digits.upper()
    if len(number) == 11 and number.startswith("1"):
        return Query(kind="phone", text=number)
    if len(number) == 15:
        number = _lengthened(number)
    if len(number) != 18:
        raise BadQueryError(
            f"身份证号应为 18 位，现为 {len(number)} 位；手机号应为 11 位。请核对后重新输入。"
        )
    if not number[:17].isdigit() or number[17] != ric.calc_check_digit(number):
        raise BadQueryError("身份证号校验不通过，可能有数字输错，请对照证件重新输入。")
    try:
        ric.get_birth_date(number)
    except ValidationError as error:
        raise BadQueryError("身份证号中的出生日期不存在，请对照证件重新输入。") from error
    return Query(kind="id_number", text=number)


def _lengthened(number: str) -> str:
    """The 18-digit form of a number of the first generation."""
    long = number[:6] + "19" + number[6:]
    return long + ric.calc_check_digit(long + "0")


def _is_credit_code(text: str) -> bool:
    """Some numbers fit both rules; what is a person's number is never taken for an enterprise."""
    number = text.upper()
    if len(number) != 18 or not uscc.is_valid(number):
        return False
    return not (number[:17].isdigit() and number[17] == ric.calc_check_digit(number))


def parse(text: str) -> Query:
    """Tell what was typed, or say why it cannot be searched for."""
    plain = _clean(text)
    if not plain:
        raise BadQueryError(
            "请输入姓名或单位名称（汉字或拼音）、身份证号、手机号、信用代码或住址。"
        )
    compact = plain.replace(" ", "")
    if _is_credit_code(compact):
        return Query(kind="credit_code", text=uscc.compact(compact))
    if _DIGITS.fullmatch(compact):
        return _identity(compact)
    if _LETTERS.fullmatch(plain):
        letters = re.sub(r"[' ]", "", plain).lower()
        if len(letters) < 2:
            raise BadQueryError("拼音至少输入两个字母。")
        return Query(kind="pinyin", text=letters)
    dotted = compact.translate(_DOTS)
    if _HAN.fullmatch(dotted):
        if len(dotted.strip("·")) < 2:
            raise BadQueryError("姓名至少输入两个字。")
        return Query(kind="name", text=dotted)
    if len(compact) < 3:
        raise BadQueryError("住址至少输入三个字，例如小区名加楼号。")
    return Query(kind="address", text=plain)
