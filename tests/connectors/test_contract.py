"""The contract: errors form the tree that its docstring draws, words are fit for a clerk."""

import re

import pytest

from portal.connectors import contract
from portal.connectors.contract import (
    Answer,
    Field,
    Mask,
    RosterEntry,
    Sensitivity,
    Subject,
    SystemFault,
)
from tests.connectors.support import has_chinese

DRAWN = re.findall(r"^    ([│├└─ ]*)([A-Z]\w+) {2,}(\S.*)$", contract.__doc__ or "", re.MULTILINE)


def descendants(fault: type[SystemFault]) -> list[type[SystemFault]]:
    return [fault, *(one for child in fault.__subclasses__() for one in descendants(child))]


FAULTS = descendants(SystemFault)


def test_the_docstring_draws_the_whole_tree() -> None:
    drawn = {name: len(lead) // 4 for lead, name, _ in DRAWN}
    assert drawn == {one.__name__: len(one.__mro__) - len(SystemFault.__mro__) for one in FAULTS}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_speaks_to_a_clerk_and_says_what_to_do_or_what_is(
    fault: type[SystemFault],
) -> None:
    error = fault(detail="status 500")
    assert has_chinese(error.message)
    assert error.message.endswith("。")
    assert not re.search(r"[A-Za-z]", error.message)
    assert "status 500" in str(error)
    assert "status 500" not in error.message


def test_what_is_printed_by_accident_names_nobody() -> None:
    number, name = "630102195304129822", "才让卓玛"
    subject = Subject(id="s-1", id_number=number, name=name, region_code="630102101003")
    entry = RosterEntry(foreign_id="1", id_number=number, name=name, phone="19900001234")
    field = Field(name="name", label="姓名", value=name, sensitivity="personal", mask="name")  # type: ignore[arg-type]
    for text in (repr(subject), repr(entry), repr(field)):
        assert number not in text
        assert name not in text
        assert "19900001234" not in text


def test_the_words_of_the_contract_cannot_be_changed_afterwards() -> None:
    for one in (Answer, RosterEntry, Subject):
        assert one.__dataclass_params__.frozen, one  # type: ignore[attr-defined]
    field = Field("name", "姓名", "甲", Sensitivity.PERSONAL, Mask.NAME)
    with pytest.raises(AttributeError):
        field.value = "乙"  # type: ignore[misc]
