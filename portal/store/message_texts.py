"""What a city pack says of outgoing messages and of reminder digests: all of it data.

A channel without an endpoint is off, and without a channel nothing leaves. The text of a message is
made from a template that knows the platform, a system, a kind, a limit and a number, and nothing of
any person: a template that asks for more is refused when the pack is read.
"""

import tomllib
from datetime import time
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

NAMES = frozenset({"platform", "system", "kind", "due", "number"})
DIGEST_NAMES = frozenset({"platform", "due", "late", "unread"})
MOST_WORDS = 200


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChannelText(_Data):
    """A way to a phone: what it speaks and where it is; credentials by reference."""

    id: str = Field(pattern=r"^[a-z_]{2,20}$")
    name: str
    kind: Literal["sms", "wecom"]
    endpoint: str = ""
    credentials: dict[str, str] = {}
    template: str = ""  # the number under which an operator of text messages has approved the text
    agent: int = 0  # the application of 政务微信 that speaks
    simulated: bool = False


class UrgentText(_Data):
    """Which tasks are urgent enough for a message."""

    system: str
    kinds: tuple[str, ...] = ()  # none named: all of that system
    at_night: bool = False  # whether quiet hours do not hold it up


class DigestText(_Data):
    """When a person is reminded of what is due, and how."""

    enabled: bool = True
    by: Literal["platform", "message"] = "platform"
    morning: time = time(8, 30)
    afternoon: time = time(14, 30)
    workdays_only: bool = True
    words: str = (
        "【{platform}】今日到期 {due} 件，逾期 {late} 件，待阅 {unread} 件，请登录平台查看。"
    )

    @field_validator("words")
    @classmethod
    def _plain(cls, given: str) -> str:
        return only(given, DIGEST_NAMES)


class MessageTexts(_Data):
    """Outgoing messages as this city wants them."""

    channels: tuple[ChannelText, ...] = ()  # in this order: one that knows nobody hands on
    urgent: tuple[UrgentText, ...] = ()
    receivers: tuple[str, ...] = ()  # roles, the first that somebody holds
    answer_minutes: int = Field(default=30, ge=5, le=24 * 60)
    fresh_hours: int = Field(default=24, ge=1, le=7 * 24)  # older tasks are no news
    quiet_from: time = time(22, 0)
    quiet_until: time = time(7, 0)
    words: str = "【{platform}】{system}有一件{kind}待办，时限{due}，编号{number}，请登录平台办理。"
    digest: DigestText = DigestText()

    @field_validator("words")
    @classmethod
    def _plain(cls, given: str) -> str:
        return only(given, NAMES)

    @property
    def open_channels(self) -> tuple[ChannelText, ...]:
        """The channels that are configured."""
        return tuple(one for one in self.channels if one.endpoint)

    def urgency(self, system: str, kind: str) -> UrgentText | None:
        """Whether a task is urgent, and if so how."""
        for one in self.urgent:
            if one.system == system and (not one.kinds or kind in one.kinds):
                return one
        return None


def only(template: str, names: frozenset[str]) -> str:
    """A template that asks for these plain names and nothing else."""
    for _, name, spec, conversion in Formatter().parse(template):
        if name is not None and (name not in names or spec or conversion):
            raise ValueError(f"短信模板中不得使用“{{{name}}}”，只能用：{'、'.join(sorted(names))}")
    if len(template) > MOST_WORDS:
        raise ValueError(f"短信模板最多 {MOST_WORDS} 个字")
    return template


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def read(folder: Path, *, sandbox: str = "") -> MessageTexts:
    """The messages of a pack; a demonstration lays its simulated endpoints over the channels."""
    data = _toml(folder / "messages.toml")
    over = _toml(folder / "messages.demo.toml").get("channels", []) if sandbox else []
    channels = {one["id"]: one for one in data.get("channels", [])}
    for one in over:
        endpoint = one["endpoint"].replace("{sandbox}", sandbox)
        channels[one["id"]] = {**channels.get(one["id"], {}), **one, "endpoint": endpoint}
    return MessageTexts.model_validate({**data, "channels": list(channels.values())})
