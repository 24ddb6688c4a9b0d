"""From 未接入 to 正式 and back: which step may follow which, and what must be done before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

PERMISSION = "systems.manage"
OFF, ABSENT, TESTED, TRIAL, REGULAR = "停用", "未接入", "联调", "试运行", "正式"
FORWARD = {ABSENT: TESTED, TESTED: TRIAL, TRIAL: REGULAR}
BACK = {after: before for before, after in FORWARD.items()}
LEAST_REASON, MOST_REASON = 4, 200

# The switch-over checklist: item -> what it asks for.
ITEMS: Mapping[str, str] = {
    "approval": "批准文号及有效期",
    "probe": "实时探测",
    "samples": "样本比对",
    "sign_off": "责任单位签字确认",
}
# What was seen of one version of the manifest says nothing about the next.
_OF_THIS_VERSION = frozenset({"probe", "samples"})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One item of the checklist as it was done: by whom, when, on what evidence."""

    item: str
    evidence: str
    until: date | None
    manifest_version: int
    actor_name: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item as it stands now; ``missing`` says in words what is still to do."""

    item: str
    label: str
    step: Step | None
    missing: str

    @property
    def done(self) -> bool:
        return not self.missing


@dataclass(frozen=True, kw_only=True)
class Way:
    """A step that may be taken, or why not yet."""

    mode: str
    label: str
    forward: bool
    missing: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        return not self.missing


def checklist(done: Mapping[str, Step], version: int, today: date) -> tuple[Item, ...]:
    """Every item with what it lacks."""
    return tuple(
        Item(item=item, label=label, step=done.get(item), missing=_missing(item, done.get(item),
             version, today))
        for item, label in ITEMS.items()
    )  # fmt: skip


def _missing(item: str, step: Step | None, version: int, today: date) -> str:
    if step is None or not step.evidence:
        return "尚未完成"
    if item == "approval" and step.until is None:
        return "没有有效期"
    if item == "approval" and step.until is not None and step.until < today:
        return f"已于 {step.until:%Y-%m-%d} 到期"
    if item in _OF_THIS_VERSION and step.manifest_version != version:
        return f"接入清单已改为第 {version} 版，须重做"
    return ""


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """What the city's half of a system lacks to be called, and to be given to people."""

    to_call: tuple[str, ...] = ()
    to_share: tuple[str, ...] = ()


def ways(
    mode: str, before: str, items: tuple[Item, ...], lacking: Lacking | None = None
) -> tuple[Way, ...]:
    """What may become of a system now: one step on, one step back, off, on again.

    ``before`` is the mode it had when it was switched off.
    """
    lacking = lacking or Lacking()
    if mode == OFF:
        return _on_again(before, items, lacking)
    found = []
    if mode in FORWARD:
        target = FORWARD[mode]
        missing = _before(target, items, lacking)
        found.append(Way(mode=target, label=f"转为{target}", forward=True, missing=missing))
    if mode in BACK:
        found.append(Way(mode=BACK[mode], label=f"退回{BACK[mode]}", forward=False))
    if mode != ABSENT:
        found.append(Way(mode=OFF, label=OFF, forward=False))
    return tuple(found)


def _on_again(before: str, items: tuple[Item, ...], lacking: Lacking) -> tuple[Way, ...]:
    """Back to where it was; what may not be 正式 any more may still be tried out."""
    target = before if before in {*FORWARD, REGULAR} and before != ABSENT else TESTED
    back = Way(mode=target, label=f"恢复{target}", forward=True,
               missing=_before(target, items, lacking))  # fmt: skip
    if target != TESTED and not back.open:
        lower = BACK[target]
        return (back, Way(mode=lower, label=f"恢复为{lower}", forward=True,
                          missing=_before(lower, items, lacking)))  # fmt: skip
    return (back,)


def _before(target: str, items: tuple[Item, ...], lacking: Lacking) -> tuple[str, ...]:
    missing = lacking.to_call
    if target in {TRIAL, REGULAR}:
        missing += lacking.to_share
    if target == REGULAR:
        missing += tuple(f"{one.label}：{one.missing}" for one in items if one.missing)
    return missing
