"""The forms that the simulated province has issued, as it writes them itself; all of it made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(kw_only=True)
class Edition:
    """One edition of a form and when it was last changed."""

    body: dict[str, Any]
    changed: str

    @property
    def key(self) -> tuple[str, int]:
        """Number and edition: together they name it."""
        return self.body["bh"], self.body["bbh"]


def asked(
    code: str, title: str, kind: str = "S", *, must: bool = True, count: str = "", check: str = ""
) -> dict[str, str]:
    """A field in the province's own words."""
    return {"zdbm": code, "zdmc": title, "zdlx": kind, "bt": "1" if must else "0",
            "mg": "0", "js": count, "jy": check}  # fmt: skip


def edition(
    number: str, title: str, issuer: str, fields: Sequence[dict[str, str]], **over: Any
) -> dict[str, Any]:
    """An edition with a whole head, where nothing else is said."""
    head = {"bh": number, "bbh": 1, "mc": f"（模拟）{title}", "zdjg": f"{issuer}（模拟）",
            "pzwh": number.replace("〔", "备〔"), "yxqz": "20271231", "sxbm": "RK", "zqbm": "Y",
            "lxbm": "HZ", "dxbm": "", "hcjb": "SQ", "xfqh": [], "tbgzr": 5,
            "jzrq": ""}  # fmt: skip
    return {**head, **over, "zd": list(fields)}


def first(city: str) -> list[Edition]:
    """What lies ready when the simulation starts, for the whole of a city."""
    place = [city.ljust(12, "0")]
    people = [
        asked("GG001", "社区（村）名称", "W"), asked("RK001", "常住人口"),
        asked("RK003", "其中：60岁及以上", check="RK003 <= RK001"), asked("RK002", "家庭户数"),
        asked("RK009", "户均人口", must=False, count="RK001 / RK002"),
        asked("QH077", "楼院议事点数"),
    ]  # fmt: skip
    old = [
        asked("GG001", "社区（村）名称", "W"), asked("RK003", "60岁及以上人口"),
        asked("RK004", "80岁及以上人口", check="RK004 <= RK003"),
        asked("YL021", "互助养老点数"), asked("GG009", "备注", "W", must=False),
    ]  # fmt: skip
    listed = [
        asked("MC000", "序号"), asked("MC001", "姓名", "W"), asked("MC002", "性别", "W"),
        asked("MC003", "身份证号", "W"), asked("MC004", "居住地址", "W"),
        asked("MC031", "是否已探访", "W"),
    ]  # fmt: skip
    unreadable = [asked("JY001", "发布岗位数"), asked("JY002", "现场照片", "T"),
                  asked("", "备用", "W", must=False)]  # fmt: skip
    return [
        Edition(changed="20261120083000", body=edition(
            "模拟青统〔2026〕1号", "城乡社区人口情况月报", "省统计局", people, xfqh=place)),
        Edition(changed="20261120090000", body=edition(
            "模拟青民〔2026〕2号", "社区养老服务情况季报", "省民政厅", old, xfqh=place,
            sxbm="YL", zqbm="J", hcjb="SJ")),
        Edition(changed="20261120093000", body=edition(
            "模拟青民〔2026〕3号", "高龄老人探访名册", "省民政厅", listed, xfqh=place,
            sxbm="YL", lxbm="MC", dxbm="LR80")),
        Edition(changed="20261120094500", body=edition(
            "模拟青卫〔2026〕4号", "社区健康促进情况表", "省卫生健康委",
            [asked("WS001", "健康讲座场次")], xfqh=place, pzwh="")),
        Edition(changed="20261120100000", body=edition(
            "模拟青人社〔2026〕5号", "就业服务情况表", "省人社厅", unreadable, xfqh=place)),
    ]  # fmt: skip
