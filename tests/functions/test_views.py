"""A report by the divisions of the time and of today, and the command that changes them."""

from pathlib import Path

import pytest

from auth import posts
from portal.__main__ import main
from portal.functions import places
from portal.functions.reports import NoSuchReport
from portal.store import division_changes, divisions
from portal.store.clock import FrozenClock
from portal.store.division_changes import CannotChange
from portal.store.engine import begin
from tests.functions.test_reports import (  # noqa: F401
    LEADER,
    LOTUS,
    OFFICER,
    WILLOW,
    Town,
    column,
    peopled,
    town,
)

STREET = "990102001"
MERGE = f"""day = 2026-11-20
document = "海政函〔2026〕3号"
[[step]]
kind = "merge"
old = ["{LOTUS}"]
into = [{{ code = "{WILLOW}", name = "柳荷社区居民委员会" }}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "change.toml"
    found.write_text(MERGE, encoding="utf-8")
    return found


def test_both_views_have_one_total_and_say_which_they_are(peopled: Town, file: Path) -> None:  # noqa: F811
    before = peopled.report(OFFICER, STREET)
    assert not before.changed
    assert main(["divisions", "change", str(file)]) == 0
    then = peopled.reports.build(OFFICER, "population", STREET, "2026-11")
    now = peopled.reports.build(OFFICER, "population", STREET, "2026-11", view="now")
    assert before.total.cells == then.total.cells == now.total.cells
    assert [then.changed, then.view, now.view] == [True, "then", "now"]
    assert any("按当时区划统计" in one for one in then.notes)
    assert any("按现区划统计" in one for one in now.notes)
    # The month holds the day: the old place stands with what became of it, its people are moved.
    gone = "荷塘社区居委会（2026-11-20 起并入柳荷社区居民委员会）"
    head = then.columns[1].head
    assert column(then, head)[gone] == "0"
    assert column(then, head)["柳荷社区居民委员会"] == "70"
    assert gone not in column(now, head)
    assert column(now, head)["柳荷社区居民委员会"] == "70"
    # Who still says the old code is counted for the heir; nothing moves.
    assert peopled.say("a").moved == 0
    protected = peopled.reports.build(LEADER, "population", STREET, "2026-11", view="now")
    assert protected.protected
    with pytest.raises(NoSuchReport, match="只按当时区划"):
        peopled.reports.build(OFFICER, "population", STREET, "2026-11", version=1, view="now")


def test_the_command_checks_registers_lists_and_takes_back(
    hailing: object, file: Path, frozen: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["divisions", "change", str(file), "--dry-run"]) == 0
    assert "核对通过" in capsys.readouterr().out
    assert places.states() == []
    file.write_text(MERGE.replace(LOTUS, "990102001077").replace("11-20", "12-20"), "utf-8")
    assert main(["divisions", "change", str(file)]) == 1
    said = capsys.readouterr().out
    assert "第1项（合并）：没有区划 990102001077" in said
    file.write_text(MERGE.replace("11-20", "12-20"), "utf-8")
    assert main(["divisions", "change", str(file)]) == 0
    number = places.states()[0].id
    assert "生效日未到" in capsys.readouterr().out
    assert main(["divisions", "list"]) == 0
    assert "待生效" in capsys.readouterr().out
    assert main(["divisions", "withdraw", number]) == 0
    assert main(["divisions", "withdraw", number]) == 1
    assert divisions.find(LOTUS) == next(
        one for one in divisions.children(STREET) if one.code == LOTUS
    )


def test_posts_work_for_the_heir_from_the_day_on(hailing: object) -> None:
    """A committee that moved to another street keeps its people, under its new code."""
    new = "990103100009"
    posts.put_units(
        [
            {"id": f"com-{LOTUS}", "name": "荷塘社区", "kind": "community", "level": "community",
             "region_code": LOTUS, "line": None},
        ]
    )  # fmt: skip
    from auth.tables import position

    with begin() as connection:
        connection.execute(
            position.insert().values(
                id="p1", unit_id=f"com-{LOTUS}", title="网格员", roles=[], prefixes=[LOTUS]
            )
        )
    step = {"kind": "recode", "old": [LOTUS], "into": [{"code": new, "name": "荷塘社区居委会"}]}
    change = division_changes.ChangeFile.model_validate(
        {"day": "2026-11-20", "document": "海政函〔2026〕4号", "step": [step]}
    )
    with pytest.raises(CannotChange, match="没有名称"):
        places.plan(
            division_changes.ChangeFile.model_validate(
                {**change.model_dump(), "step": [{**step, "into": [{"code": new}]}]}
            )
        )
    assert "改码" in places.plan(change)[0]
    _, (done,) = places.register(change)
    assert (done.retired, done.made) == ((LOTUS,), (new,))
    with begin() as connection:
        row = connection.execute(position.select().where(position.c.id == "p1")).one()
    assert (row.unit_id, row.prefixes) == (f"com-{new}", [new])
