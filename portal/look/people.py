"""How 人员与岗位 looks: what would change, what is wrong, who is where, a printed 交接单."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from portal.look.markup import Html, join, tag, text
from portal.look.tables import Column, table
from portal.store import clock

_TONES = {"新增": "good", "修改": "waiting", "停用": "failed", "无变化": "quiet"}
_STATES = {"生效中": "good", "未开始": "waiting", "已到期": "quiet", "已撤销": "quiet"}


class Changed(Protocol):
    """A change, as far as it is drawn."""

    @property
    def sheet(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...


class Wrong(Protocol):
    """A problem, as far as it is drawn."""

    @property
    def sheet(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def column(self) -> str: ...
    @property
    def message(self) -> str: ...


class Paper(Protocol):
    """A 交接单, as far as it is drawn."""

    @property
    def number(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def holder(self) -> str: ...
    @property
    def login(self) -> str: ...
    @property
    def successor(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def by(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def moved(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def deputies(self) -> int: ...


def chip(word: str, tones: dict[str, str] = _TONES) -> Html:
    """A word in its tone."""
    return tag("span", text(word), class_=f"chip {tones.get(word, 'quiet')}")


def state(word: str) -> Html:
    """Where a deputy stands."""
    return chip(word, _STATES)


def moment(at: datetime) -> str:
    """To the second: rights begin and end by it."""
    return f"{clock.local(at):%Y-%m-%d %H:%M:%S}"


def changes(given: Sequence[Changed]) -> Html:
    """What a file would change."""
    columns = (
        Column(head="变化"),
        Column(head="表"),
        Column(head="编号或账号"),
        Column(head="名称"),
        Column(head="内容", kind="wrap"),
    )
    rows = [
        (chip(str(one.group)), text(one.sheet), text(one.key), text(one.title),
         join(tag("div", text(word)) for word in one.words))
        for one in given
    ]  # fmt: skip
    return table("将要发生的变化", columns, rows)


def problems(given: Sequence[Wrong]) -> Html:
    """What is wrong in a file, by row and column."""
    columns = (
        Column(head="表"),
        Column(head="行", kind="num"),
        Column(head="列"),
        Column(head="问题", kind="wrap"),
    )
    rows = [
        (text(one.sheet), text(one.number), text(one.column), text(one.message)) for one in given
    ]
    return table("需要改正的内容", columns, rows)


def download(words: str, name: str) -> Html:
    """A link to a file of ours."""
    return tag("a", text(words), href=f"/api/v1/people/{name}.xlsx", class_="download", download="")


def downloads(*given: tuple[str, str]) -> Html:
    """Several of them side by side."""
    return tag("div", join(download(words, name) for words, name in given), class_="downloads")


def paper(slip: Paper) -> Html:
    """The 交接单 for printing on A4 and signing."""
    moved = "、".join(f"{what} {count} 件" for what, count in slip.moved) or "无"
    waits = "空岗（待接任后移交）"
    lines = [
        ("编号", slip.number),
        ("交接类型", slip.kind),
        ("单位", slip.unit),
        ("岗位", slip.title),
        ("移交人", f"{slip.holder}（{slip.login}）"),
        ("接收人", slip.successor or waits),
        ("权限终止时间", moment(slip.at)),
        ("移交内容", moved if slip.successor else waits),
        ("终止的委托", f"{slip.deputies} 项"),
        ("事由", slip.reason or "无"),
        ("经办", slip.by),
    ]
    body = join(
        tag("tr", tag("th", text(name), scope="row") + tag("td", text(value)))
        for name, value in lines
    )
    signs = join(tag("span", text(one)) for one in ("移交人签字：", "接收人签字：", "监交人签字："))
    whole = tag("h3", "工作交接单") + tag("table", body) + tag("p", signs, class_="signs")
    return tag("article", whole, class_="paper")
