"""The rules that every connected system keeps, for the tests and for a live check alike.

Each gives what falls short, in words that name fields and never a value. The tests hold the
recordings and the simulated systems to them, ``systems check`` the real endpoint (`trial`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime

from stdnum.cn import ric

from portal.connectors.contract import (
    Answer,
    Field,
    Health,
    RegisterEntry,
    RosterEntry,
    RosterRelation,
    State,
    Subject,
)
from portal.connectors.counting import Counted
from portal.connectors.manifest import Manifest
from portal.connectors.survey import Tallied
from portal.store.clock import local
from portal.store.landing import Landed

GENDERS = frozenset({"男", "女", "未说明"})
DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SPOILT = re.compile(r"[•・．‧\u3000]|\s\s")
_STYLES: dict[str, tuple[Callable[[str], bool], str]] = {
    "date": (lambda text: bool(DAY.fullmatch(text)), "日期不成样"),
    "month": (lambda text: bool(re.fullmatch(r"\d{4}-\d\d", text)), "月份不成样"),
    "money": (lambda text: bool(re.fullmatch(r"-?\d+\.\d\d", text)), "金额不成样"),
    "number": (str.isdigit, "数目不成样"),
    "phone": (lambda text: bool(re.fullmatch(r"\d{7,12}", text)), "电话不成样"),
    "region": (lambda text: bool(re.fullmatch(r"\d{12}|\d{15}", text)), "区划代码不成样"),
    "id_number": (lambda text: text[-1] == ric.calc_check_digit(text), "身份证号校验不过"),
}


def probe(health: Health) -> Iterator[str]:
    """A probe is answered."""
    if health.state is not State.RETURNED:
        yield f"{health.state.value}：{health.message}"


def known_person(answer: Answer, subject: Subject, now: datetime) -> Iterator[str]:
    """A known person comes back as that person, tidy, with a time, nothing unreadable."""
    if answer.state is not State.RETURNED:
        yield f"{answer.state.value}：{answer.message}"
        return
    if answer.as_of is None or answer.as_of.tzinfo is None or answer.as_of > now:
        yield "数据时间缺失或晚于现在"
    yield from _person({one.name: one for one in answer.records[0].fields}, subject, now)


def _person(found: Mapping[str, Field], subject: Subject, now: datetime) -> Iterator[str]:
    if "id_number" in found and found["id_number"].value != subject.id_number:
        yield "身份证号与所查不一致"
    name = found["name"].value if "name" in found else "-"
    if not name or name != name.strip() or _SPOILT.search(name):
        yield "姓名缺失或不整齐"
    if "gender" in found and found["gender"].value not in GENDERS:
        yield "性别没有换成汉字"
    if "birth_date" in found:
        yield from _born(found["birth_date"].value, local(now).date())
    for one in found.values():
        if one.note:
            yield f"“{one.label}”读不懂：{one.note}"


def _born(day: str | None, today: date) -> Iterator[str]:
    if not (day and DAY.fullmatch(day)):
        yield "出生日期缺失或不成样"
    elif date.fromisoformat(day) > today:
        yield "出生日期晚于今天"


def styles(answer: Answer, manifest: Manifest) -> Iterator[str]:
    """Dates, codes and amounts come out in one style."""
    last = {
        name: value.convert[-1].partition(":")
        for kind in manifest.records
        for name, value in kind.map.items()
        if value.convert
    }
    for record in answer.records:
        for one in record.fields:
            kind, _, argument = last.get(one.name, ("", "", ""))
            if one.value is None:
                continue
            if kind in _STYLES and not _STYLES[kind][0](one.value):
                yield f"“{one.label}”{_STYLES[kind][1]}"
            if kind == "code" and one.value not in manifest.tables[argument].values():
                yield f"“{one.label}”不在代码表 {argument} 里"


def unknown_person(answer: Answer) -> Iterator[str]:
    """A person unknown there is said to be."""
    if answer.state is not State.NOT_FOUND:
        yield f"查无此人时得到“{answer.state.value}”：{answer.message}"
    if answer.records:
        yield "查无此人却给了记录"


def roster(
    entries: Sequence[RosterEntry],
    unreadable: int,
    *,
    today: date,
    retired: tuple[str, ...] = (),
    placed: bool = True,
) -> Iterator[str]:
    """A roster is readable, without doubles, and nearly everybody on it lives somewhere."""
    if not entries:
        yield "名册是空的"
        return
    if unreadable:
        yield f"{unreadable} 行读不懂"
    numbers = [one.id_number for one in entries]
    if len({one.foreign_id for one in entries}) != len(entries):
        yield "有重复的编号"
    if len(set(numbers)) != len(numbers):
        yield "有重复的身份证号"
    if wrong := sum(number[-1] != ric.calc_check_digit(number) for number in numbers):
        yield f"{wrong} 行身份证号校验不过"
    if bare := sum(one.name != one.name.strip() or not one.name for one in entries):
        yield f"{bare} 行姓名不整齐"
    if placed and sum(bool(one.relations) for one in entries) < 0.9 * len(entries):
        yield "一成以上的人没有所在地"
    yield from _relations([r for one in entries for r in one.relations], today, retired)


def _relations(
    relations: Sequence[RosterRelation], today: date, retired: tuple[str, ...]
) -> Iterator[str]:
    if odd := sum(not re.fullmatch(r"\d{12}", one.region_code) for one in relations):
        yield f"{odd} 处区划代码不是 12 位"
    if retired and any(one.region_code.startswith(retired) for one in relations):
        yield "仍有停用的旧区划代码"
    if any(one.since is not None and one.since > today for one in relations):
        yield "有晚于今天的起始日期"


def listed(
    entries: Sequence[RegisterEntry], unreadable: int, retired: tuple[str, ...] = ()
) -> Iterator[str]:
    """A list of houses or enterprises is readable, placed, and has nothing twice."""
    if not entries:
        yield "名单是空的"
    if unreadable:
        yield f"{unreadable} 行读不懂"
    if len({(one.kind, one.foreign_id) for one in entries}) != len(entries):
        yield "有重复的编号"
    if any(not re.fullmatch(r"\d{12}", one.region_code) for one in entries):
        yield "有不成样的区划代码"
    if retired and any(one.region_code.startswith(retired) for one in entries):
        yield "仍有停用的旧区划代码"


def counted(told: Tallied, retired: tuple[str, ...] = ()) -> Iterator[str]:
    """Rows about things are counted by place and day."""
    if not told.rows:
        yield "一行也没有"
    if told.unreadable:
        yield f"{told.unreadable} 行读不懂"
    if told.as_of is None:
        yield "没有数据时间"
    for one in told.counted:
        yield from _measured(one, retired)


def _measured(one: Counted, retired: tuple[str, ...]) -> Iterator[str]:
    name = one.measure.name
    if one.absent:
        yield f"“{name}”所用的列不存在"
    for count in one.counts:
        if not re.fullmatch(r"\d{12}", count.region_code):
            yield f"“{name}”有不成样的区划代码"
        if retired and count.region_code.startswith(retired):
            yield f"“{name}”仍有停用的旧区划代码"
        if (count.day is not None) != (one.measure.kind == "flow"):
            yield f"“{name}”的日期与类型不符"


def landed(rows: Sequence[Landed], retired: tuple[str, ...] = ()) -> Iterator[str]:
    """The rows of a file have a place and a key of their own."""
    if not rows:
        yield "文件里一行也没有"
    if len({one.key for one in rows}) != len(rows):
        yield "有键相同的行"
    if any(not re.fullmatch(r"\d{12}", one.region_code) for one in rows):
        yield "有不成样的区划代码"
    if retired and any(one.region_code.startswith(retired) for one in rows):
        yield "仍有停用的旧区划代码"
