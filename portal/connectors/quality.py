"""接入质量 一/二/三级: rules as data, each with a way to check it, and the level they support."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from portal.connectors.contract import Capability
from portal.connectors.manifest import FilesManifest, JumpManifest, Manifest
from portal.connectors.template import placeholders
from portal.settings import ROOT
from portal.store.citypack import SystemSite

RULES = Path(__file__).with_suffix(".toml")
RECORDINGS = ROOT / "tests" / "connectors" / "fixtures"


class Verdict(StrEnum):
    """What became of one rule for one system."""

    DONE = "达到"
    EXEMPT = "免检"
    IRRELEVANT = "不适用"
    OPEN = "未达到"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(_Data):
    """A level under its name."""

    id: Literal[1, 2, 3]
    name: str
    about: str


class Rule(_Data):
    """One rule: from which level on it is asked, and how it is checked."""

    id: str
    level: Literal[1, 2, 3]
    words: str
    how: Literal["automatic", "statement"]


class Book(_Data):
    """All rules and the bounds they use."""

    least_calls: int
    least_share: float
    most_of_limit: float
    level: tuple[Level, ...]
    rule: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True)
class Running:
    """How a system did lately, from the call records."""

    calls: int
    failed: int
    p95_ms: float | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that the rules are checked against; what is not known is ``None``."""

    manifest: Manifest
    site: SystemSite
    today: date
    recorded: Collection[str] | None = None
    running: Running | None = None
    approval_until: date | None = None
    stated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One rule with what became of it and why."""

    rule: Rule
    verdict: Verdict
    reason: str

    @property
    def good(self) -> bool:
        return self.verdict is not Verdict.OPEN


class IrrelevantError(Exception):
    """The rule asks for something that this kind of system does not have."""


@lru_cache(maxsize=1)
def book() -> Book:
    """The rules as they stand in the file."""
    return Book.model_validate(tomllib.loads(RULES.read_text(encoding="utf-8")))


def name_of(level: int) -> str:
    """What a level is called; none reached is said so."""
    return next((one.name for one in book().level if one.id == level), "未达一级")


def recorded(system_id: str, folder: Path = RECORDINGS) -> frozenset[str] | None:
    """The names of a system's recorded answers; ``None`` where the recordings are not at hand."""
    place = folder / system_id
    if not folder.exists():
        return None
    if not place.exists():
        return frozenset()
    return frozenset(one.name.split(".")[0] for one in place.rglob("*") if one.is_file())


def assess(facts: Facts) -> tuple[Checked, ...]:
    """Every rule of the book, checked against the facts."""
    return tuple(_check(rule, facts) for rule in book().rule)


def reached(checked: Sequence[Checked]) -> int:
    """The highest level all of whose rules, and those below, are met; 0 when none is."""
    level = 0
    for one in book().level:
        if not all(it.good for it in checked if it.rule.level == one.id):
            break
        level = one.id
    return level


def unsupported(facts: Facts) -> tuple[Checked, ...]:
    """What speaks against the level that a manifest claims, as far as files can tell."""
    claimed = facts.manifest.quality.level
    return tuple(one for one in assess(facts) if one.rule.level <= claimed and not one.good)


def _check(rule: Rule, facts: Facts) -> Checked:
    exempt = facts.manifest.quality.exempt.get(rule.id)
    if exempt:
        return Checked(rule=rule, verdict=Verdict.EXEMPT, reason=exempt)
    if rule.how == "statement":
        said = facts.stated.get(rule.id, "")
        verdict = Verdict.DONE if said else Verdict.OPEN
        return Checked(rule=rule, verdict=verdict, reason=said or "尚未填写")
    try:
        missing = CHECKS[rule.id](facts)
    except IrrelevantError as why:
        return Checked(rule=rule, verdict=Verdict.IRRELEVANT, reason=str(why))
    return Checked(rule=rule, verdict=Verdict.OPEN if missing else Verdict.DONE, reason=missing)


def _probe(facts: Facts) -> str:
    return "" if "probe" in facts.manifest.calls else "没有 calls.probe"


def _written(key: str) -> Callable[[Facts], str]:
    def check(facts: Facts) -> str:
        written = key in facts.manifest.limits.model_fields_set
        return "" if written else f"limits 没有写明 {key}"

    return check


def _stale_limit(facts: Facts) -> str:
    if Capability.RECORDS not in facts.manifest.capabilities:
        raise IrrelevantError("不进档案，没有旧数据可用")
    return _written("stale_minutes")(facts)


def _legal_basis(facts: Facts) -> str:
    return "" if facts.site.legal_basis.strip() else "城市包没有写明共享依据"


