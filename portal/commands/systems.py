"""``systems check [ID]``: a live probe of all systems, or every rule against one of them."""

import getpass
import sys
from collections.abc import Callable

from stdnum.cn import ric

from auth import audit
from portal.connectors import quality, trial
from portal.connectors.contract import State, Subject
from portal.connectors.converters import Unreadable, id_number
from portal.connectors.gateway import Gateway
from portal.connectors.quality import Facts
from portal.connectors.registry import REACHABLE_MODES, System
from portal.connectors.trial import Outcome
from portal.settings import settings
from portal.store import clock, crypto
from portal.store.citypack import SystemSite, pack
from portal.wiring import Wired, build

_NOBODY = "11010118500101001"  # born too long ago to be anybody


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")


def _mode(wired: Wired, site: SystemSite) -> str:
    system = wired.gateway.registry.systems.get(site.id)
    return system.mode if system else "清单未采用"


def _line(wired: Wired, site: SystemSite) -> tuple[bool, str]:
    """Whether a system is as it should be, and the sentence about it."""
    if any(one.system_id == site.id for one in wired.gateway.registry.refused):
        return False, f"{site.name}：启动时未采用，原因见上"
    mode = _mode(wired, site) if site.id in wired.gateway.registry.systems else site.mode
    if mode not in REACHABLE_MODES:
        return True, f"{site.name}：{mode}"
    simulated = "（模拟）" if site.simulated else ""
    health = wired.gateway.probe(site.id)
    words = f"{health.state.value} {health.message} {health.elapsed_ms} 毫秒"
    return health.state is State.RETURNED, f"{site.name}{simulated}（{mode}）：{words}"


def _approval(site: SystemSite) -> str:
    held = f"{site.approval_no}，有效期至 {site.approval_until}" if site.approval_no else "未填写"
    return f"  共享依据：{site.legal_basis or '未填写'}；批准文号：{held}"


def check(
    system_id: str | None = None,
    person: str | None = None,
    ask: Callable[[], str] | None = None,
) -> int:
    """Probe every system, or hold the named one to every rule; 1 when something falls short.

    A name that no system has gives 2, with the names there are. ``person`` is the identity number
    of somebody whom the system knows; it is neither printed nor logged. ``ask`` asks for it.
    """
    sites = [one for one in pack().systems if system_id in (None, one.id)]
    if not sites:
        known = "、".join(one.id for one in pack().systems)
        _say(f"没有编号为“{system_id}”的业务系统。现有：{known}")
        return 2
    wired = build()
    refused = [one for one in wired.gateway.registry.refused if system_id in (None, one.system_id)]
    for one in refused:
        _say(f"未采用：{one}")
    if system_id is not None:
        return _check_one(wired, sites[0], person, ask) if not refused else 1
    wired.gateway.start()
    every_one = not refused
    try:
        for site in sites:
            well, line = _line(wired, site)
            every_one = every_one and well
            _say(line)
    finally:
        wired.gateway.stop()
    return 0 if every_one else 1


def _check_one(
    wired: Wired, site: SystemSite, person: str | None, ask: Callable[[], str] | None
) -> int:
    system = wired.gateway.registry.systems.get(site.id)
    if system is None or not site.endpoint or system.lacking:
        _say(f"{site.name}：{_mode(wired, site)}")
        _say(_approval(site))
        for reason in [text for _, text in system.lacking] if system else ["没有清单"]:
            _say(f"  缺 {reason}")
        if system is None or system.mode in REACHABLE_MODES:
            return 1
        _say(
            "  没有登记接口地址，未作检查。请在城市包 systems.toml 写明 endpoint，mode 改为“联调”。"
        )
        return 0
    subject = _subject(person or (ask() if ask else ""))
    if isinstance(subject, str):
        _say(subject)
        return 2
    if subject is not None:
        _audited(site.id, subject)
    return _hold(system, subject)


def _subject(number: str) -> Subject | str | None:
    if not number.strip():
        return None
    try:
        text = id_number(number)
    except Unreadable:
        return "样本人员的身份证号不正确，没有检查；请核对后重新输入（不会显示、不会留存）。"
    return Subject(id="sample", id_number=text, name="样本人员", region_code=text[:6])


def _audited(system_id: str, subject: Subject) -> None:
    audit.append(
        action="systems.check",
        actor="command",
        subject_hash=crypto.keyed_hash(subject.id_number),
        detail={"system": system_id},
    )


def _hold(system: System, subject: Subject | None) -> int:
    chosen, site = settings(), system.site
    gateway = Gateway(trial.alone(system), deadline_seconds=chosen.upstream_deadline_seconds)
    simulated = "（模拟）" if site.simulated else ""
    _say(f"{site.name}{simulated}（{system.mode}）")
    _say(_approval(site))
    gateway.start()
    try:
        whole = _NOBODY + ric.calc_check_digit(_NOBODY + "0")
        nobody = Subject(id="nobody", id_number=whole, name="查无此人", region_code=whole[:6])
        outcomes = trial.conform(
            gateway,
            system,
            now=clock.now(),
            person=subject,
            nobody=nobody,
            retired=tuple(pack().retired_codes.values()),
        )
        short = sum([_told(one) for one in outcomes])
    finally:
        gateway.stop()
    _graded(system)
    _say("各项均符合。" if not short else f"有 {short} 项不符合，改正后重新检查。")
    return 1 if short else 0


def _told(one: Outcome) -> bool:
    if one.skipped:
        _say(f"  未查  {one.rule}：{one.skipped}")
        return False
    _say(f"  {'不符' if one.short else '符合'}  {one.rule}")
    for words in one.short:
        _say(f"        · {words}")
    return bool(one.short)


def _graded(system: System) -> None:
    """What the manifest's own words come to; what only running shows is left to the page."""
    facts = Facts(
        manifest=system.manifest,
        site=system.site,
        today=clock.local(clock.now()).date(),
        recorded=quality.recorded(system.id),
    )
    checked = quality.assess(facts)
    claimed = system.manifest.quality.level
    said = quality.name_of(claimed) if claimed else "未申报"
    _say(f"  接入质量：现达{quality.name_of(quality.reached(checked))}，清单申报：{said}")
    for one in checked:
        if not one.good and one.rule.level <= max(claimed, 2):
            _say(f"        · {one.rule.words}：{one.reason}")


def ask_person() -> str:
    """Ask for a sample person's number without showing it; empty goes on without one."""
    return getpass.getpass("样本人员身份证号（不显示、不留存；直接回车跳过）：")
