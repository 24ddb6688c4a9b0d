"""The function of one process: what pages ask of it, and its turn in the background."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.messaging import Channel
from portal.functions.messages import post, rules
from portal.functions.messages.model import MessageError, Sent
from portal.store import clock, messages
from portal.store.citypack import CityPack, pack
from portal.store.message_texts import MessageTexts
from portal.store.scope import scoped

VIEW, OPERATE, MANAGE = "tasks.view", "systems.view", "systems.manage"
GONE = "没有找到这条消息，可能已经处理，请刷新后查看。"


@dataclass(frozen=True, kw_only=True)
class Messages:
    """Outgoing messages; without a channel nothing is written and nothing leaves."""

    channels: Sequence[Channel]
    name_of: Callable[[str], str]  # what a system or an affair of ours is called
    kinds_of: Callable[[str], Sequence[str]]  # which kinds of tasks it has

    @property
    def on(self) -> bool:
        """Whether any channel is configured."""
        return bool(self.channels)

    def turn(self) -> int:
        """Tell of urgent tasks, send what is due, ask what became of it; gives how much it was."""
        known = {one.id: one for one in self.channels}
        done = post.tell(known, self.name_of, list(self._kinds(pack().messages)))
        while sent := post.deliver(known):
            done += sent
        return done + post.follow(known)

    def _kinds(self, texts: MessageTexts) -> Iterator[tuple[str, str]]:
        for one in texts.urgent:
            for kind in one.kinds or self.kinds_of(one.system):
                yield one.system, kind

    def about(self, principal: Principal, task_id: str) -> tuple[Sent, ...]:
        """The messages about a task that the principal can see."""
        permissions.check(principal, VIEW)
        with scoped(principal.reach) as connection:
            found = messages.about(connection, UUID(task_id))
        return tuple(map(self._sent, found))

    def troubled(self, principal: Principal) -> tuple[Sent, ...]:
        """What is stuck or did not arrive in the scope: for those who run the platform."""
        permissions.check(principal, OPERATE)
        with scoped(principal.reach) as connection:
            found = messages.to_be_looked_at(connection, rules.TO_BE_LOOKED_AT)
        return tuple(map(self._sent, found))

    def resend(self, principal: Principal, message_id: str) -> None:
        """Try a message again, with the same key."""
        now = clock.now()
        row = self._changed(
            principal, message_id, state=rules.WAITING, attempts=0, since=now, next_at=now,
            told_at=None, error=None,
        )  # fmt: skip
        _audit(principal, "messages.resend", row)

    def give_up(self, principal: Principal, message_id: str) -> None:
        """Leave it."""
        row = self._changed(principal, message_id, state=rules.DROPPED)
        _audit(principal, "messages.drop", row)

    def _changed(self, principal: Principal, message_id: str, **values: Any) -> Row[Any]:
        permissions.check(principal, MANAGE)
        with scoped(principal.reach) as connection:
            row = messages.find(connection, UUID(message_id))
            if row is None:
                raise MessageError(GONE)
            if row.state not in rules.TO_BE_LOOKED_AT:
                raise MessageError(f"这条消息现为“{row.state}”，不需要处理，没有改动。")
            messages.change(connection, row.id, **values)
        return row

    def _sent(self, row: Row[Any]) -> Sent:
        channel = next((one for one in self.channels if one.id == row.channel), None)
        texts = {one.id: one for one in pack().messages.channels}
        return Sent(
            id=str(row.id),
            kind=row.kind,
            step=row.step,
            person=row.person,
            channel=channel.name if channel else row.channel,
            state=row.state,
            at=row.told_at or row.sent_at or row.created_at,
            reason=row.error or "",
            task_id=str(row.task_id) if row.task_id else "",
            simulated=row.channel in texts and texts[row.channel].simulated,
        )


def _audit(principal: Principal, action: str, row: Row[Any]) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        case_id=str(row.task_id) if row.task_id else None,
        detail={"number": rules.number(row.id), "attempts": row.attempts},
    )


def check(city: CityPack, kinds_of: Callable[[str], Sequence[str]]) -> None:
    """Refuse a list of urgent tasks that could never match: it would fail silently in the night."""
    wrong = list(_problems(city, kinds_of))
    if wrong:
        raise ValueError("messages.toml：" + "；".join(wrong))


def _problems(city: CityPack, kinds_of: Callable[[str], Sequence[str]]) -> Iterator[str]:
    roles = {one.id for one in city.roles}
    yield from (f"没有名为“{one}”的角色" for one in city.messages.receivers if one not in roles)
    sites = {one.id for one in city.systems}
    for one in city.messages.urgent:
        known = kinds_of(one.system)
        if not known and one.system not in sites:
            yield f"没有名为“{one.system}”的系统"
        yield from (
            f"系统“{one.system}”没有“{kind}”这类任务"
            for kind in one.kinds
            if known and kind not in known
        )
