"""The channels of this deployment, made from the city pack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import httpx
import structlog

from portal.connectors.endpoint import EndpointRefused, check_endpoint
from portal.connectors.messaging.channel import Channel
from portal.connectors.messaging.line import Line, open_client
from portal.connectors.messaging.sms import SmsChannel
from portal.connectors.messaging.wecom import WecomChannel
from portal.store import clock
from portal.store.message_texts import ChannelText

log = structlog.get_logger(__name__)


def open_channels(
    texts: Sequence[ChannelText],
    *,
    secret: Callable[[str], str],
    allow: Sequence[str] = (),
    client: httpx.Client | None = None,
    now: Callable[[], datetime] = clock.now,
) -> tuple[Channel, ...]:
    """Every channel that has an endpoint.

    A wrong address or a missing credential leaves out that channel only, said in the log and, to
    the operator, on the page: messages are a help, and the rest of the portal starts without them.
    """
    shared = client or open_client()
    made = []
    for one in texts:
        if not one.endpoint:
            continue
        try:
            check_endpoint(one.endpoint, "rest", allow)
            held = {what: secret(name) for what, name in one.credentials.items()}
            made.append(_channel(one, held, Line(one.endpoint, shared), now))
        except (EndpointRefused, KeyError) as error:
            log.warning("a message channel is left out", channel=one.id, error=type(error).__name__)
    return tuple(made)


def _channel(
    text: ChannelText, held: dict[str, str], line: Line, now: Callable[[], datetime]
) -> Channel:
    if text.kind == "sms":
        return SmsChannel(
            id=text.id,
            name=text.name,
            line=line,
            template=text.template,
            app_id=held["app_id"],
            secret=held["secret"],
            now=now,
        )
    return WecomChannel(
        id=text.id,
        name=text.name,
        line=line,
        agent=text.agent,
        corp_id=held["corp_id"],
        secret=held["secret"],
        now=now,
    )
