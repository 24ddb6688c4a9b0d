"""Switching systems over, off and on again: the only writer of modes and checklists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.contract import State
from portal.connectors.gateway import Gateway
from portal.connectors.registry import System
from portal.functions.systems import alarms, rules
from portal.functions.systems.rules import PERMISSION, Item, Lacking, Step, Way
from portal.store import clock, steps, switches
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped
from portal.store.switches import SERVICE, Decision

_MOST_EVIDENCE = 400


class SwitchError(ValueError):
    """It was not done; the words say why, what was kept and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far one system is connected, what was decided, what may come next."""

    mode: str
    said_by_pack: str
    decision: Decision | None
    items: tuple[Item, ...]
    ways: tuple[Way, ...]
    history: tuple[Decision, ...]

    @property
    def complete(self) -> bool:
        return all(one.done for one in self.items)


@dataclass(frozen=True, kw_only=True)
class Switching:
    """The desk of one process."""

    gateway: Gateway

    def standing(self, principal: Principal, system_id: str) -> Standing:
        """Everything about one system's life: decision, checklist, ways on and back."""
        permissions.check(principal, PERMISSION)
        system = self._system(system_id)
        with scoped(principal.reach) as connection:
            past = switches.history(connection, system_id, 20)
            items = _items(connection, system)
        mode, before = _modes(system, past[0] if past else None)
        return Standing(
            mode=mode,
            said_by_pack=system.site.mode,
            decision=past[0] if past else None,
            items=items,
            ways=rules.ways(mode, before, items, _lacking(system)),
            history=tuple(past),
        )

    def switch(self, principal: Principal, system_id: str, mode: str, reason: str) -> Decision:
        """Take one step; what holds then is known to this process at once, to others in a second.

        The step is checked against what holds in the database, not against what was drawn.
        """
        permissions.check(principal, PERMISSION)
        system, why = self._system(system_id), _words(reason)
        with scoped(principal.reach) as connection:
            switches.hold(connection, system_id)
            past = switches.history(connection, system_id, 1)
            now, before = _modes(system, past[0] if past else None)
            items = _items(connection, system)
            way = next(
                (
                    one
                    for one in rules.ways(now, before, items, _lacking(system))
                    if one.mode == mode
                ),
                None,
            )
            if way is None:
                raise SwitchError(f"“{system.name}”现为{now}，不能直接转为{mode}；没有改动。")
            if not way.open:
                lacking = "；".join(way.missing)
                raise SwitchError(f"还不能{way.label}：{lacking}。没有改动，请先补齐。")
            switches.decide(
                connection,
                system_id=system_id,
                region_code=pack().region_code,
                before=now,
                mode=mode,
                reason=why,
                actor=principal.login,
                actor_name=principal.name,
            )
            with acting_as(connection, SERVICE.actor):
                alarms.forget(connection, system_id)
            self._record(principal, "systems.switch", system_id,
                         {"from": now, "to": mode, "reason": why})  # fmt: skip
        self.gateway.registry.refresh()
        decided = system.decision
        if decided is None or decided.mode != mode:
            raise SwitchError("已保存，但本机暂时读不到数据库，一秒后自动生效；请刷新查看。")
        return decided

    # -- the checklist --------------------------------------------------------------------------

    def approve(self, principal: Principal, system_id: str, number: str, until: date) -> None:
        """Number and end of the approval; one that is over already is no approval."""
        if until < _today():
            raise SwitchError("有效期已过，没有保存；请核对批准文件。")
        self._done(principal, system_id, "approval", number, until)

    def probe(self, principal: Principal, system_id: str) -> None:
        """Ask the system now; only an answer counts, and nobody can state it instead."""
        permissions.check(principal, PERMISSION)
        health = self.gateway.probe(self._system(system_id).id)
        self.gateway.settle()
        if health.state is not State.RETURNED:
            raise SwitchError(f"没有通过：{health.message}没有记录，请排除后重新探测。")
        self._done(principal, system_id, "probe", f"应答正常，用时 {health.elapsed_ms} 毫秒")

    def state(self, principal: Principal, system_id: str, item: str, evidence: str) -> None:
        """What a person answers for: the comparison of samples, the owner's signature."""
        if item not in {"samples", "sign_off"}:
            raise SwitchError("这一项不能由人填写，请按页面提示办理。")
        self._done(principal, system_id, item, evidence)

    def take_back(self, principal: Principal, system_id: str, item: str) -> None:
        """An item that turned out to be wrong counts no more; what was written stays on file."""
        permissions.check(principal, PERMISSION)
        if item not in rules.ITEMS:
            raise SwitchError("没有这一项，没有改动。")
        self._write(principal, self._system(system_id), item, "", None)

    def _done(
        self, principal: Principal, system_id: str, item: str, text: str, until: date | None = None
    ) -> None:
        permissions.check(principal, PERMISSION)
        words = " ".join(text.split())
        if not 2 <= len(words) <= _MOST_EVIDENCE:
            raise SwitchError(f"请写明依据（2 至 {_MOST_EVIDENCE} 个字），所填内容已保留。")
        self._write(principal, self._system(system_id), item, words, until)

    def _write(
        self, principal: Principal, system: System, item: str, evidence: str, until: date | None
    ) -> None:
        with scoped(principal.reach) as connection:
            steps.put(
                connection,
                system_id=system.id,
                region_code=pack().region_code,
                item=item,
                evidence=evidence,
                until=until,
                manifest_version=system.manifest.version,
                actor=principal.login,
                actor_name=principal.name,
            )
        told = {"item": rules.ITEMS[item], "decision": "完成" if evidence else "撤回"}
        self._record(principal, "systems.checklist", system.id, told | {"reason": evidence})

    # -- inside ---------------------------------------------------------------------------------

    def _system(self, system_id: str) -> System:
        try:
            return self.gateway.registry.system(system_id)
        except KeyError:
            raise SwitchError("没有这个业务系统，或其接入清单未被采用；没有改动。") from None

    def _record(
        self, principal: Principal, action: str, system_id: str, detail: dict[str, str]
    ) -> None:
        audit.append(
            action=action,
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            detail={"system": system_id, **detail},
        )


def _items(connection: Connection, system: System) -> tuple[Item, ...]:
    rows = steps.current(connection, system.id)
    return rules.checklist(stored(rows), system.manifest.version, _today())


def stored(rows: Sequence[Row[Any]]) -> dict[str, Step]:
    """The rows of one system's checklist by item."""
    return {
        row.item: Step(**{name: getattr(row, name) for name in Step.__dataclass_fields__})
        for row in rows
    }


def _modes(system: System, decided: Decision | None) -> tuple[str, str]:
    """The mode that holds, and the one before it was switched off."""
    if decided is None:
        return system.site.mode, rules.TESTED
    return decided.mode, decided.before


def _lacking(system: System) -> Lacking:
    to_call = tuple(reason for _, reason in system.lacking)
    return Lacking(
        to_call=to_call if system.site.endpoint else (*to_call, "城市包没有登记接口地址"),
        to_share=tuple(reason for _, reason in system.lacking_live if reason not in to_call),
    )


def _words(reason: str) -> str:
    words = " ".join(reason.split())
    if not rules.LEAST_REASON <= len(words) <= rules.MOST_REASON:
        raise SwitchError(
            f"请写明原因（{rules.LEAST_REASON} 至 {rules.MOST_REASON} 个字），所填内容已保留。"
        )
    return words


def _today() -> date:
    return clock.local(clock.now()).date()
