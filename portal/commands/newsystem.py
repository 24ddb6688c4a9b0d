"""``systems new``: a commented manifest to fill in and a place for its recordings; no code."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from portal.connectors.quality import RECORDINGS
from portal.connectors.registry import SYSTEMS
from portal.store.citypack import pack

SKELETONS = Path(__file__).parents[1] / "connectors" / "skeletons"
FIELDS = {"party": "智慧党建", "governance": "基层治理", "service": "便民服务"}
TRANSPORTS = {
    "rest": "REST 接口",
    "soap": "SOAP 服务",
    "database": "数据库视图",
    "files": "文件接收（SFTP）",
    "jump": "只供进入",
}
# Which of the shared parts follow those of the transport itself.
_ABOUT_PEOPLE = frozenset({"rest", "soap", "database"})
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
_WANTED = {
    "files": ("一份完整的文件，放在与对方同名的目录里",),
    "jump": ("probe", "接收票据的页面（截图或原文）"),
    "people": (
        "person_found", "person_missing", "probe", "roster_page_1", "error_…（每种出错各一份）",
    ),
}  # fmt: skip
_SITE = """\
[[system]]
id = "{id}"
name = "〔系统全称〕"
owner = "〔责任单位〕"
level = "〔国家级、省级、市级〕"
mode = "未接入"                   # 具备条件后改为“联调”
endpoint = ""
credentials = {{ }}                # 名字 = 密钥的引用；密钥在 PORTAL_SECRET_<引用>
legal_basis = "〔法律、法规或共享协议〕"
approval_no = ""
approval_until = ""
mark = "P"
"""

Ask = Callable[[str], str]


def _chosen(given: str | None, words: str, options: dict[str, str], ask: Ask | None) -> str:
    if given is None and ask is not None:
        told = "、".join(f"{key}（{name}）" for key, name in options.items())
        given = ask(f"{words}：{told}：").strip()
    if given not in options:
        raise ValueError(f"{words}须为 {'、'.join(options)} 之一。")
    return given


def _id(given: str | None, ask: Ask | None) -> str:
    if given is None and ask is not None:
        given = ask("编号（小写字母、数字、下划线，如 elder_allowance）：").strip()
    if given is None or not _SLUG.fullmatch(given):
        raise ValueError("编号须以小写字母开头，只含小写字母、数字、下划线，至多 64 个字符。")
    return given


def skeleton(system_id: str, field: str, transport: str) -> str:
    """The text of a manifest to be filled in: every 〔〕 is a question to the system's owner."""
    parts = ["head.toml", f"{transport}.toml"]
    if transport in _ABOUT_PEOPLE:
        parts.append("people.toml")
    text = "".join((SKELETONS / one).read_text(encoding="utf-8") for one in parts)
    given = {"id": system_id, "field": field, "transport": transport}
    return re.sub(r"@(id|field|transport)@", lambda found: given[found[1]], text)


def new(
    system_id: str | None = None,
    field: str | None = None,
    transport: str | None = None,
    *,
    ask: Ask | None = None,
    systems: Path = SYSTEMS,
    recordings: Path = RECORDINGS,
) -> int:
    """Write both files; nothing that is there is overwritten. 2 when an answer cannot be used."""
    try:
        name = _id(system_id, ask)
        chosen = _chosen(field, "领域", FIELDS, ask)
        kind = _chosen(transport, "接入方式", TRANSPORTS, ask)
        manifest, notes = systems / chosen / f"{name}.toml", recordings / name / "README.md"
        taken = [*systems.glob(f"*/{name}.toml"), *(one for one in (notes,) if one.exists())]
        if taken:
            raise ValueError(f"“{name}”已经有了：{taken[0].name}。没有改动，请换一个编号。")
    except ValueError as problem:
        sys.stdout.write(f"{problem}\n")
        return 2
    for file in (manifest, notes):
        file.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(skeleton(name, chosen, kind), encoding="utf-8")
    notes.write_text(_notes(name, kind), encoding="utf-8")
    sys.stdout.write(_next_steps(name, manifest, notes))
    return 0


def _notes(name: str, kind: str) -> str:
    wanted = _WANTED.get(kind, _WANTED["people"])
    lines = "\n".join(f"- [ ] {one}" for one in wanted)
    text = (SKELETONS / "README.md").read_text(encoding="utf-8")
    return text.replace("@id@", name).replace("@wanted@", lines)


def _next_steps(name: str, manifest: Path, notes: Path) -> str:
    known = any(one.id == name for one in pack().systems)
    site = "" if known else f"\n在城市包 systems.toml 加一段：\n\n{_SITE.format(id=name)}"
    return (
        f"已生成：\n  {manifest}\n  {notes}\n"
        f"〔〕处都要填；填完之前这个系统不启用，其他系统不受影响。{site}\n"
        f"填好后：python -m portal systems check {name}\n"
    )
