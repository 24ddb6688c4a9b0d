"""Change notices: a fresh answer is held against the last one, and the desk is told.

Kept are keyed digests, field labels and a time, for open cases only; closing a case deletes them.
Each set of readable fields is compared with itself, so that nobody learns from a colleague's wider
rights that something changed which they may not read.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from auth import permissions
from auth.principal import Principal
from portal.connectors.contract import Answer, Asker
from portal.connectors.registry import Registry
from portal.functions.changes import digests
from portal.store import watch
from portal.store.scope import Reach, scoped
from portal.store.watch import Place, Row

_log = structlog.get_logger(__name__)
MOST = 60
_PURPOSE = "case"
Labels = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A notice on the desk: which system, what it calls the things that changed, and when."""

    case_id: str
    system_name: str
    labels: tuple[str, ...]
    found_at: datetime


@dataclass(frozen=True, kw_only=True)
class Notices:
    """The change notices of one process."""

    registry: Registry

    # -- writing --------------------------------------------------------------------------------

    def compare(self, reach: Reach, place: Place, asker: Asker, answer: Answer) -> None:
        """Hold a fresh answer against the last one seen through the same rights."""
        if not digests.comparable(answer):
            return
        view = _view(answer.system_id, asker.readable.get(answer.system_id, frozenset()))
        seen = digests.fingerprint(str(place.case_id), answer)
        with scoped(reach) as connection:
            before = watch.held(connection, place.case_id, view)
            if before is not None:
                labels = self._labels(answer.system_id)
                for one in digests.differences(before[0], seen):
                    watch.note(
                        connection,
                        place,
                        system_id=answer.system_id,
                        title=one.title,
                        fields=one.fields,
                        labels=_named(one, labels),
                        since=before[1],
                    )
            watch.hold(connection, place, view, seen)

    def look(self, principal: Principal, asker: Asker, case_id: UUID, region_code: str) -> "Look":
        """Begin to look at a case's answers."""
        place = Place(case_id=case_id, region_code=region_code, unit_id=principal.unit.id)
        return Look(notices=self, principal=principal, asker=asker, place=place)

    def looked(self, principal: Principal, case_id: UUID) -> None:
        """The person has seen every answer of the case."""
        with scoped(principal.reach) as connection:
            watch.look(connection, principal.login, case_id)

    # -- reading --------------------------------------------------------------------------------

    def since_my_look(self, principal: Principal, case_id: UUID, system_id: str) -> Labels:
        """What one system changed about a case since this person last saw it."""
        with scoped(principal.reach) as connection:
            rows = watch.fresh(
                connection, principal.login, principal.unit.id, MOST, case_id=case_id
            )
        readable = self._readable(principal).get(system_id, frozenset())
        labels = [_permitted(one, readable) for one in rows if one.system_id == system_id]
        return tuple(dict.fromkeys(label for some in labels for label in some))

    def shown(self, principal: Principal, rows: Iterable[Row]) -> tuple[Changed, ...]:
        """Rows as notices: one per case and system, without what this post may not read."""
        rows = tuple(rows)
        if not rows:
            return ()
        readable = self._readable(principal)
        merged: dict[tuple[str, str], Changed] = {}
        for row in rows:
            labels = _permitted(row, readable.get(row.system_id, frozenset()))
            if not labels:
                continue
            key = (str(row.case_id), row.system_id)
            before = merged.get(key)
            merged[key] = Changed(
                case_id=key[0],
                system_name=self.registry.system(row.system_id).name,
                labels=tuple(dict.fromkeys((*(before.labels if before else ()), *labels))),
                found_at=before.found_at if before else row.found_at,
            )
        return tuple(merged.values())

    def _readable(self, principal: Principal) -> Mapping[str, frozenset[str]]:
        if not permissions.allowed(principal, "records.open"):
            return {}
        fields = self.registry.readable(principal.roles, _PURPOSE)
        asked = permissions.readable_systems(principal, _PURPOSE, fields)
        return {system_id: fields[system_id] for system_id in asked}

    def _labels(self, system_id: str) -> Mapping[str, str]:
        fields = self.registry.system(system_id).manifest.fields
        return {name: one.label for name, one in fields.items()}


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look of one person at the answers of a case, as they come."""

    notices: Notices
    principal: Principal
    asker: Asker
    place: Place

    def about(self, answer: Answer) -> Labels:
        """What changed in one system; a fault here must not cost the dossier."""
        try:
            self.notices.compare(self.principal.reach, self.place, self.asker, answer)
            return self.notices.since_my_look(self.principal, self.place.case_id, answer.system_id)
        except Exception as error:
            _log.warning("change_not_compared", error=type(error).__name__)
            return ()

    def end(self) -> None:
        """Every answer was shown: from now on only what changes later is new."""
        try:
            self.notices.looked(self.principal, self.place.case_id)
        except Exception as error:
            _log.warning("look_not_kept", error=type(error).__name__)


class NoLook:
    """A look without a case: nothing is compared and nothing kept."""

    def about(self, answer: Answer) -> Labels:
        """Nothing."""
        return ()

    def end(self) -> None:
        """Nothing."""


def _view(system_id: str, readable: Collection[str]) -> str:
    """One name per system and set of readable fields."""
    told = hashlib.sha256("\n".join(sorted(readable)).encode()).hexdigest()[:12]
    return f"{system_id}#{told}"


def _named(one: digests.Difference, labels: Mapping[str, str]) -> tuple[str, ...]:
    if one.counted:
        return (f"{one.title}{digests.COUNT}",)
    return tuple(labels.get(name, name) for name in one.fields)


def _permitted(row: Row, readable: Collection[str]) -> tuple[str, ...]:
    """The labels of a change that a reader of these fields may see."""
    if len(row.labels) != len(row.fields) or row.labels[0].endswith(digests.COUNT):
        return row.labels if set(row.fields) & set(readable) else ()
    return tuple(
        label for name, label in zip(row.fields, row.labels, strict=True) if name in readable
    )
