"""一人一档: one person, asked for in every system that this purpose allows, shown masked."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.children import is_child, of_a_child
from portal.connectors.contract import Asker, Capability, Field, Subject
from portal.connectors.gateway import Gateway
from portal.functions.changes import Look, NoLook, Notices
from portal.functions.records import compare, consent, mask, restraint, thing_words, usage
from portal.functions.records.people import about
from portal.functions.records.single import value_of
from portal.functions.records.words import (
    CASE,
    BadQueryError,
    CaseRef,
    CaseSource,
    Dossier,
    Gathered,
    MaskedAnswer,
    Person,
    Purpose,
    PurposeChoice,
    Unmasked,
)
from portal.settings import settings
from portal.store import clock, crypto, divisions, search, things
from portal.store.citypack import pack
from portal.store.scope import scoped
from portal.store.search import Found

_NOT_HERE = "此人不在当前岗位可查看的范围内，或事项已办结。"
_LEAST_REASON = 4


@dataclass
class Records:
    """The records function of one process: the gateway, and the affairs that have cases.

    With notices, what a case's answers say is held against what they said last.
    """

    gateway: Gateway
    case_sources: list[CaseSource] = field(default_factory=list)
    notices: Notices | None = None

    # -- purposes -------------------------------------------------------------------------------

    def purposes(self, principal: Principal) -> tuple[PurposeChoice, ...]:
        """The short list to choose from when there is no case."""
        mine = permissions.purposes(principal)
        return tuple(
            PurposeChoice(id=one.id, name=one.name) for one in pack().purposes if one.id in mine
        )

    def purpose(self, principal: Principal, purpose_id: str) -> Purpose:
        """The chosen purpose; ``Denied`` when the post may not use it."""
        for one in self.purposes(principal):
            if one.id == purpose_id:
                return Purpose(id=one.id, name=one.name)
        permissions.refuse(principal, "records.open", "请先选择本次调取的目的。")

    def case_purpose(self, principal: Principal, case_id: str) -> tuple[Purpose, CaseRef]:
        """The purpose that a case gives by itself; nothing is asked of the clerk."""
        case = self._case(principal, case_id)
        if case is None:
            permissions.refuse(principal, "records.open", "该事项不存在、已办结或不属于本单位。")
        name = f"{pack().case_purpose.name}：{case.matter}（{case.number}）"
        return Purpose(id=CASE, name=name, case_id=case.id), case

    def _case(self, principal: Principal, case_id: str) -> CaseRef | None:
        for source in self.case_sources:
            case = source(principal, case_id)
            if case is not None:
                return case
        return None

    # -- the dossier ----------------------------------------------------------------------------

    def open_dossier(self, principal: Principal, subject_id: str, purpose: Purpose) -> Dossier:
        """The head of a person's dossier and the plan of systems to ask; recorded in the audit."""
        found, case = self._admit(principal, subject_id, purpose)
        usage.count(principal, "open", found.region_code or (case.region_code if case else None))
        self._record(principal, "records.open", found, purpose, {})
        number = crypto.decrypt(found.id_cipher)
        code = found.region_code or (case.region_code if case else None)
        asker = self.asker(principal, purpose, found)
        with scoped(principal.reach) as connection:
            belongs = tuple(map(thing_words.ref, things.of_person(connection, found.id)))
        return Dossier(
            subject_id=str(found.id),
            name=found.name,
            id_number=mask.id_number(number),
            about=about(number),
            address=mask.address(found.address) if found.address else "",
            relation=found.relation or "",
            region_name=divisions.full_name(code) if code else "",
            simulated=found.simulated,
            purpose=purpose,
            planned=tuple(self.gateway.planned(asker)),
            notes=restraint.notes(self._is_child(found), self.gateway.unauthorised(asker)),
            needs_paper=self._needs_paper(asker),
            switched_off=self._switched_off(principal, purpose),
            case=case,
            belongs=belongs,
        )

    def stream(
        self, principal: Principal, subject_id: str, purpose: Purpose
    ) -> Iterator[MaskedAnswer]:
        """The answers as they come, for a page's thread; masked, and recorded before the first."""
        found, asker, case = self._begin(principal, subject_id, purpose)
        look = self._look(principal, asker, case)
        for answer in self.gateway.stream(asker, self.subject(found)):
            yield mask.masked_answer(answer, look.about(answer), compare.digest)
        look.end()

    async def find(
        self, principal: Principal, subject_id: str, purpose: Purpose
    ) -> AsyncIterator[MaskedAnswer]:
        """The answers as they come, for the HTTP API; the same function as :meth:`stream`."""
        found, asker, case = self._begin(principal, subject_id, purpose)
        look = self._look(principal, asker, case)
        async for answer in self.gateway.ask_all(asker, self.subject(found)):
            changed = await asyncio.to_thread(look.about, answer)
            yield mask.masked_answer(answer, changed, compare.digest)
        await asyncio.to_thread(look.end)

    def unmask(
        self,
        principal: Principal,
        subject_id: str,
        purpose: Purpose,
        *,
        system_id: str,
        record_no: int,
        field_name: str,
        reason: str,
    ) -> Unmasked:
        """One masked value in full for a short while; the reason is recorded first."""
        permissions.check(principal, "records.unmask")
        why = " ".join(reason.split())
        if len(why) < _LEAST_REASON or len(why) > 200:
            raise BadQueryError("请写明查看原值的理由（4 至 200 个字），内容已保留。")
        found, _ = self._admit(principal, subject_id, purpose)
        usage.count(principal, "unmask")
        label = self.gateway.registry.label(system_id, field_name)
        detail = {"system": system_id, "record": record_no, "field": field_name, "label": label,
                  "reason": why}  # fmt: skip
        self._record(principal, "records.unmask", found, purpose, detail)
        held = self.field_of(principal, found, purpose, system_id, record_no, field_name)
        until = clock.now() + timedelta(minutes=settings().unmask_minutes)
        return Unmasked(value=held.value or "", until=until)

    def gather(
        self,
        principal: Principal,
        subject_id: str,
        purpose: Purpose,
        wanted: Mapping[str, frozenset[str]],
        *,
        action: str,
        detail: dict[str, object],
    ) -> Gathered:
        """The named fields, in full, for a function that works with them and shows them masked.

        The audit says what for (``action``); that is written before the first answer.
        """
        found, case = self._admit(principal, subject_id, purpose)
        usage.count(principal, "open", found.region_code or (case.region_code if case else None))
        asker = self.asker(principal, purpose, found, wanted)
        self._record(principal, action, found, purpose, detail)
        subject = self.subject(found)
        person = Person(
            id=found.id,
            id_hash=found.id_hash,
            name=found.name,
            id_number=subject.id_number,
            address=found.address or "",
            region_code=found.region_code or (case.region_code if case else ""),
            simulated=found.simulated,
        )
        answers = self.gateway.stream(asker, subject)
        return Gathered(person=person, readable=asker.readable, answers=answers)

    def admit(self, principal: Principal, subject_id: str, purpose: Purpose) -> None:
        """Ask again whether this may be shown: for a page that draws answers it already has."""
        self._admit(principal, subject_id, purpose)

    def found(self, principal: Principal, subject_id: str, purpose: Purpose) -> tuple[Found, str]:
        """A person one may open for this purpose, and the region that puts them in view."""
        found, case = self._admit(principal, subject_id, purpose)
        return found, found.region_code or (case.region_code if case else "")

    # -- the guard ------------------------------------------------------------------------------

    def _admit(
        self, principal: Principal, subject_id: str, purpose: Purpose
    ) -> tuple[Found, CaseRef | None]:
        """Permission, purpose, case and scope, in that order; the database decides last."""
        case = self.admit_purpose(principal, purpose)
        if case is not None and str(case.subject_id) != subject_id:
            permissions.refuse(principal, "records.open", _NOT_HERE)
        found = self._found(principal, subject_id)
        if found is None or (case is None and found.region_code is None):
            permissions.refuse(principal, "records.open", _NOT_HERE)
        return found, case

    def admit_purpose(self, principal: Principal, purpose: Purpose) -> CaseRef | None:
        """Whether anything may be opened for this purpose; the case, if it is one."""
        permissions.check(principal, "records.open")
        if purpose.id not in permissions.purposes(principal):
            permissions.refuse(principal, "records.open", "当前岗位不能以此目的调取信息。")
        if purpose.id != CASE:
            permissions.check(principal, "records.search")
            return None
        case = self._case(principal, purpose.case_id or "")
        if case is None:
            permissions.refuse(principal, "records.open", _NOT_HERE)
        return case

    def _found(self, principal: Principal, subject_id: str) -> Found | None:
        try:
            key = UUID(subject_id)
        except ValueError:
            return None
        with scoped(principal.reach) as connection:
            return search.one(connection, key)

    def _begin(
        self, principal: Principal, subject_id: str, purpose: Purpose
    ) -> tuple[Found, Asker, CaseRef | None]:
        found, case = self._admit(principal, subject_id, purpose)
        asker = self.asker(principal, purpose, found)
        systems = [one.system_id for one in self.gateway.planned(asker)]
        self._record(principal, "records.view", found, purpose, {"systems": systems})
        return found, asker, case

    def _look(self, principal: Principal, asker: Asker, case: CaseRef | None) -> Look | NoLook:
        if self.notices is None or case is None or case.kind != "matter":
            return NoLook()
        return self.notices.look(principal, asker, UUID(case.id), case.region_code)

    def _record(
        self,
        principal: Principal,
        action: str,
        found: Found,
        purpose: Purpose,
        detail: dict[str, object],
    ) -> None:
        audit.append(
            action=action,
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            subject_hash=found.id_hash,
            purpose=purpose.id,
            case_id=purpose.case_id,
            detail=detail,
        )

    def _needs_paper(self, asker: Asker) -> tuple[tuple[str, str], ...]:
        serving = self.gateway.registry.serving(Capability.RECORDS)
        mine = (one for one in serving if one.id in asker.readable)
        return tuple((one.id, one.name) for one in mine if one.manifest.requires_authorisation)

    # -- the family's authorisation ---------------------------------------------------------------

    def papers(
        self, principal: Principal, subject_id: str, purpose: Purpose
    ) -> tuple[consent.Paper, ...]:
        """The family's papers on file."""
        return consent.papers(principal, self._admit(principal, subject_id, purpose)[0])

    def authorise(
        self, principal: Principal, subject_id: str, purpose: Purpose, signed: consent.Signed
    ) -> str:
        """Put a paper on file that the person and the family have signed."""
        found, region_code = self.found(principal, subject_id, purpose)
        offered = self._needs_paper(self.asker(principal, purpose, found))
        ids = frozenset(system_id for system_id, _ in offered)
        return consent.record(principal, found, region_code, signed, ids)

    def revoke_paper(
        self, principal: Principal, subject_id: str, purpose: Purpose, paper_id: str, why: str
    ) -> None:
        """The family takes a paper back."""
        found, _ = self._admit(principal, subject_id, purpose)
        consent.revoke(principal, found, paper_id, why)

    def _is_child(self, found: Found) -> bool:
        today = clock.local(clock.now()).date()
        return is_child(crypto.decrypt(found.id_cipher), today)

    def asker(
        self,
        principal: Principal,
        purpose: Purpose,
        found: Found,
        wanted: Mapping[str, frozenset[str]] | None = None,
    ) -> Asker:
        """What this post may read of this person for this purpose, system by system."""
        fields = self.gateway.registry.readable(principal.roles, purpose.id)
        if wanted is not None:
            least = {name: fields[name] & wanted[name] for name in wanted if name in fields}
            fields = {name: those for name, those in least.items() if those}
        asked = permissions.readable_systems(principal, purpose.id, fields)
        readable = {system_id: fields[system_id] for system_id in sorted(asked)}
        if self._is_child(found):
            readable = of_a_child(self.gateway.registry.systems.values(), readable)
        told = repr((principal.roles, purpose.id, [(k, sorted(v)) for k, v in readable.items()]))
        return Asker(
            actor=principal.login,
            unit=principal.unit.id,
            prefixes=principal.prefixes,
            permission_digest=hashlib.sha256(told.encode()).hexdigest()[:32],
            purpose=purpose.id,
            case_id=purpose.case_id,
            readable=readable,
            authorised=consent.on_file(found.id_hash, purpose.id),
        )

    def _switched_off(self, principal: Principal, purpose: Purpose) -> tuple[str, ...]:
        """What this person would be given otherwise; none of it counts among those asked."""
        off = {one.id: one for one in self.gateway.registry.switched_off(Capability.RECORDS)}
        mine = permissions.readable_systems(principal, purpose.id, off)
        told = {one.id: one.decision for one in off.values()}
        return tuple(
            f"{off[name].name}（{said.reason}）" if (said := told[name]) else off[name].name
            for name in sorted(mine)
            if off[name].readable(principal.roles, purpose.id)
        )

    def field_of(
        self,
        principal: Principal,
        found: Found,
        purpose: Purpose,
        system_id: str,
        record_no: int,
        field_name: str,
    ) -> Field:
        """One value as its system says it just now: for functions, never for a page."""
        asker = self.asker(principal, purpose, found)
        subject = self.subject(found)
        return value_of(self.gateway, asker, subject, system_id, record_no, field_name)

    def subject(self, found: Found) -> Subject:
        """A person as the systems are asked about them."""
        return Subject(
            id=str(found.id),
            id_number=crypto.decrypt(found.id_cipher),
            name=found.name,
            region_code=found.region_code or "",
        )
