"""What the subject index tells a form: counts by community and the rows of a list."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, insert, select, update

from portal.affairs.forms import desk, fill, held, people, queries, settling
from portal.affairs.forms.conflicts import Standing, Word, conflict, repeats, unsettled
from portal.affairs.forms.tables import form_person_fact
from portal.affairs.forms.words import AUTO, CHANGED, MISSING, FormError, Held, key
from portal.store import clock, crypto
from portal.store.scope import Reach, scoped
from portal.store.search import INDEXER
from portal.store.subjects import address, subject, subject_relation
from tests import people as hands
from tests.forms import world
from tests.forms.world import OTHER, PLACE

pytestmark = pytest.mark.usefixtures("hailing")
OLD, OLDER, YOUNG = "630102193505051234", "630102193001010029", "630102200001010015"
LIVES, REGISTERED = "居住", "户籍"


@pytest.fixture(autouse=True)
def _world(frozen: clock.FrozenClock, hailing: object) -> Iterator[None]:
    """Monday 23 November 2026."""
    world.use()
    yield
    held.comes_from(Held)


def _index() -> None:
    """Two old people of one household, one of them registered elsewhere; a young one next door."""
    old = hands.add_person(OLD, "才让卓玛", "cairangzhuoma", [(LIVES, PLACE), (REGISTERED, OTHER)])
    older = hands.add_person(OLDER, "马占海", "mazhanhai", [(LIVES, PLACE), (REGISTERED, PLACE)])
    hands.add_person(YOUNG, "李娜", "lina", [(LIVES, OTHER), (REGISTERED, OTHER)])
    home = {"household_no": "h1", "address_id": "a1"}
    relation = subject_relation.c
    with scoped(INDEXER) as connection:
        connection.execute(
            insert(address).values(id="a1", region_code=PLACE, text="幸福路 1 号 101")
        )
        connection.execute(
            update(subject_relation)
            .where(relation.subject_id.in_([old, older]), relation.kind == LIVES)
            .values(**home)
        )
        connection.execute(
            update(subject).where(subject.c.id == older).values(systems=["grid", "relief"])
        )


def test_persons_are_counted_once_by_where_they_live_or_are_registered() -> None:
    _index()
    wanted = {
        "living": {PLACE: 2, OTHER: 1},
        "registered": {PLACE: 1, OTHER: 2},
        "inflow": {PLACE: 1},
        "outflow": {OTHER: 1},
        "system:relief": {PLACE: 1},
    }
    reach = Reach(prefixes=(world.CITY,), unit_id=None, actor=held.SERVICE.actor)
    with scoped(reach) as connection:
        found = {one: dict(people.counted(connection, one, world.CITY)) for one in wanted}
    assert found == wanted


def test_a_list_has_a_row_for_everybody_it_is_about_and_nobody_else() -> None:
    _index()
    names = ("row", "name", "sex", "age", "id_number", "current_address", "household_size")
    fields = [
        world.field(f"p_{one}", one, kind="text", source="person", bind=one, required=False)
        for one in names
    ]
    note = world.field("note", "备注", kind="text", required=False)
    made = world.written(*fields, note, layout="名册", rows="aged", from_age=80)
    form_id = world.sent(made)
    assert fill.turn() == 0
    clerk = world.clerk()
    found = queries.opened(clerk, world.answer(form_id).id)
    assert found.rows == (1, 2)
    rows = [[found.cells[key(row, one.name)].value for one in fields] for row in found.rows]
    ages = [row[3] for row in rows]
    assert [row[:3] + row[4:] for row in rows] == [
        ["1", "才让卓玛", "男", OLD, "幸福路 1 号 101", "2"],
        ["2", "马占海", "女", OLDER, "幸福路 1 号 101", "2"],
    ]
    assert all(int(one) >= 80 for one in ages)
    assert {found.cells[key(1, one.name)].state for one in fields} == {AUTO}
    assert found.cells[key(2, "note")].state == MISSING
    assert found.row.count.asked == 16 and found.row.count.auto == 14
    kept = desk.save(
        clerk, found.row.id, [desk.Change(row=2, field="note", value="已探访", base=0)]
    )
    assert kept.stored == 1
    assert world.answer(form_id, OTHER).rows == 0  # nobody there is that old


def test_a_form_that_cannot_be_filled_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = people.counted

    def broken(connection: Connection, bind: str, prefix: str) -> Iterable[tuple[str, int]]:
        if bind == "living":
            raise RuntimeError("the index is being rebuilt")
        return real(connection, bind, prefix)

    monkeypatch.setattr(people, "counted", broken)
    first = world.field("one", "现住", source="index", bind="living")
    stuck = world.sent(world.written(first, number="海统〔2026〕8号"))
    other = world.field("two", "户籍", source="index", bind="registered")
    sent = world.sent(world.written(other, number="海统〔2026〕9号", title="另一张表"))
    assert world.answer(stuck).filled_at is None and world.answer(sent).filled_at is not None
    monkeypatch.undo()
    assert fill.turn() > 0 and world.answer(stuck).filled_at is not None


def _list(title: str) -> UUID:
    """A list of the old, which asks whom to ring; sent and filled."""
    name = world.field("name", "姓名", kind="text", source="person", bind="name")
    ring = world.field("ring", "监护人电话", kind="text", fact="guardian", required=False)
    note = world.field("note", "备注", kind="text", required=False)
    made = world.written(name, ring, note, layout="名册", rows="aged", from_age=80, title=title)
    return world.sent(made)


def _ring(form_id: UUID) -> list[tuple[str, str, str]]:
    """Whom to ring, row by row."""
    found = queries.opened(world.clerk(), world.answer(form_id).id)
    cells = [found.cells[key(row, "ring")] for row in found.rows]
    return [(one.value, one.state, one.source) for one in cells]


def _locked(form_id: UUID, *changes: tuple[int, str, str]) -> None:
    answer = world.answer(form_id).id
    told = [desk.Change(row=row, field=name, value=value, base=0) for row, name, value in changes]
    assert desk.save(world.clerk(), answer, told).stored == len(changes)
    steps = ((world.clerk(), "hand_in"), (world.street(), "pass"), (world.district(), "lock"))
    for who, step in steps:
        desk.move(who, answer, step)


def _rivals(form_id: UUID) -> tuple[Any, ...]:
    """What the first person's row is told of other lists."""
    found = queries.opened(world.clerk(), world.answer(form_id).id)
    assert set(found.rivals) <= {key(1, "ring")}
    return found.rivals.get(key(1, "ring"), ())


