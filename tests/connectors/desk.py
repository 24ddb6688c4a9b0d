"""A gateway on one of the grounds, and someone who may read everything."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from portal.connectors.contract import ABOUT, Answer, Asker, Subject
from portal.connectors.gateway import Gateway
from portal.connectors.recorder import CallRecorder, Row
from tests.connectors.grounds import Ground


class Desk:
    """A gateway on a ground, and someone who may read everything."""

    def __init__(
        self, ground: Ground, timeouts: Mapping[str, float] = MappingProxyType({}), **options: Any
    ) -> None:
        self.rows: list[Row] = []
        self.gateway = Gateway(
            ground.registry(timeouts), recorder=CallRecorder(self.rows.extend), **options
        )
        self.asker = Asker(
            actor="tester",
            unit="unit",
            prefixes=("",),
            permission_digest="all",
            purpose="case",
            readable={
                one.id: frozenset(one.manifest.fields)
                for able in ABOUT.values()
                for one in self.gateway.registry.serving(able)
            },
            authorised=frozenset({"family_economy"}),
        )

    def ask(self, subject: Subject) -> dict[str, Answer]:
        """Ask every system."""
        found = {one.system_id: one for one in self.gateway.stream(self.asker, subject)}
        self.gateway.settle()
        return found

    def ask_one(self, system_id: str, subject: Subject) -> Answer:
        """Ask a single system."""
        asker = replace(self.asker, readable={system_id: self.asker.readable[system_id]})
        return next(iter(self.gateway.stream(asker, subject)))

    def calls(self, system_id: str) -> int:
        """How many requests the last question cost at this system."""
        return int([one["calls"] for one in self.rows if one["system_id"] == system_id][-1])


@contextmanager
def desk_on(ground: Ground, **options: Any) -> Iterator[Desk]:
    """A desk with its gateway running."""
    desk = Desk(ground, **options)
    desk.gateway.start()
    try:
        yield desk
    finally:
        desk.gateway.stop()
