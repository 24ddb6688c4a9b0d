"""Handing in an application to a system, and asking how far it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from portal.connectors.applications import ApplicationSection
from portal.connectors.channel import Channel
from portal.connectors.contract import (
    Application,
    Capability,
    NotFound,
    Progress,
    State,
    SystemFault,
    TheirFault,
)
from portal.connectors.converters import Unreadable
from portal.connectors.loop import UpstreamLoop
from portal.connectors.mapping import getter, text_of
from portal.connectors.parts import Value
from portal.connectors.recorder import Attribution, CallRecorder, row
from portal.connectors.template import FORM
from portal.connectors.transport import Trace
from portal.store.crypto import keyed_hash

SERVICE = "service:applications"


class Applying:
    """The applications of one system; every request leaves a call record."""

    def __init__(
        self,
        channel: Channel,
        loop: UpstreamLoop,
        recorder: CallRecorder,
        now: Callable[[], datetime],
    ) -> None:
        section = channel.system.manifest.applications
        if section is None:
            raise KeyError(f"系统“{channel.system.name}”不受理申请")
        self.section: ApplicationSection = section
        self._channel = channel
        self._loop = loop
        self._recorder = recorder
        self._now = now

    def apply(self, given: Application, subject_hash: str) -> str:
        """Hand it in; gives the system's number. ``TurnedDown`` says that the system will not."""
        values = {
            "key": given.key,
            "number": given.number,
            "matter": self.section.matters[given.matter],
            "actor": given.actor,
            "actor_name": given.actor_name,
            "unit": given.unit,
            **{f"{FORM}{name}": given.form.get(name) or None for name in self.section.lines},
        }
        who = Attribution(
            trace_id=uuid4().hex,
            actor=given.actor,
            unit=given.unit,
            purpose="apply",
            case_id=given.key,
            subject_hash=subject_hash,
        )
        answer = self._asked(who, lambda trace: self._channel.apply(values, trace))
        number = self._text(self.section.number, answer)
        if not number:
            raise TheirFault(detail="an application without a number")
        return number

    def progress(self, number: str) -> Progress:
        """How far it is; ``NotFound`` when the system does not know the number."""
        who = Attribution(
            trace_id=uuid4().hex,
            actor=SERVICE,
            unit="platform",
            purpose="apply",
            case_id=keyed_hash(number)[:32],
        )
        rows = self._asked(who, lambda trace: self._channel.progress({"number": number}, trace))
        if not rows:
            raise NotFound(detail="no such application")
        state = self._text(self.section.state, rows[0])
        if not state:
            raise TheirFault(detail="an application without a state")
        words = self._text(self.section.words, rows[0]) if self.section.words else None
        return Progress(state=state, words=words, finished=state in self.section.finished)

    def _text(self, value: Value, given: Any) -> str | None:
        try:
            return text_of(getter(value, self._channel.system.context)(given))
        except Unreadable:
            return None

    def _asked(self, who: Attribution, ask: Callable[[Trace], Any]) -> Any:
        trace, asked_at = Trace(now=self._now), self._now()
        fault: SystemFault | None = None
        try:
            return self._loop.submit(ask(trace)).result()
        except SystemFault as error:
            fault = error
            raise
        finally:
            made = row(
                who,
                self._channel.system,
                Capability.ENTRY,
                trace,
                asked_at=asked_at,
                delivered_at=self._now(),
                outcome=(fault.state if fault else State.RETURNED).name,
                fault=type(fault).__name__ if fault else None,
            )
            self._recorder.write([made])
