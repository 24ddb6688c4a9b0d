"""What a handling unit is told of an order besides: kind of demand, class, place, whom it is about.

Drawn by the order's number alone, so that the lists of numbers stay as they were.
"""

from __future__ import annotations

from hashlib import blake2b
from random import Random
from typing import Any

# title -> kinds of demand (1 咨询 2 求助 3 投诉 4 建议 5 举报 6 表扬) and the class
_ABOUT = {
    "楼道照明不亮": ("2", "3", "CJ0301"),
    "垃圾清运不及时": ("3", "2", "CJ0402"),
    "暖气温度不够": ("3", "2", "CJ0102"),
    "道路积雪未清": ("2", "4", "CJ0405"),
    "咨询医保缴费": ("1", "1", "RS0201"),
    "咨询居住证办理": ("1", "1", "GA0301"),
}
_PLACES = ("东门", "中心花园旁", "农贸市场门口", "公交站附近", "便民服务点旁")
_UNITS = ("物业服务中心", "供热服务站", "环卫所")


def details(number: str, title: str) -> dict[str, Any]:
    """The same for the same order, on every start."""
    dice = Random(int.from_bytes(blake2b(number.encode(), digest_size=8).digest()))
    usual, rare, kind = _ABOUT[title]
    demand = rare if dice.random() < 0.2 else usual
    return {
        "sqlx": demand,
        "sqfl": kind,
        "dz": f"{dice.randint(1, 120)}号{dice.choice(_PLACES)}",
        "jd": f"{101.70 + dice.random() * 0.14:.6f}",
        "wd": f"{36.58 + dice.random() * 0.10:.6f}",
        "btsdw": dice.choice(_UNITS) if demand == "3" and dice.random() < 0.3 else "",
    }
