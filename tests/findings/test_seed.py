"""The demonstration has findings in many states, all of them marked, and none of the future."""

import pytest
from sqlalchemy import select

from portal.affairs.findings import daily
from portal.affairs.findings.book import SERVICE
from portal.affairs.findings.tables import finding
from portal.commands import seed_findings
from portal.store import clock
from portal.store.citypack import DemoPost
from portal.store.scope import scoped
from tests.findings import world

pytestmark = pytest.mark.usefixtures("hailing")


def test_seeded_findings_are_marked_and_in_many_states(frozen: clock.FrozenClock) -> None:
    posts = tuple(
        DemoPost(unit=f"com-{code}", title="x", roles=(), prefixes=())
        for code in (world.PLACE, "990102001002")
    )
    now = clock.now()
    assert seed_findings.add_findings(posts, 30) == 30
    assert clock.now() == now
    with scoped(SERVICE) as connection:
        rows = connection.execute(select(finding)).all()
    assert {row.region_code for row in rows} == {world.PLACE}  # the other one does not take part
    assert {row.simulated for row in rows} == {"demo"}
    assert {"已解决"} < {row.state for row in rows}
    assert len({row.state for row in rows}) >= 5
    assert all(row.found_at <= now for row in rows)
    assert daily.listed(world.district())
