"""消防安全隐患管理：每月一份检查过的单位及其隐患数，没有个人。"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sandbox.kit.declared import Simulated
from sandbox.kit.drop import Cell, Dice, DropFace
from sandbox.region import Region

_KINDS = {"1": "商铺", "2": "餐饮店", "3": "学校", "4": "养老机构", "5": "商场", "6": "仓库"}
_SHARES = (40, 30, 8, 4, 6, 12)
_MOST_UNITS = 8


def _rows(region: Region, dice: Dice, period: date, delivery: int) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for leaves in region.communities.values():
        for one in leaves:
            for number in range(1, dice("units", one.code).randint(2, _MOST_UNITS) + 1):
                kind = dice("unit", one.code, number).choices(list(_KINDS), _SHARES)[0]
                name = f"{region.short_name(one.code)}示例{_KINDS[kind]}{number:02d}号"
                visit = dice("visit", one.code, number, period, delivery)
                written = region.retired(one.code) if visit.random() < 0.2 else one.code
                unit = f"XF{one.code}{number:03d}"
                rows.append([unit, name, kind, written, *_visit(visit, period)])
    return rows


def _visit(own: Random, period: date) -> list[Cell]:
    """What was found, mended, left and serious at one inspection, and its day."""
    found = own.choice((0, 0, 1, 1, 2, 3, 5))
    left = found - own.randint(0, found)
    serious = int(left > 0 and own.random() < 0.15)
    checked = period - timedelta(days=own.randint(0, 27))
    return [found, found - left, left, serious, f"{checked:%Y.%m.%d}"]


SYSTEM = Simulated(
    id="fire_safety",
    name="消防安全隐患管理",
    face=DropFace(
        folder="xfyh",
        name="XFYH_{period:%Y%m%d}_{delivery:02d}.csv",
        head=("dwbh", "dwmc", "dwlb", "xqdm", "fxyhs", "zgyhs", "wzgyhs", "zdyhs", "jcrq"),
        rows=_rows,
        encoding="gb18030",
        end="EOF",
        marked=True,
        renamed=4,
    ),
    pages=("/danwei/{number}", "/yinhuan"),
)
