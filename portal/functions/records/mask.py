"""Masking: what of a value may stand on a page before anyone gave a reason."""

from collections.abc import Callable

from portal.connectors.contract import Answer, Field, Mask, Sensitivity
from portal.functions.records.words import MaskedAnswer, ShownField, ShownRecord

_EMPTY = "—"
# These are masked whatever their sensitivity: a screen is read over shoulders.
_ALWAYS = frozenset({Mask.ID_NUMBER, Mask.PHONE, Mask.ACCOUNT})
# A house keeps its name up to the building; the flat is hidden.
_BUILDING_ENDS = ("号楼", "栋", "幢", "楼", "号院", "号")


def name(value: str) -> str:
    """张*三, 张*; longer names keep their first and last character."""
    if len(value) < 2:
        return "*"
    if len(value) == 2:
        return value[0] + "*"
    return value[0] + "*" * (len(value) - 2) + value[-1]


def id_number(value: str) -> str:
    """The first and the last character."""
    return value[:1] + "*" * max(len(value) - 2, 0) + value[-1:] if len(value) > 2 else "*"


def phone(value: str) -> str:
    """138****1234."""
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 8 else "*" * len(value)


def account(value: str) -> str:
    """The last four characters."""
    return "*" * max(len(value) - 4, 4) + value[-4:] if len(value) > 4 else "****"


def address(value: str) -> str:
    """Up to the building."""
    for end in _BUILDING_ENDS:
        place = value.find(end)
        if 0 <= place < len(value) - len(end):
            return value[: place + len(end)] + "***"
    return value[: max(len(value) // 2, 1)] + "***"


def whole(value: str) -> str:
    """Nothing but that something is there."""
    return "*" * min(max(len(value), 3), 6)


_MASKS: dict[Mask, Callable[[str], str]] = {
    Mask.NAME: name,
    Mask.ID_NUMBER: id_number,
    Mask.PHONE: phone,
    Mask.ACCOUNT: account,
    Mask.ADDRESS: address,
    Mask.TEXT: whole,
    Mask.NONE: whole,
}


def masked(kind: Mask, value: str) -> str:
    """The value as its kind is masked; wholly, where that changes nothing (it came masked)."""
    text = _MASKS[kind](value)
    return text if text != value else whole(value)


def hides(sensitivity: Sensitivity, kind: Mask) -> bool:
    """Whether values of such a field are masked on a screen."""
    return sensitivity is Sensitivity.SENSITIVE or kind in _ALWAYS


def is_masked(field: Field) -> bool:
    """Whether the value needs a reason before it is shown."""
    return bool(field.value) and hides(field.sensitivity, field.mask)


def shown(field: Field, told: Callable[[Field], str] = lambda _: "") -> ShownField:
    """The field as it may be shown; ``told`` gives what it is compared by."""
    hidden = is_masked(field)
    text = field.value or _EMPTY
    return ShownField(
        name=field.name,
        label=field.label,
        text=masked(field.mask, text) if hidden else text,
        masked=hidden,
        note=field.note or "",
        digest=told(field),
    )


def masked_answer(
    answer: Answer,
    changed: tuple[str, ...] = (),
    told: Callable[[Field], str] = lambda _: "",
) -> MaskedAnswer:
    """The whole answer as it may be shown, with the labels of what changed since the last look."""
    return MaskedAnswer(
        system_id=answer.system_id,
        system_name=answer.system_name,
        simulated=answer.simulated,
        state=answer.state,
        records=tuple(
            ShownRecord(title=record.title, fields=tuple(shown(one, told) for one in record.fields))
            for record in answer.records
        ),
        as_of=answer.as_of,
        asked_at=answer.asked_at,
        elapsed_ms=answer.elapsed_ms,
        message=answer.message,
        trace_id=answer.trace_id,
        changed=changed,
    )