def _recorded(facts: Facts) -> str:
    able, wanted = facts.manifest.capabilities, {"probe"}
    if facts.recorded is None:
        return "本机没有应答样例，无法核对"
    if isinstance(facts.manifest, FilesManifest):
        return "" if set(facts.recorded) - {"README"} else "没有录下一份文件"
    wanted |= {"person_found", "person_missing"} if Capability.RECORDS in able else set()
    wanted |= {"roster_page_1"} if Capability.ROSTER in able else set()
    missing = sorted(wanted - set(facts.recorded))
    return f"缺少样例：{'、'.join(missing)}" if missing else ""


def _error_words(facts: Facts) -> str:
    if facts.manifest.transport not in {"rest", "soap"}:
        raise IrrelevantError("数据库、文件由协议本身报错")
    envelope = facts.manifest.envelope
    named = [
        key
        for key in ("success", "busy", "denied", "bad_request")
        if getattr(envelope, key) is not None
    ]
    by_status = facts.recorded is not None and any(
        one.startswith(("error_", "fault_")) for one in facts.recorded
    )
    return "" if named or by_status else "envelope 没有写明出错的样子，也没有录下出错应答"


def _recorded_errors(facts: Facts) -> str:
    if isinstance(facts.manifest, FilesManifest):
        raise IrrelevantError("文件没有出错应答")
    if facts.recorded is None:
        return "本机没有应答样例，无法核对"
    found = any(one.startswith(("error_", "fault_")) for one in facts.recorded)
    return "" if found else "没有录下出错应答（error_*、fault_*）"


def _paging(facts: Facts) -> str:
    calls = facts.manifest.calls
    lists = [name for name in ("roster", "tasks", "counts") if name in calls]
    if not lists or isinstance(facts.manifest, FilesManifest):
        raise IrrelevantError("没有要翻页的清单")
    whole = [name for name in lists if calls[name].paging is None]  # type: ignore[index]
    return f"calls.{whole[0]} 没有写明翻页" if whole else ""


def _as_of(facts: Facts) -> str:
    if isinstance(facts.manifest, FilesManifest):
        return ""  # the period stands in the file's name
    if isinstance(facts.manifest, JumpManifest):
        raise IrrelevantError("只供进入，不取数据")
    return "" if facts.manifest.envelope.as_of else "envelope 没有写明 as_of"


def _idempotent(facts: Facts) -> str:
    calls = facts.manifest.calls
    if "act" not in calls:
        raise IrrelevantError("不接收办理命令")
    call = calls["act"]
    sent = [getattr(call, part, None) for part in ("path", "query", "body", "headers", "arguments")]
    return (
        "" if any("key" in placeholders(one) for one in sent if one) else "calls.act 没有带 {key}"
    )


def _approval(facts: Facts) -> str:
    until = facts.approval_until or day_of(facts.site.approval_until)
    if not (facts.site.approval_no or facts.approval_until):
        return "没有登记批准文号"
    if until is None:
        return "没有登记有效期"
    return f"已于 {until:%Y-%m-%d} 到期" if until < facts.today else ""


def day_of(text: str) -> date | None:
    """A day as the city pack writes it; what is no day is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _answers(facts: Facts) -> str:
    run, rules = facts.running, book()
    if run is None or run.calls < rules.least_calls:
        return f"近 7 天调用不足 {rules.least_calls} 次，还不能判定"
    share = 1 - run.failed / run.calls
    return "" if share >= rules.least_share else f"应答率 {share:.1%}，低于 {rules.least_share:.0%}"


def _pace(facts: Facts) -> str:
    run, rules = facts.running, book()
    if run is None or run.p95_ms is None or run.calls < rules.least_calls:
        return f"近 7 天调用不足 {rules.least_calls} 次，还不能判定"
    most = facts.manifest.limits.timeout_seconds * 1000 * rules.most_of_limit
    return "" if run.p95_ms <= most else f"95% 的用时 {run.p95_ms:.0f} 毫秒，超过 {most:.0f} 毫秒"


CHECKS: Mapping[str, Callable[[Facts], str]] = {
    "probe": _probe,
    "time_limit": _written("timeout_seconds"),
    "stale_limit": _stale_limit,
    "legal_basis": _legal_basis,
    "recorded": _recorded,
    "error_words": _error_words,
    "recorded_errors": _recorded_errors,
    "paging": _paging,
    "as_of": _as_of,
    "idempotent": _idempotent,
    "approval": _approval,
    "answers": _answers,
    "pace": _pace,
}