def _settle(form_id: UUID, version: int | None, base: int = 0) -> None:
    answer = world.answer(form_id).id
    assert settling.settle(world.clerk(), answer, 1, "ring", version, base) == ()


def _left() -> list[tuple[int, int, Any, str]]:
    fact = form_person_fact.c
    with scoped(held.SERVICE) as connection:
        rows = connection.execute(select(form_person_fact).order_by(fact.id)).all()
    return [(one.version, one.base, one.conflict, crypto.decrypt(one.value)) for one in rows]


def test_a_locked_list_feeds_the_next_one_person_by_person() -> None:
    _index()
    first, same, other = _list("名册一"), _list("名册二"), _list("名册三")
    _locked(first, (1, "ring", "13900000001"), (1, "note", "只说给这张表"))
    assert _left() == [(1, 0, None, "13900000001")]
    # The next list arrives with it, in that person's row alone; as of the period it was said for.
    after = _list("名册四")
    assert _ring(after) == [("13900000001", AUTO, "上期填报"), ("", MISSING, "")]
    opened = queries.opened(world.clerk(), world.answer(after).id)
    assert opened.cells[key(1, "ring")].as_of == "2026-11-30"
    assert opened.cells[key(1, "note")].value == ""
    # Lists that were out before: the same word is soft, another is hard and does not count.
    _locked(same, (1, "ring", "13900000001"))
    _locked(other, (1, "ring", "13900000009"))
    assert _left()[1:] == [(2, 0, "soft", "13900000001"), (3, 0, "hard", "13900000009")]
    with scoped(world.district().reach) as connection:
        assert connection.execute(select(form_person_fact)).all() == []  # the service's alone
    history = queries.opened(world.clerk(), world.answer(other).id).events[-1]
    assert "1 处与其他名册不一致" in history.words
    assert _ring(_list("名册五"))[0][0] == "13900000001"
    # A list shows both, and what is chosen there is a new version; the list that was out before
    # the conflict arose shows it as well, and whoever keeps the own word settles it too.
    chooses, keeps = _list("名册九"), after
    counts, rival = _rivals(chooses)
    assert (counts.value, counts.form, counts.counts) == ("13900000001", "名册二", True)
    assert (rival.value, rival.form, rival.version) == ("13900000009", "名册三", 3)
    assert rival.place.endswith("柳岸社区居民委员会") and rival.as_of == "2026-11-30"
    assert _rivals(keeps) == (counts, rival)
    with pytest.raises(FormError, match="刚被核定或修改"):
        _settle(chooses, 3, base=7)
    with pytest.raises(FormError, match="这一说法已被核定"):
        _settle(chooses, 1)
    _settle(chooses, 3)
    assert _ring(chooses)[0][:2] == ("13900000009", CHANGED) and _rivals(chooses) == ()
    with pytest.raises(FormError, match="刚被核定或修改"):
        _settle(chooses, 3, base=1)
    _settle(keeps, None)
    _locked(keeps)
    assert _left()[3:] == [(4, 3, None, "13900000001")]
    _locked(chooses)  # it has not seen the other's choice: hard again, and told to the next list
    assert _left()[4:] == [(5, 3, "hard", "13900000009")]
    assert [one.version for one in _rivals(_list("名册十"))] == [4, 5]
    assert [one[1] for one in _ring(_list("名册十一"))] == [AUTO, MISSING]
    # What was emptied stays empty, and what was only carried over is not said again.
    emptied, carried = _list("名册六"), _list("名册七")
    _locked(carried)
    assert len(_left()) == 5
    _locked(emptied, (1, "ring", ""))
    found = queries.opened(world.clerk(), world.answer(emptied).id)
    assert found.cells[key(1, "ring")].state == CHANGED
    assert _left()[5:] == [(6, 4, None, "")]
    assert _ring(_list("名册八"))[0] == ("", MISSING, "")


