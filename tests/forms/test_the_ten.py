"""The city's first ten forms: bound to what systems hold, and without fault."""

import json

import pytest
from sqlalchemy import func, select

from portal import plugs
from portal.affairs.forms import held, rules
from portal.affairs.forms.tables import form, form_answer
from portal.affairs.forms.words import Held
from portal.commands import seed_forms, setup
from portal.connectors.registry import load_registry
from portal.settings import settings
from portal.store import citypack
from portal.store.form_texts import FormText
from portal.store.scope import scoped
from tests.conftest import TestDatabase

PACK = citypack.read_pack(settings().city_pack)
HELD = plugs.held_by(
    load_registry(PACK.systems, retired_codes={}, place_name=lambda code: code, allow=())
)


@pytest.mark.parametrize("made", PACK.forms.form, ids=lambda one: one.id)
def test_a_form_of_the_city_has_no_fault(made: FormText) -> None:
    assert [str(one) for one in rules.faults(made, HELD, PACK.forms)] == []
    assert rules.refused(made, HELD) == ()
    assert json.loads(made.model_dump_json())["id"] == made.id


def test_there_are_ten_and_none_of_them_is_registered_by_itself() -> None:
    assert len(PACK.forms.form) == 10
    assert sum(len(one.fields) for one in PACK.forms.form) == 165
    assert not any(one.approval for one in PACK.forms.form)  # 文号 are given by who registers


def test_the_demonstration_gets_forms_that_say_they_are_made_up(database: TestDatabase) -> None:
    setup.load_city(citypack.pack())
    held.comes_from(lambda: HELD)
    try:
        assert seed_forms.add_forms() == 4
    finally:
        held.comes_from(Held)
    with scoped(held.SERVICE) as connection:
        rows = connection.execute(select(form.c.number, form.c.state, form.c.simulated)).all()
        empty = connection.execute(
            select(func.count()).where(form_answer.c.filled_at.is_(None))
        ).scalar()
    assert {tuple(one)[1:] for one in rows} == {("已下发", "demo")}
    assert all("模拟" in one.number for one in rows)
    assert empty == 0
