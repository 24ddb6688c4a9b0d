"""数据校核 from a dossier: a value that seems wrong, put to the owner of its system.

Both values are read here, from the systems, in the name of whoever asks: a page never holds them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as hidden
from datetime import date
from typing import Protocol
from uuid import UUID

from auth import permissions
from auth.principal import Principal
from portal.connectors.contract import Field
from portal.functions.records import compare, mask
from portal.functions.records.dossier import Records
from portal.functions.records.words import BadQueryError, Purpose
from portal.store.citypack import pack

ASK = "corrections.ask"
TYPED = "提出人填写"
Place = tuple[str, int, str]  # system, number of the record, name of the field


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """What is put to the owner, with both values in full."""

    subject_id: UUID
    subject_hash: str
    person: str
    region_code: str
    system_id: str
    system_name: str
    owner: str
    field: str
    label: str
    seen: str = hidden(repr=False)
    proposed: str = hidden(repr=False)
    seen_shown: str
    proposed_shown: str
    source: str
    ground: str
    remark: str = hidden(repr=False)
    simulated: bool


class Standing(Protocol):
    """A request about one value, as far as a dossier shows it beside the value."""

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def system_id(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def due_on(self) -> date: ...


class Filed(Protocol):
    """What the affair answers when a request is put to it."""

    @property
    def number(self) -> str: ...
    @property
    def joined(self) -> bool: ...
    @property
    def due_on(self) -> date: ...


@dataclass(frozen=True, kw_only=True)
class Disputes:
    """Asking that a value be put right; the affair behind it keeps the requests."""

    records: Records
    take: Callable[[Principal, Dispute], Filed]
    standing: Callable[[Principal, UUID], Sequence[Standing]]

    def about(
        self, principal: Principal, subject_id: str, purpose: Purpose
    ) -> dict[tuple[str, str], Standing]:
        """What was asked about this person's values, by system and field."""
        self.records.admit(principal, subject_id, purpose)
        found = self.standing(principal, UUID(subject_id))
        return {(one.system_id, one.field): one for one in found}

    def ask(
        self,
        principal: Principal,
        subject_id: str,
        purpose: Purpose,
        *,
        place: Place,
        other: Place | None,
        typed: str,
        ground: str,
        remark: str,
    ) -> Filed:
        """Put a value to its owner: it should say what ``other`` says, or what was typed.

        Raises ``BadQueryError`` when a value cannot be read now or nothing would change.
        """
        permissions.check(principal, ASK)
        found, region_code = self.records.found(principal, subject_id, purpose)
        seen = self.records.field_of(principal, found, purpose, *place)
        if other is not None and other[2] == place[2]:
            proposed = self.records.field_of(principal, found, purpose, *other).value or ""
            source = self.records.gateway.registry.system(other[0]).name
        else:
            proposed, source = " ".join(typed.split()), TYPED
        if _same(seen, proposed):
            raise BadQueryError("建议更正的内容与该系统现值相同，不需要校核，已填内容已保留。")
        system = self.records.gateway.registry.system(place[0])
        return self.take(
            principal,
            Dispute(
                subject_id=found.id,
                subject_hash=found.id_hash,
                person=mask.name(found.name),
                region_code=region_code,
                system_id=system.id,
                system_name=system.name,
                owner=system.site.owner,
                field=seen.name,
                label=seen.label,
                seen=seen.value or "",
                proposed=proposed,
                seen_shown=_shown(seen, seen.value or ""),
                proposed_shown=_shown(seen, proposed),
                source=source,
                ground=ground,
                remark=remark,
                simulated=system.site.simulated,
            ),
        )


def _shown(field: Field, value: str) -> str:
    return mask.masked(field.mask, value) if mask.is_masked(field) else value


def _same(field: Field, proposed: str) -> bool:
    rule = next((one for one in pack().corrections.compared if one.field == field.name), None)
    how = rule.how if rule else "text"
    return compare.normal(field.value or "", how) == compare.normal(proposed, how)
