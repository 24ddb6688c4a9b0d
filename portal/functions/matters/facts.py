"""What is known of one person so far, as facts for checks and as lines of an application."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from portal.connectors.contract import Answer, Field, Mask, Sensitivity, State
from portal.connectors.registry import Registry
from portal.functions.matters import rules
from portal.functions.matters.rules import Fact, Known, Unknown
from portal.functions.matters.words import Line
from portal.functions.records import Person, mask
from portal.store.matter_texts import FormItem, Matter, MatterTexts

RESIDENT = "resident"
BY_NUMBER = "身份证号"
_LABELS = {"name": "姓名", "id_number": BY_NUMBER, "sex": "性别", "birth_date": "出生日期"}
_ASKING = "正在查询"
# What each way of not answering means for somebody who wants to know a fact.
_SILENT = {
    State.STALE: "只返回了较旧的数据，不作判断依据",
    State.TIMEOUT: "没有在规定时间内返回",
    State.REFUSED: "拒绝了查询",
    State.NO_PERMISSION: "当前岗位无权查看",
    State.FAULT: "发生故障，没有返回",
}


def split(source: str) -> tuple[str, str]:
    """``system.field`` as two."""
    system_id, _, name = source.partition(".")
    return system_id, name


def wanted_for(texts: MatterTexts, matters: Iterable[Matter], *, form: bool) -> dict[str, set[str]]:
    """The fields to ask each system for: those of the checks and, with a form, of its lines."""
    found: dict[str, set[str]] = {}
    for matter in matters:
        sources = [
            name for one in matter.conditions if one.check for name in rules.names(one.check)
        ]
        if form:
            sources += [source for line in texts.lines(matter) for source in line.sources]
            sources += [source for one in matter.materials for source in one.held]
        for system_id, name in map(split, sources):
            if name and system_id != RESIDENT:
                found.setdefault(system_id, set()).add(name)
    return found


@dataclass
class Sheet:
    """One person and the answers so far; nothing of it outlives the question."""

    registry: Registry
    person: Person = field(repr=False)
    readable: Mapping[str, frozenset[str]]
    today: date
    names: Mapping[str, str]  # of systems that are not joined, by id
    answers: dict[str, Answer] = field(default_factory=dict, repr=False)

    def add(self, answer: Answer) -> None:
        """Take in what one system said."""
        self.answers[answer.system_id] = answer

    def waits_for(self, system_ids: Iterable[str]) -> bool:
        """Whether any of these systems has yet to answer."""
        return any(one in self.readable and one not in self.answers for one in system_ids)

    def system_name(self, system_id: str) -> str:
        """The system under the city's name for it."""
        found = self.registry.systems.get(system_id)
        return found.name if found else self.names.get(system_id, system_id)

    # -- facts -------------------------------------------------------------------------------

    def fact(self, name: str) -> Fact:
        """What is known under a name of a check."""
        if name in ("age", "sex"):
            return self._by_number(name)
        system_id, part = split(name)
        if part == "record":
            return self._record(system_id)
        why = self._silent(system_id)
        if why:
            return Unknown(why=why)
        label = self.registry.label(system_id, part) or part
        named = f"{self.system_name(system_id)}·{label}"
        if part not in self.readable[system_id]:
            return Unknown(why=f"当前岗位无权查看“{named}”")
        if self.answers[system_id].state is State.NOT_FOUND:
            return Unknown(why=f"“{self.system_name(system_id)}”中没有此人的记录")
        values = tuple(
            dict.fromkeys(one.value for one in self._fields(system_id, part) if one.value)
        )
        if not values:
            return Unknown(why=f"“{self.system_name(system_id)}”没有登记“{label}”")
        return Known(values=values, source=named, as_of=self.answers[system_id].as_of)

    def _by_number(self, name: str) -> Fact:
        number = self.person.id_number
        try:
            born = ric.get_birth_date(number)
        except (ValidationError, ValueError):
            return Unknown(why="身份证号中没有可用的出生日期")
        if name == "sex":
            return Known(values=(_sex(number),), source=BY_NUMBER)
        years = (
            self.today.year
            - born.year
            - ((self.today.month, self.today.day) < (born.month, born.day))
        )
        return Known(values=(str(years),), source=BY_NUMBER)

    def _record(self, system_id: str) -> Fact:
        why = self._silent(system_id)
        if why:
            return Unknown(why=why)
        answer = self.answers[system_id]
        there = answer.state is State.RETURNED and bool(answer.records)
        name = self.system_name(system_id)
        return Known(
            values=("是" if there else "否",), source=f"{name}·有无记录", as_of=answer.as_of
        )

    def _silent(self, system_id: str) -> str:
        """Why a system has said nothing that counts; empty when it has."""
        name = self.system_name(system_id)
        if system_id not in self.readable:
            joined = system_id in self.registry.systems
            return f"当前岗位无权查看“{name}”" if joined else f"“{name}”尚未接入"
        answer = self.answers.get(system_id)
        if answer is None:
            return f"“{name}”{_ASKING}"
        return f"“{name}”{_SILENT[answer.state]}" if answer.state in _SILENT else ""

    def _fields(self, system_id: str, name: str) -> list[Field]:
        """The field in the records that are about the person, not about the family."""
        answer = self.answers[system_id]
        system = self.registry.systems[system_id]
        own = {one.title for one in system.manifest.records if one.about == "subject"}
        records = [one for one in answer.records if one.title in own]
        return [one for record in records for one in record.fields if one.name == name]

    # -- lines -------------------------------------------------------------------------------

    def held(self, source: str) -> bool:
        """Whether a system has just given that field for this person."""
        system_id, name = split(source)
        if self.answers.get(system_id) is None or self._silent(system_id):
            return False
        return any(one.value for one in self._fields(system_id, name))

    def values(self, item: FormItem) -> list[tuple[str, Field, Answer | None]]:
        """Everything known for a line of an application, in the order of its sources."""
        found: list[tuple[str, Field, Answer | None]] = []
        for system_id, name in map(split, item.sources):
            if system_id == RESIDENT:
                found += [("居民索引", one, None) for one in self._resident(name)]
            else:
                found += self._given(system_id, name)
        return found

    def _given(self, system_id: str, name: str) -> list[tuple[str, Field, Answer | None]]:
        """What one system gives for a line: the first value of its records."""
        answer = self.answers.get(system_id)
        if answer is None or answer.state not in (State.RETURNED, State.STALE):
            return []
        given = [one for one in self._fields(system_id, name) if one.value]
        return [(self.system_name(system_id), one, answer) for one in given[:1]]

    def _resident(self, name: str) -> list[Field]:
        person, number = self.person, self.person.id_number
        value = {
            "name": person.name,
            "id_number": number,
            "sex": _sex(number),
            "birth_date": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
            "address": person.address,
        }.get(name, "")
        kind = {"id_number": Mask.ID_NUMBER, "address": Mask.ADDRESS}.get(name, Mask.NONE)
        level = Sensitivity.SENSITIVE if name == "id_number" else Sensitivity.PERSONAL
        label = _LABELS.get(name, name)
        one = Field(name=name, label=label, value=value or None, sensitivity=level, mask=kind)
        return [one] if value else []

    def line(self, item: FormItem) -> Line:
        """A line as it may be shown: masked where a dossier would mask it."""
        known = self.values(item)
        line = Line(
            name=item.name,
            label=item.label,
            shown="",
            editable=item.editable,
            required=item.required,
            most=item.most,
        )
        if not known:
            return line
        source, first, answer = known[0]
        shown = mask.shown(first)
        others = dict.fromkeys(name for name, one, _ in known[1:] if one.value != first.value)
        return replace(
            line,
            shown=shown.text,
            source=source,
            as_of=answer.as_of if answer else None,
            masked=shown.masked,
            differs=tuple(others),
        )

    def value(self, item: FormItem) -> str:
        """The value of a line in full; only for sending it to the system in charge."""
        known = self.values(item)
        return known[0][1].value or "" if known else ""


def _sex(number: str) -> str:
    return "男" if int(number[16]) % 2 else "女"
