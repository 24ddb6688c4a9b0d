"""From a system's rows to the portal's records and roster entries; compiled once per system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from jmespath.exceptions import JMESPathError

from portal.connectors.contract import (
    Field,
    Mask,
    NotFound,
    OurMistake,
    Record,
    RegisterEntry,
    RetryLater,
    RosterEntry,
    RosterRelation,
    Sensitivity,
    SignInAgain,
    SubjectKind,
    SystemFault,
    TheirFault,
    TurnedDown,
)
from portal.connectors.converters import Context, Converter, Unreadable, chain, tidy
from portal.connectors.errands import TaskSection
from portal.connectors.expressions import Find, finder, predicate, single_name
from portal.connectors.manifest import Envelope, FieldRule, RecordMap, RegisterMap, RosterMap
from portal.connectors.parts import Value

MOST_REASON = 200
_made = tuple.__new__  # past the keywords of Field, which cost more than all the rest of it


def getter(value: Value, context: Context) -> Find:
    """A function that reads one value out of a row: an expression, then its converters."""
    find, convert = finder(value.source), chain(value.convert, context)
    name = single_name(value.source)
    if name is not None:
        return _named(name, convert)

    def read(row: Any) -> Any:
        try:
            return convert(find(row))
        except JMESPathError as error:
            raise Unreadable("对方数据结构有误") from error

    return read


def _named(name: str, convert: Converter) -> Find:
    """The same for a column that is just named: nothing there can fail but the converters."""

    def read(row: Any) -> Any:
        return convert(row.get(name) if isinstance(row, dict) else None)

    return read


def text_of(value: Any) -> str | None:
    """What a field holds is always text; a list or an object is no value a clerk can read."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        raise Unreadable("对方数据结构有误")
    return str(value)


Column = tuple[str, str, Sensitivity, Mask, Find]


def _column(name: str, rule: FieldRule, read: Find) -> Column:
    return name, rule.label, rule.sensitivity, rule.mask, read


def _fields(columns: Sequence[Column], row: Any) -> tuple[Field, ...]:
    """A row's fields; written out in one loop, since a dossier passes here hundreds of times."""
    made = []
    for name, label, sensitivity, mask, read in columns:
        note = None
        try:
            value = read(row)
            if value.__class__ is not str:  # it nearly always is
                value = text_of(value)
        except Unreadable as problem:
            value, note = None, str(problem)
        made.append(_made(Field, (name, label, value, sensitivity, mask, note)))
    return tuple(made)


class RecordReader:
    """Turns the rows of a person into records of one kind."""

    def __init__(self, kind: RecordMap, rules: Mapping[str, FieldRule], context: Context) -> None:
        self.title = kind.title
        self.of = kind.of
        self.about_subject = kind.about == "subject"
        self._each = None if kind.each == "@" else finder(kind.each)
        self._columns = [
            _column(name, rules[name], getter(value, context)) for name, value in kind.map.items()
        ]

    def __call__(self, row: Mapping[str, Any]) -> list[Record]:
        return [
            Record(title=self.title, fields=_fields(self._columns, part))
            for part in self._parts(row)
        ]

    def _parts(self, row: Mapping[str, Any]) -> list[Any]:
        if self._each is None:
            return [row]
        try:
            found = self._each(row)
        except JMESPathError as error:
            raise TheirFault(detail="the row has another shape") from error
        return found if isinstance(found, list) else [] if found is None else [found]


class RosterReader:
    """Turns a row of a roster into an entry; a row that names nobody raises `Unreadable`."""

    def __init__(self, roster: RosterMap, context: Context) -> None:
        self._foreign_id = getter(roster.foreign_id, context)
        self._id_number = getter(roster.id_number, context)
        self._name = getter(roster.name, context)
        self._phone = _maybe(roster.phone, context)
        self._household = _maybe(roster.household_no, context)
        self._head = predicate(roster.head)
        self._relations = [
            (
                one.kind,
                getter(one.region_code, context),
                _maybe(one.address, context),
                _maybe(one.since, context),
            )
            for one in roster.relations
        ]

    def __call__(self, row: Mapping[str, Any]) -> RosterEntry:
        foreign_id, id_number, name = self._foreign_id(row), self._id_number(row), self._name(row)
        if not (foreign_id and id_number and name):
            raise Unreadable("名册中的一行缺少编号、身份证号或姓名")
        return RosterEntry(
            foreign_id=str(foreign_id),
            id_number=id_number,
            name=name,
            phone=_lenient(self._phone, row),
            household_no=_lenient(self._household, row),
            head=bool(self._head and self._head(row)),
            relations=tuple(self._relations_of(row)),
        )

    def _relations_of(self, row: Mapping[str, Any]) -> list[RosterRelation]:
        relations = []
        for kind, region, address, since in self._relations:
            code = _lenient(region, row)
            if code:
                day = _lenient(since, row)
                relations.append(
                    RosterRelation(
                        kind=kind,
                        region_code=code,
                        address=_lenient(address, row),
                        since=date.fromisoformat(day) if day else None,
                    )
                )
        return relations


