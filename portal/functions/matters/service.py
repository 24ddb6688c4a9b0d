"""事项: the catalogue, the check of what a resident may have, the application that fills itself in.

What a check finds is shown and never written down: only that a check was made is in the audit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auth import permissions
from auth.principal import Principal
from portal.connectors.contract import State
from portal.connectors.registry import Registry, System
from portal.functions.entry import tickets
from portal.functions.entry.wall import closed_why
from portal.functions.matters import catalogue, rules
from portal.functions.matters.facts import Sheet, split, wanted_for
from portal.functions.matters.form import tidied
from portal.functions.matters.rules import Setting, Verdict
from portal.functions.matters.words import (
    ConditionResult,
    MaterialState,
    MatterError,
    MatterResult,
    Prefilled,
    Slip,
    Way,
)
from portal.functions.records import Gathered, Person, Purpose, Records, mask
from portal.store import clock
from portal.store.citypack import pack
from portal.store.matter_texts import FormItem, Matter, MatterTexts

VIEW, APPLY = "entry.jump", "matters.apply"
CHECK, PREFILL = "policies.check", "matters.prefill"
GONE = "没有这个事项，请从“统一入口”重新选择。"
AT_REQUEST = "政策匹配只在居民本人到场并提出要求时进行，请从“本人到场办理事项”重新查找居民。"


@dataclass(frozen=True, kw_only=True)
class Matters:
    """The matters function of one process."""

    records: Records
    registry: Registry

    # -- the catalogue -------------------------------------------------------------------------

    def all(self, principal: Principal, typed: str = "") -> tuple[Matter, ...]:
        """The matters that a text finds; all of them for an empty one."""
        permissions.check(principal, VIEW)
        return catalogue.found(pack().matters, typed)

    def find(self, principal: Principal, matter_id: str) -> Matter:
        """One matter; ``MatterError`` when there is none of that id."""
        permissions.check(principal, VIEW)
        found = pack().matters.find(matter_id)
        if found is None:
            raise MatterError(GONE)
        return found

    def way(self, principal: Principal, matter: Matter) -> Way:
        """The system in charge, and whether this post may go there now."""
        system = self.registry.systems.get(matter.system)
        if system is None:
            why = "尚未接入，请按原有方式办理"
            return _shut(matter, matter.system_name, why)
        usable = permissions.usable_systems(principal, tickets.PERMISSION, [system.id])
        why = closed_why(system) or ("" if usable else "不在当前岗位可使用的系统之内")
        if why:
            return _shut(matter, system.name, why)
        entry = system.manifest.entry
        path = entry.links[matter.link].path if entry and matter.link else ""
        return Way(
            system_id=system.id,
            name=system.name,
            open=True,
            closed_why="",
            takes=_takes(system, matter),
            link=matter.link,
            numbered="{" in path,
            simulated=system.site.simulated,
            login=system.manifest.login,
        )

    def materials(self, matter: Matter, sheet: Sheet | None = None) -> tuple[MaterialState, ...]:
        """What to bring, and what the joined systems hold so that it need not be brought."""
        found = []
        for one in matter.materials:
            names = dict.fromkeys(split(source)[0] for source in one.held)
            held_by = tuple(
                self.registry.systems[name].name for name in names if name in self.registry.systems
            )
            confirmed = bool(one.held) and sheet is not None and all(map(sheet.held, one.held))
            found.append(
                MaterialState(name=one.name, form=one.form, held_by=held_by, confirmed=confirmed)
            )
        return tuple(found)

    # -- 可享政策 ------------------------------------------------------------------------------

    def check(
        self, principal: Principal, subject_id: str, purpose: Purpose
    ) -> Iterator[MatterResult]:
        """Every matter that systems can say something of, as soon as those have answered.

        At the resident's own request, hence for that one purpose only.
        """
        permissions.check(principal, APPLY)
        texts = pack().matters
        if not texts.purpose or purpose.id != texts.purpose:
            permissions.refuse(principal, APPLY, AT_REQUEST)
        matters = [one for one in texts.matter if any(part.check for part in one.conditions)]
        sheet, gathered = self._ask(principal, subject_id, purpose, matters, CHECK, {})
        left = {one.id: one for one in matters}
        yield from _ready(left, sheet)
        for answer in gathered.answers:
            sheet.add(answer)
            yield from _ready(left, sheet)
        yield from (_result(one, sheet) for one in left.values())

    # -- the application -----------------------------------------------------------------------

    def prefill(
        self, principal: Principal, matter_id: str, subject_id: str, purpose: Purpose
    ) -> Iterator[Prefilled]:
        """The application for a resident, filled in further with every answer."""
        permissions.check(principal, APPLY)
        matter = self.find(principal, matter_id)
        detail: dict[str, object] = {"matter": matter.id}
        sheet, gathered = self._ask(
            principal, subject_id, purpose, [matter], PREFILL, detail, form=True
        )
        yield self._prefilled(matter, sheet, pending=True)
        for answer in gathered.answers:
            sheet.add(answer)
            yield self._prefilled(matter, sheet, pending=True)
        yield self._prefilled(matter, sheet, pending=False)

    def lines(self, matter: Matter) -> tuple[FormItem, ...]:
        """The whole application of a matter."""
        return pack().matters.lines(matter)

    def form(
        self,
        principal: Principal,
        matter: Matter,
        subject_id: str,
        purpose: Purpose,
        typed: Mapping[str, str],
    ) -> tuple[Person, dict[str, str]]:
        """Whom it is for, and every line in full: what was typed, else what the systems gave."""
        said = tidied(self.lines(matter), typed)
        detail: dict[str, object] = {"matter": matter.id}
        sheet, gathered = self._ask(
            principal, subject_id, purpose, [matter], PREFILL, detail, form=True
        )
        for answer in gathered.answers:
            sheet.add(answer)
        form = {one.name: said.get(one.name) or sheet.value(one) for one in self.lines(matter)}
        return sheet.person, form

    def slip(self, principal: Principal, matter: Matter, filled: Prefilled | None = None) -> Slip:
        """The 一次性告知单 of a matter, with or without a resident."""
        permissions.check(principal, VIEW)
        now = clock.now()
        return Slip(
            number=f"GZ-{clock.local(now):%Y%m%d-%H%M%S}",
            at=now,
            unit=principal.unit.name,
            matter=matter,
            materials=filled.materials if filled else self.materials(matter),
            resident=filled.resident if filled else "",
            id_number=filled.id_number if filled else "",
            simulated=bool(filled and filled.simulated),
            note=f"本单所列条件、材料、时限为{pack().default_note}的内容，以主管部门公布的为准。"
            if matter.default
            else "",
        )

    # -- asking --------------------------------------------------------------------------------

    def _ask(
        self,
        principal: Principal,
        subject_id: str,
        purpose: Purpose,
        matters: Sequence[Matter],
        action: str,
        detail: dict[str, object],
        *,
        form: bool = False,
    ) -> tuple[Sheet, Gathered]:
        texts = pack().matters
        names = wanted_for(texts, matters, form=form)
        wanted = {system: frozenset(self._needed(system, those)) for system, those in names.items()}
        gathered = self.records.gather(
            principal, subject_id, purpose, wanted, action=action, detail=detail
        )
        sheet = Sheet(
            registry=self.registry,
            person=gathered.person,
            readable=gathered.readable,
            today=clock.local(clock.now()).date(),
            names={one.system: one.system_name for one in texts.matter},
        )
        return sheet, gathered

    def _needed(self, system_id: str, names: set[str]) -> set[str]:
        """Whether there is a record needs some field to be asked for; an open one will do."""
        system = self.registry.systems.get(system_id)
        if "record" not in names or system is None:
            return names
        plain = names - {"record"}
        return plain or set(list(system.manifest.fields)[:1])

    def _prefilled(self, matter: Matter, sheet: Sheet, *, pending: bool) -> Prefilled:
        texts = pack().matters
        asked = [one for one in sheet.readable if one in sheet.answers]
        quiet = (State.RETURNED, State.STALE, State.NOT_FOUND)
        return Prefilled(
            matter=matter,
            resident=sheet.person.name,
            id_number=mask.id_number(sheet.person.id_number),
            simulated=sheet.person.simulated,
            lines=tuple(sheet.line(one) for one in texts.lines(matter)),
            materials=self.materials(matter, sheet),
            result=_result(matter, sheet),
            unanswered=tuple(
                f"{sheet.system_name(one)}（{sheet.answers[one].state.value}）"
                for one in asked
                if sheet.answers[one].state not in quiet
            ),
            pending=pending,
        )


def _takes(system: System, matter: Matter) -> bool:
    section = system.manifest.applications
    return section is not None and matter.id in section.matters


def _shut(matter: Matter, name: str, why: str) -> Way:
    return Way(
        system_id=matter.system,
        name=name,
        open=False,
        closed_why=why,
        takes=False,
        link="",
        numbered=False,
        simulated=False,
    )


def _systems(matter: Matter) -> set[str]:
    checks = [one.check for one in matter.conditions if one.check]
    return {split(name)[0] for check in checks for name in rules.names(check) if "." in name}


def _ready(left: dict[str, Matter], sheet: Sheet) -> Iterable[MatterResult]:
    """The matters that no system has to be waited for any more."""
    for matter in [one for one in left.values() if not sheet.waits_for(_systems(one))]:
        del left[matter.id]
        yield _result(matter, sheet)


def _result(matter: Matter, sheet: Sheet) -> MatterResult:
    setting = Setting(today=sheet.today, region=pack().region_code)
    found = tuple(_condition(one.words, one.check, sheet, setting) for one in matter.conditions)
    return MatterResult(
        matter_id=matter.id,
        name=matter.name,
        group=matter.group,
        verdict=rules.altogether(one.verdict for one in found),
        conditions=found,
        pending=sheet.waits_for(_systems(matter)),
    )


def _condition(words: str, check: str, sheet: Sheet, setting: Setting) -> ConditionResult:
    if not check:
        return ConditionResult(words=words, verdict=Verdict.UNKNOWN, missing=(rules.BY_HAND,))
    found = rules.judge(check, sheet.fact, setting)
    return ConditionResult(
        words=words, verdict=found.verdict, used=found.used, missing=found.missing
    )


def load(registry: Registry, texts: MatterTexts) -> None:
    """Refuse a catalogue that could not be used: every line names the matter."""
    wrong = list(catalogue.problems(texts, registry))
    if wrong:
        raise ValueError("matters.toml：" + "\n".join(wrong))
