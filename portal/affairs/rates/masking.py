"""What must not stand in a case that is shown: replaced where it can be known, else refused. Pure.

Replacing is a help for whoever writes, never the guard: a second person reads what is left.
"""

import re

PHONE, CARD, PLATE, HOME, NAME, MAIL = (
    "（电话略）", "（证件号略）", "（车牌略）", "某号", "某", "（邮箱略）"
)  # fmt: skip
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII), MAIL),
    (re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{15}(?!\d)"), CARD),
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), PHONE),
    (re.compile(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)"), PHONE),
    (
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·•]?"
            r"[A-HJ-NP-Z0-9]{5,6}(?![A-Z0-9])"
        ),
        PLATE,
    ),
    (
        re.compile(
            r"\d+(?:[-—－]\d+)*(?:号楼|栋|幢|号院)?\s*(?:\d+单元)?\s*(?:\d+(?:室|户|号房))"
            r"|\d+(?:号楼|栋|幢)\s*\d+单元(?:\s*\d+)?|\d+(?:号楼|栋|幢)\s*\d{3,4}"
        ),
        HOME,
    ),
    # Family names of people that are spoken of by a form of address.
    (
        re.compile(
            r"[\u4e00-\u9fa5](?=(?:某某|某)?(?:先生|女士|小姐|师傅|阿姨|大爷|大妈|大叔|奶奶|爷爷))"
            r"(?<![老该位名一某])"
        ),
        NAME,
    ),
    (
        re.compile(
            r"((?:姓名|联系人|来电人|诉求人|当事人|住户|业主)[：:]\s*)[\u4e00-\u9fa5·]{2,10}"
        ),
        r"\g<1>某",
    ),
)
_DAY = re.compile(r"(?<!\d)(?:19|20)\d{2}-\d{1,2}-\d{1,2}(?!\d)")
_DIGITS = re.compile(r"\d(?:[\s\-—－]*\d){5,}")


def mask(text: str) -> str:
    """The text without what can be known to point at somebody."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def leaks(text: str) -> tuple[str, ...]:
    """What is left that may still point at somebody, in words."""
    return tuple(
        f"含较长的号码“{found}”" for found in dict.fromkeys(_DIGITS.findall(_DAY.sub("", text)))
    )
