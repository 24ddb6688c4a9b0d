"""“710”政务督办系统：每月一份各乡镇（街道）督办件数。"""

from __future__ import annotations

from datetime import date

from sandbox.kit.declared import Simulated
from sandbox.kit.drop import Cell, Dice, DropFace
from sandbox.region import Region


def _rows(region: Region, dice: Dice, period: date, delivery: int) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for leaves in region.communities.values():
        streets = sorted({one.code[:9] for one in leaves})
        for street in streets:
            own = dice("matters", street, period, delivery)
            total = own.randint(0, 9)
            done = own.randint(0, total)
            late = own.randint(0, total - done)
            rows.append([f"{street}000", region.short_name(street), total, done, late])
    return rows


SYSTEM = Simulated(
    id="supervision_710",
    name="“710”政务督办系统",
    face=DropFace(
        folder="dbtj",
        name="DBTJ-{period:%Y%m}-{delivery:02d}.xlsx",
        head=("区划", "单位", "督办事项数", "已办结数", "逾期数"),
        rows=_rows,
        format="xlsx",
        sheet="督办统计",
        sums=(2, 3, 4),
        renamed=3,
    ),
    pages=("/duban/{number}", "/duban/fankui"),
)