def test_a_word_is_held_against_the_one_that_counts() -> None:
    mine, theirs = uuid4(), uuid4()
    standing = Standing(value="甲", version=3, form_id=theirs)
    cases: list[tuple[Standing | None, int, UUID, str, str | None, bool]] = [
        (None, 0, mine, "甲", None, False),  # the first word
        (standing, 3, mine, "乙", None, False),  # built on what counts
        (standing, 3, mine, "甲", None, True),  # carried over
        (standing, 2, mine, "甲", "soft", False),
        (standing, 2, mine, "乙", "hard", False),
        (standing, 2, theirs, "乙", None, False),  # the same form speaks again
        (standing, 0, theirs, "甲", None, True),
        (standing, 4, theirs, "甲", None, False),  # the same form, having seen a later word
    ]
    for stands, base, form_id, value, against, again in cases:
        assert conflict(stands, base, form_id, value) == against
        assert repeats(stands, base, form_id, value) is again


def test_a_hard_conflict_stays_open_until_a_word_that_has_seen_it() -> None:
    a, b, c = uuid4(), uuid4(), uuid4()
    cases: list[tuple[list[tuple[int, str | None, UUID]], tuple[int, ...]]] = [
        ([(0, None, a)], ()),
        ([(0, None, a), (0, "hard", b)], (2,)),
        ([(0, None, a), (0, "hard", b), (0, "soft", c)], (2,)),  # a soft word has not seen it
        ([(0, None, a), (0, "hard", b), (1, None, c)], (2,)),  # built on what counted alone
        ([(0, None, a), (0, "hard", b), (2, None, c)], ()),  # has seen both
        ([(0, None, a), (0, "hard", b), (0, "hard", c)], (2, 3)),
        ([(0, None, a), (0, "hard", b), (0, "hard", b)], (3,)),  # the same form again
        ([(0, None, a), (0, "hard", b), (0, "soft", b)], ()),  # and agrees by now
        ([(0, None, a), (0, "hard", b), (2, None, c), (0, "hard", b)], (4,)),
    ]
    for said, still in cases:
        words = [
            Word(version=at, base=base, conflict=against, form_id=form_id)
            for at, (base, against, form_id) in enumerate(said, start=1)
        ]
        assert unsettled(reversed(words)) == still
