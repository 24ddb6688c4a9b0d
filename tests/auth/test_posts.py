"""Posts decide what a person is: several at once, for a term, read anew on every run."""

from datetime import date, timedelta

import pytest

from auth import posts, sessions
from auth.permissions import Denied
from auth.principal import Principal
from portal.functions import identity
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from tests import people

pytestmark = pytest.mark.usefixtures("hailing")
COM = "com-990102001001"


def _sign_in(clock: FrozenClock) -> Principal:
    live = sessions.open_session({"sub": "clerk", "iat": int(clock.now().timestamp())})
    assert live is not None
    found = posts.principal_for(
        account_id=live.account_id, post_id=live.post_id, session_id=live.id, factors=live.factors
    )
    assert found is not None
    return found


def _again(who: Principal) -> Principal:
    live = sessions.check(who.session_id)
    assert live is not None
    found = posts.principal_for(
        account_id=live.account_id, post_id=live.post_id, session_id=live.id, factors=live.factors
    )
    assert found is not None
    return found


def test_a_person_lands_on_the_main_post_and_switches_to_another(
    hailing: CityPack, frozen: FrozenClock
) -> None:
    account = people.add_account("clerk")
    people.add_post(account, COM, roles=["reader"], prefixes=["990102"], title="副书记")
    people.add_post(
        account, COM, roles=["community_clerk"], prefixes=["990102001001"], title="书记", main=True
    )
    who = _sign_in(frozen)
    assert (who.post_title, who.prefixes) == ("书记", ("990102001001",))
    assert [one.title for one in identity.my_posts(who)] == ["书记", "副书记"]
    identity.switch_post(who, str(identity.my_posts(who)[1].id))
    changed = _again(who)
    assert (changed.post_title, changed.roles) == ("副书记", ("reader",))


def test_nobody_switches_to_a_post_of_another(hailing: CityPack, frozen: FrozenClock) -> None:
    mine, theirs = people.add_account("clerk"), people.add_account("other")
    people.add_post(mine, COM, roles=["reader"], prefixes=[])
    post = people.add_post(theirs, COM, roles=["city_officer"], prefixes=["9901"])
    with pytest.raises(Denied):
        identity.switch_post(_sign_in(frozen), str(post))


@pytest.mark.parametrize("post_id", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_made_up_post_is_refused(hailing: CityPack, frozen: FrozenClock, post_id: str) -> None:
    account = people.add_account("clerk")
    people.add_post(account, COM, roles=["reader"], prefixes=[])
    with pytest.raises(Denied):
        identity.switch_post(_sign_in(frozen), post_id)


def test_a_post_ends_with_its_term_in_the_middle_of_a_session(
    hailing: CityPack, frozen: FrozenClock
) -> None:
    today = date(2026, 11, 23)
    account = people.add_account("clerk")
    people.add_post(account, COM, roles=["reader"], prefixes=[], title="长期")
    people.add_post(
        account,
        COM,
        roles=["city_officer"],
        prefixes=["9901"],
        title="临时",
        main=True,
        ends=today + timedelta(days=1),
    )
    who = _sign_in(frozen)
    assert who.post_title == "临时"
    frozen.advance(timedelta(hours=15, minutes=30))  # midnight on the cadres' clock
    found = posts.principal_for(
        account_id=who.account_id, post_id=who.post_id, session_id=who.session_id, factors=()
    )
    assert found is not None
    assert (found.post_title, found.roles) == ("长期", ("reader",))


def test_a_person_without_a_post_is_nobody(hailing: CityPack, frozen: FrozenClock) -> None:
    account = people.add_account("clerk")
    assert posts.principal_for(account_id=account, post_id=None, session_id="s", factors=()) is None


def test_signing_out_ends_the_session(hailing: CityPack, frozen: FrozenClock) -> None:
    account = people.add_account("clerk")
    people.add_post(account, COM, roles=["reader"], prefixes=[])
    who = _sign_in(frozen)
    identity.sign_out(who)
    assert sessions.check(who.session_id) is None
