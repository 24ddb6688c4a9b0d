"""A begun text comes back to its owner, to nobody else, and goes with the post."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from auth.principal import Principal
from portal.functions import drafts
from portal.store import clock
from portal.store import drafts as store
from portal.store.citypack import CityPack
from portal.store.desk_tables import draft
from portal.store.engine import begin
from portal.store.scope import Reach, scoped
from tests import people

CLOSE = "matters.close"


def holder(login: str, name: str = "王小梅") -> Principal:
    """A person with a post in the database."""
    account = people.add_account(login, name)
    post = people.add_post(
        account, "com-990102001001", roles=["community_clerk"], prefixes=["990102001001"]
    )
    from dataclasses import replace

    return replace(people.principal(), account_id=account, login=login, post_id=post)


@pytest.fixture
def clerk(hailing: CityPack) -> Principal:
    return holder("wang")


def test_what_was_begun_comes_back_and_is_gone_when_sent_off(clerk: Principal) -> None:
    drafts.save(clerk, CLOSE, "c1", "办结事项", {"result": "已核实，正"})
    drafts.save(clerk, CLOSE, "c1", "办结事项", {"result": "已核实，正在"})
    kept = drafts.load(clerk, CLOSE, "c1")
    assert kept is not None
    assert (kept.fields, kept.title) == ({"result": "已核实，正在"}, "办结事项")
    assert drafts.load(clerk, CLOSE, "c2") is None
    (begun,) = drafts.mine(clerk)
    assert (begun.page, begun.query) == ("records", (("case", "c1"),))
    drafts.drop(clerk, CLOSE, "c1")
    assert drafts.load(clerk, CLOSE, "c1") is None


def test_an_emptied_field_is_no_draft(clerk: Principal) -> None:
    drafts.save(clerk, CLOSE, "c1", "办结事项", {"result": "写了"})
    assert drafts.save(clerk, CLOSE, "c1", "办结事项", {"result": "  "}) is None
    assert drafts.mine(clerk) == ()


def test_nobody_else_reads_a_draft_and_without_an_actor_there_is_none(clerk: Principal) -> None:
    drafts.save(clerk, CLOSE, "c1", "办结事项", {"result": "写了"})
    other = holder("li", "李国强")
    for reach in (other.reach, Reach(prefixes=("99",), unit_id=clerk.unit.id, actor="")):
        with scoped(reach) as connection:
            assert connection.execute(select(draft)).all() == []
    with begin() as connection:
        assert connection.execute(select(draft)).all() == []
        connection.execute(text("SELECT set_config('app.actor', '', true)"))
        assert connection.execute(select(draft)).all() == []


def test_the_database_holds_no_readable_word_of_it(clerk: Principal) -> None:
    drafts.save(clerk, CLOSE, "c1", "办结事项：高龄津贴", {"result": "张三丰已去世"})
    with scoped(clerk.reach) as connection:
        row = connection.execute(select(draft)).one()
    assert not any("张三丰" in str(value) or "高龄" in str(value) for value in row)


def test_a_draft_of_a_month_is_dropped_by_the_job_and_a_younger_one_is_kept(
    clerk: Principal, frozen: clock.FrozenClock
) -> None:
    drafts.save(clerk, CLOSE, "old", "办结事项", {"result": "旧"})
    frozen.advance(store.KEPT_FOR - timedelta(seconds=1))
    drafts.save(clerk, CLOSE, "new", "办结事项", {"result": "新"})
    assert store.expire() == 0
    frozen.advance(timedelta(seconds=1))
    assert drafts.load(clerk, CLOSE, "old") is None, "out of sight before the job has run"
    assert store.expire() == 1
    assert [one.query for one in drafts.mine(clerk)] == [(("case", "new"),)]


def test_a_handover_gives_the_drafts_to_the_successor_and_takes_them_from_the_other(
    clerk: Principal,
) -> None:
    successor = holder("li", "李国强")
    drafts.save(clerk, CLOSE, "c1", "办结事项一", {"result": "甲"})
    drafts.save(clerk, CLOSE, "c2", "办结事项二", {"result": "乙"})
    drafts.save(successor, CLOSE, "c2", "办结事项二", {"result": "丙"})
    with scoped(successor.reach) as connection:
        assert store.carry(connection, clerk.post_id, successor.post_id) == 2
        actor = connection.execute(text("SELECT current_setting('app.actor')")).scalar_one()
    assert actor == successor.login, "the caller's own reach is what it was"
    assert drafts.mine(clerk) == ()
    one, two = (drafts.load(successor, CLOSE, key) for key in ("c1", "c2"))
    assert one is not None
    assert two is not None
    assert (one.fields["result"], two.fields["result"]) == ("甲", "丙\n乙")


def test_a_handover_that_fails_leaves_every_draft_where_it_was(clerk: Principal) -> None:
    drafts.save(clerk, CLOSE, "c1", "办结事项", {"result": "甲"})
    with pytest.raises(Exception, match="No row"), scoped(clerk.reach) as connection:
        store.carry(connection, clerk.post_id, UUID(int=0))
    assert len(drafts.mine(clerk)) == 1


@given(
    own=st.dictionaries(st.sampled_from("ab"), st.text(max_size=4)),
    given_=st.dictionaries(st.sampled_from("ab"), st.text(max_size=4)),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_two_drafts_of_one_form_lose_no_word(own: dict[str, str], given_: dict[str, str]) -> None:
    both = store._both(own, given_)
    for one in (own, given_):
        assert all(words in both[name] for name, words in one.items())


def test_of_two_choices_the_successor_s_stands() -> None:
    own = {"title": "甲", "=kind": "投诉", "=number": "20261129-a"}
    given_ = {"title": "乙", "=kind": "求助", "=number": "20261129-b", "=secret": "是"}
    assert store._both(own, given_) == {
        "title": "甲\n乙", "=kind": "投诉", "=number": "20261129-a", "=secret": "是",
    }  # fmt: skip
    assert store._both({"=kind": ""}, {"=kind": "求助"}) == {"=kind": "求助"}
