"""A value put in question from the dossier: both sides read from the systems, never from a page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auth.permissions import Denied
from portal import wiring
from portal.affairs.corrections import offer, queries
from portal.connectors.gateway import Gateway
from portal.functions.records import BadQueryError, Disputes, Purpose, Records, disagreements
from portal.store.citypack import CityPack
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, ID_NUMBER, FakeTransport, always

COUNTER = Purpose(id="counter", name="本人到场")
OTHER = {"code": "0", "rows": [{**GOOD["rows"][0], "name": "才让措毛"}]}  # type: ignore[index]


@pytest.fixture
def disputes(hailing: CityPack, tmp_path: Path) -> Iterator[Disputes]:
    transports = {"a": FakeTransport(always(GOOD)), "b": FakeTransport(always(OTHER))}
    registry = support.load(tmp_path, list(transports))
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    yield Disputes(records=Records(gateway=gateway), take=wiring._file, standing=offer.about)
    gateway.stop()


def _ask(disputes: Disputes, person: object, **over: Any) -> Any:
    values: dict[str, Any] = {
        "place": ("b", 0, "name"),
        "other": ("a", 0, "name"),
        "typed": "",
        "ground": "document",
        "remark": "",
    }
    return disputes.ask(people.principal(), str(person), COUNTER, **{**values, **over})


def test_the_dossier_knows_what_is_told_differently(disputes: Disputes) -> None:
    person = people.add_person(ID_NUMBER, name="才让卓玛")
    answers = list(disputes.records.stream(people.principal(), str(person), COUNTER))
    (found,) = disagreements(answers)
    assert found.field == "name"
    assert {one.system_id for one in found.said} == {"a", "b"}


def test_the_right_value_is_taken_from_the_other_system(disputes: Disputes) -> None:
    person = people.add_person(ID_NUMBER, name="才让卓玛")
    _ask(disputes, person)
    owner = people.principal(roles=("department_officer",), prefixes=(), unit_id="dept-civil")
    ((row,),) = (queries.listed(owner, "待本单位核实").rows,)
    found = queries.opened(owner, row.id)
    assert (found.seen, found.proposed, found.source) == ("才让措毛", "才让卓玛", "系统a")
    assert (row.person, row.system_name, row.simulated) == ("才**玛", "系统b", True)
    standing = disputes.about(people.principal(), str(person), COUNTER)
    assert standing["b", "name"].state == "已提出"


def test_a_typed_value_may_be_proposed_for_any_field(disputes: Disputes) -> None:
    person = people.add_person(ID_NUMBER)
    made = _ask(disputes, person, place=("a", 0, "grade"), other=None, typed=" 乙 ")
    assert made.number.startswith("JH-")


@pytest.mark.parametrize(
    "over",
    [
        {"other": None, "typed": "才让·措毛"},  # another way of writing the same
        {"place": ("b", 3, "name")},
        {"place": ("b", 0, "nothing")},
        {"other": ("a", 7, "name")},
    ],
)
def test_what_would_change_nothing_or_is_not_there_is_not_asked(
    disputes: Disputes, over: dict[str, Any]
) -> None:
    person = people.add_person(ID_NUMBER)
    with pytest.raises(BadQueryError):
        _ask(disputes, person, **over)
    assert queries.listed(people.principal(), "本单位提出").total == 0


def test_a_proposal_from_another_field_is_not_taken_over(disputes: Disputes) -> None:
    person = people.add_person(ID_NUMBER)
    with pytest.raises(offer.CorrectionError, match="请填写"):
        _ask(disputes, person, other=("a", 0, "id_number"))


def test_outside_the_scope_nothing_is_asked(disputes: Disputes) -> None:
    person = people.add_person(ID_NUMBER, places=[("居住", "990103100001")])
    with pytest.raises(Denied):
        _ask(disputes, person)
