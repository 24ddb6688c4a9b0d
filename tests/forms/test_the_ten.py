"""The city's first ten forms: bound to what systems hold, and without fault."""

import json

import pytest

from portal import plugs
from portal.affairs.forms import rules
from portal.connectors.registry import load_registry
from portal.settings import settings
from portal.store import citypack
from portal.store.form_texts import FormText

PACK = citypack.read_pack(settings().city_pack)
HELD = plugs.held_by(
    load_registry(PACK.systems, retired_codes={}, place_name=lambda code: code, allow=())
)


@pytest.mark.parametrize("form", PACK.forms.form, ids=lambda one: one.id)
def test_a_form_of_the_city_has_no_fault(form: FormText) -> None:
    assert [str(one) for one in rules.faults(form, HELD, PACK.forms)] == []
    assert rules.refused(form, HELD) == ()
    assert json.loads(form.model_dump_json())["id"] == form.id


def test_there_are_ten_and_none_of_them_is_registered_by_itself() -> None:
    assert len(PACK.forms.form) == 10
    assert sum(len(one.fields) for one in PACK.forms.form) == 165
    assert not any(one.approval for one in PACK.forms.form)  # 文号 are given by who registers
