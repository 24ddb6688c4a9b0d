"""systems.toml: the city's half of each business system, entry by entry.

An entry that cannot be read leaves out its own system only; what is wrong is kept for who mends it.
"""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portal.settings import settings

Mode = Literal["未接入", "联调", "试运行", "正式", "停用"]
_DATA = ConfigDict(frozen=True, extra="forbid")


class SystemSite(BaseModel):
    """The city's half of a connected system; the other half is its manifest."""

    model_config = _DATA

    id: str
    name: str
    owner: str
    level: str
    mode: Mode = "未接入"
    master: Literal["对方为主", "本平台为主"] = "对方为主"
    endpoint: str = ""
    entry: str = ""  # the address under which people open the system itself
    credentials: dict[str, str] = {}
    legal_basis: str = ""
    approval_no: str = ""
    approval_until: str = ""
    down_minutes: int | None = Field(default=None, ge=1, le=7 * 24 * 60)
    simulated: bool = False
    mark: Literal["A", "N", "M", "P"] = "P"


class UnreadSite(BaseModel):
    """An entry of systems.toml that cannot be read: that system stays out, the others start."""

    model_config = _DATA

    id: str
    key: str
    reason: str


def _entries(file: Path) -> list[dict[str, Any]]:
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    entries: list[dict[str, Any]] = tomllib.loads(text).get("system", [])
    return entries


def _sites(folder: Path, *, production: bool) -> list[dict[str, Any]]:
    """The systems of the city; a demonstration lays its simulated endpoints over them."""
    sites: dict[str, dict[str, Any]] = {}
    for number, site in enumerate(_entries(folder / "systems.toml"), start=1):
        sites[str(site.get("id") or f"第 {number} 个系统")] = site
    if not production:
        for over in _entries(folder / "systems.demo.toml"):
            for key in {"endpoint", "entry"} & over.keys():
                over[key] = (
                    str(over[key])
                    .replace("{sandbox}", settings().sandbox_url)
                    .replace("{sandbox_database}", settings().sandbox_database_url)
                    .replace("{sandbox_sftp}", settings().sandbox_sftp_url)
                )
            sites[str(over.get("id"))] = {**sites.get(str(over.get("id")), {}), **over}
    return [{**site, "id": name} for name, site in sites.items()]


def read(folder: Path, *, production: bool) -> tuple[list[SystemSite], list[UnreadSite]]:
    """The entries that can be read, and of the others every key with what is wrong with it."""
    read: list[SystemSite] = []
    unread: list[UnreadSite] = []
    for row in _sites(folder, production=production):
        try:
            read.append(SystemSite.model_validate(row))
        except ValidationError as error:
            unread += [
                UnreadSite(
                    id=row["id"], key=".".join(map(str, one["loc"])), reason=_in_chinese(one)
                )
                for one in error.errors()
            ]
    return read, unread


def _in_chinese(error: Any) -> str:
    known = {"extra_forbidden": "不认识的键", "missing": "缺少这个键"}
    return known.get(error["type"]) or f"值不合要求（{error['msg']}）"
