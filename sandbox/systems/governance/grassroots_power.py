"""全国基层政权和社区治理信息系统：每月一份村（社区）组织与设施数。"""

from __future__ import annotations

from datetime import date

from sandbox.kit.declared import Simulated
from sandbox.kit.drop import Cell, Dice, DropFace
from sandbox.region import Region


def _rows(region: Region, dice: Dice, period: date, delivery: int) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for leaves in region.communities.values():
        for one in leaves:
            own = dice("power", one.code)
            village = region.is_village(one.code)
            area = own.randint(120, 900) + delivery
            groups = own.randint(3, 12)
            kind = "村民委员会" if village else "居民委员会"
            rows.append([one.code, region.short_name(one.code), kind, 1, groups, area])
    return rows


SYSTEM = Simulated(
    id="grassroots_power",
    name="全国基层政权和社区治理信息系统",
    face=DropFace(
        folder="jczq",
        name="JCZQ_{period:%Y%m}_{delivery}.xlsx",
        head=("代码", "名称", "组织类型", "综合服务设施数", "小组数", "服务用房面积"),
        rows=_rows,
        format="xlsx",
        sheet="基层组织",
        sums=(3, 4, 5),
        renamed=4,
    ),
    pages=("/ndgx",),
)
