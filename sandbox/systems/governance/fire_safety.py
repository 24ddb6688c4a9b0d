"""消防安全隐患管理：每月一份各社区的检查单位数和隐患数，没有个人。"""

from __future__ import annotations

from datetime import date

from sandbox.kit.declared import Simulated
from sandbox.kit.drop import Cell, Dice, DropFace
from sandbox.region import Region


def _rows(region: Region, dice: Dice, period: date, delivery: int) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for leaves in region.communities.values():
        for one in leaves:
            own = dice("fire", one.code, period, delivery)
            units, found = own.randint(4, 60), own.randint(0, 9)
            mended = own.randint(0, found)
            rows.append([one.code, units, found, mended, found - mended])
    return rows


SYSTEM = Simulated(
    id="fire_safety",
    name="消防安全隐患管理",
    face=DropFace(
        folder="xfyh",
        name="XFYH_{period:%Y%m%d}_{delivery:02d}.csv",
        head=("xqdm", "jcdws", "fxyhs", "zgyhs", "wzgyhs"),
        rows=_rows,
        encoding="gb18030",
        end="EOF",
        marked=True,
        renamed=2,
    ),
    pages=("/danwei/{number}", "/yinhuan"),
)