class RegisterReader:
    """Turns a row of a list of things into an entry; a row that names nothing is unreadable."""

    def __init__(self, kind: SubjectKind, register: RegisterMap, context: Context) -> None:
        self.kind = kind
        self._foreign_id = getter(register.foreign_id, context)
        self._region = getter(register.region_code, context)
        self._name = _maybe(register.name, context)
        self._address = _maybe(register.address, context)
        self._credit_code = _maybe(register.credit_code, context)

    def __call__(self, row: Mapping[str, Any]) -> RegisterEntry:
        foreign_id, region = self._foreign_id(row), self._region(row)
        made = RegisterEntry(
            kind=self.kind,
            foreign_id=str(foreign_id or ""),
            region_code=region or "",
            name=_lenient(self._name, row) or "",
            address=_lenient(self._address, row) or "",
            credit_code=_lenient(self._credit_code, row) or "",
        )
        named = made.address if self.kind is SubjectKind.HOUSE else made.name and made.credit_code
        if not (made.foreign_id and made.region_code and named):
            raise Unreadable("名单中的一行缺少编号、区划、地址或名称")
        return made


def _maybe(value: Value | None, context: Context) -> Find | None:
    return getter(value, context) if value else None


def _lenient(read: Find | None, row: Any) -> str | None:
    """An unreadable detail is left out of the index; the record itself will tell the clerk."""
    try:
        return text_of(read(row)) if read else None
    except Unreadable:
        return None


class Refusal:
    """Whether an answer turns a command down, and why, in the system's own words."""

    def __init__(self, tasks: TaskSection) -> None:
        self._refused = predicate(tasks.refused)
        self._finished = predicate(tasks.finished)
        self._reason = finder(tasks.reason)

    def __call__(self, answer: Any) -> TurnedDown | None:
        finished = bool(self._finished and self._finished(answer))
        if not finished and not (self._refused and self._refused(answer)):
            return None
        try:
            words = tidy(self._reason(answer))
        except JMESPathError:
            words = None
        reason = str(words)[:MOST_REASON] if words else ""
        return TurnedDown(detail="named by the answer", reason=reason, finished=finished)


class Judge:
    """Says whether an answer is good, by the envelope's predicates, and from when its data is."""

    def __init__(
        self, envelope: Envelope, context: Context, tasks: TaskSection | None = None
    ) -> None:
        self._refusal = Refusal(tasks) if tasks else None
        self._success = predicate(envelope.success)
        self._checks: Sequence[tuple[Callable[[Any], bool], type[SystemFault]]] = [
            (check, fault)
            for check, fault in (
                (predicate(envelope.not_found), NotFound),
                (predicate(envelope.denied), SignInAgain),
                (predicate(envelope.busy), RetryLater),
                (predicate(envelope.bad_request), OurMistake),
            )
            if check is not None
        ]
        self._as_of = _maybe(envelope.as_of, context)

    def named_fault(self, answer: Any) -> SystemFault | None:
        """The fault that the answer itself names, if it does."""
        turned_down = self._refusal(answer) if self._refusal else None
        if turned_down is not None:
            return turned_down
        for check, fault in self._checks:
            if check(answer):
                return fault(detail="named by the answer")
        return None

    def check(self, answer: Any) -> None:
        """Raise what the answer says, though it came with every sign of success."""
        fault = self.named_fault(answer)
        if fault:
            raise fault
        if self._success and not self._success(answer):
            raise TheirFault(detail="the answer is an error")

    def as_of(self, answer: Any) -> datetime | None:
        """When the owner's data is from, if the answer says so."""
        moment = _lenient(self._as_of, answer) if isinstance(answer, dict | list) else None
        return datetime.fromisoformat(moment) if moment else None
