"""全国志愿服务信息系统：每月一份各地人数、项目和时长，没有姓名。"""

from __future__ import annotations

from datetime import date

from sandbox.kit.declared import Simulated
from sandbox.kit.drop import Cell, Dice, DropFace
from sandbox.region import Region


def _rows(region: Region, dice: Dice, period: date, delivery: int) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for leaves in region.communities.values():
        for one in leaves:
            own = dice("volunteers", one.code)
            code = region.retired(one.code) if own.random() < 0.2 else one.code
            hours = own.randint(40, 900) + delivery
            line = [f"{period:%Y%m}", code, region.short_name(one.code)]
            rows.append([*line, own.randint(15, 220), own.randint(1, 9), hours])
    return rows


SYSTEM = Simulated(
    id="volunteers",
    name="全国志愿服务信息系统",
    face=DropFace(
        folder="zyfw",
        name="ZYFW{period:%Y%m}_{delivery:02d}.csv",
        head=("统计月份", "行政区划代码", "名称", "注册志愿者数", "项目数", "服务时长"),
        rows=_rows,
        encoding="utf-8",
        end="合计行数",
        marked=True,
        renamed=3,
    ),
)
