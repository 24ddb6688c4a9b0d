"""Orders pushed about at random, and their numbers counted again from the history alone."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.tables import unit
from portal.affairs.orders import desk, sweep, tally
from portal.affairs.orders.book import flow
from portal.affairs.orders.tables import order_event, work_order
from portal.affairs.workflow.flow import FlowError
from portal.store import clock
from portal.store.engine import begin
from portal.store.scope import scoped
from tests.orders import world

PEOPLE = (world.command, world.district, world.street, world.community, world.urban, world.civil,
          world.visitor)  # fmt: skip
UNITS = ("gov-990102001", "dept-990102-urban", "dept-civil", "dept-990102-command",
         "com-990102001001")  # fmt: skip
Key = tuple[str, str, str, date]


def walk(dice: random.Random, frozen: clock.FrozenClock, orders: int, steps: int) -> Counter[str]:
    """So many steps; gives how often each move was made."""
    known = [
        world.taken(str(n), source=dice.choice(("12345", "领导信箱", "未诉先办")),
                    urgency=dice.randint(1, 4), category=dice.choice(("", "01", "01.02.03")),
                    kind=dice.choice(("投诉", "求助")))
        for n in range(orders)
    ]  # fmt: skip
    made: Counter[str] = Counter()
    for _ in range(steps):
        frozen.advance(timedelta(minutes=dice.choice((1, 30, 300, 1500))))
        chance = dice.random()
        if chance < 0.1:
            made["overdue"] += sweep.sweep()
        elif chance < 0.15:
            tally.drain()
        else:
            _one(dice, dice.choice(known), made, known)
    return made


# How often a move is tried where it may be made; the others: 1. What ends an order early is rare.
WEIGHTS = {"dispatch": 12, "sign": 8, "contact": 3, "reply": 4, "approve": 6, "visit": 6,
           "archive": 0.3, "answer": 0.1, "reject": 0.1, "hand_out": 0.1, "merge": 0.15,
           "split": 0.2, "hang": 0.3, "supervise": 0.3, "visit_none": 0.2, "confer": 0.4,
           "note": 0, "urge": 0, "confide": 0, "progress": 0, "attach": 0, "co_reply": 0,
           "accept": 5, "return": 2, "pass_down": 2, "recall": 1.5, "withdraw": 0}  # fmt: skip


def _one(dice: random.Random, order: UUID, made: Counter[str], known: list[UUID]) -> None:
    moves = flow().moves_from(world.row(order).state)
    if not moves:
        return
    weights = [WEIGHTS.get(one.id, 1) for one in moves]
    (move,) = dice.choices(moves, weights) if sum(weights) else (moves[0],)
    form = _form(dice, move.id, known)
    for who in dice.sample(PEOPLE, len(PEOPLE)):
        try:
            desk.act(who(), order, move.id, form)
        except FlowError:
            continue
        made[move.id] += 1
        return


def _form(dice: random.Random, move: str, known: list[UUID]) -> dict[str, Any]:
    until = clock.local(clock.now()).date() + timedelta(days=dice.randint(1, 14))
    form: dict[str, Any] = {
        "reason": world.WHY, "words": "已联系", "text": "正在办理中", "answer": world.ANSWER,
        "legal_basis": world.BASIS, "suggested_unit": "dept-civil", "unit": dice.choice(UNITS),
        "until": until,
        "visit_answers": {"resolved": dice.choice(("已解决", "部分解决", "未解决")),
                          "satisfied": dice.choice(("满意", "基本满意", "不满意"))},
        "parts": [{"title": "其一其一"}, {"title": "其二其二"}],
        "target": world.row(dice.choice(known)).order_no,
    }  # fmt: skip
    if move == "reclass":
        form["level"] = dice.randint(1, 4)
    if move == "co_add":
        form["units"] = ["dept-civil"]
    return form


# -- counted again --------------------------------------------------------------------------------


class Recount:
    """A fold over the history of one order; knows nothing of how the desk notes its numbers."""

    def __init__(self, order: Any, places: dict[str, str], numbers: Counter[Key], of: Counter[Key]):
        self.order, self.places, self.numbers, self.of = order, places, numbers, of
        self.holder: str | None = None
        self.sent: datetime | None = None
        self.asked: tuple[str, datetime] | None = None
        self.answered = self.contacted = False
        self.late: tuple[str | None, datetime] | None = None

    def count(self, measure: str, at: datetime, who: str | None, number: int, of: int = 0) -> None:
        """By place, and by unit where there is one."""
        day = clock.local(at).date()
        keys = [(measure, self.order.region_code, "", day)]
        if who is not None:
            keys.append((f"{measure}_unit", self.places[who], f"unit:{who}", day))
        for key in keys:
            self.numbers[key] += number
            self.of[key] += of

    def ask(self, who: str, at: datetime) -> None:
        """A unit owes an answer."""
        self.unask()
        self.asked, self.answered, self.contacted = (who, at), False, False
        self.count("orders_responded", at, who, 0, 1)

    def unask(self) -> None:
        """It does not."""
        if self.asked is not None:
            self.count("orders_responded", self.asked[1], self.asked[0], -int(self.answered), -1)
        self.asked = None

    def unlate(self) -> None:
        """It was not late."""
        if self.late is not None:
            self.count("orders_due", self.late[1], self.late[0], 0, -1)
        self.late = None

    def see(self, event: Any) -> None:
        """One line of the history."""
        handle = getattr(self, f"on_{event.move}", None)
        if handle is not None:
            handle(event)

    def on_dispatch(self, event: Any) -> None:
        if self.sent is not None:
            self.unlate()
        self.holder, self.sent = event.detail["unit"], event.at
        self.count("orders_dispatched", event.at, self.holder, 1)
        self.ask(self.holder, event.at)  # type: ignore[arg-type]

    on_fallback = on_dispatch

    def on_pass_down(self, event: Any) -> None:
        self.holder, self.sent = event.detail["unit"], event.at
        key = ("orders_dispatched_unit", self.places[self.holder],  # type: ignore[index]
               f"unit:{self.holder}", clock.local(event.at).date())  # fmt: skip
        self.numbers[key] += 1
        if not self.contacted:
            self.ask(self.holder, event.at)  # type: ignore[arg-type]

    def on_pass_up(self, event: Any) -> None:
        self.holder, self.asked, self.sent = event.detail["unit"], None, None

    def on_contact(self, event: Any) -> None:
        if self.contacted:
            return
        self.contacted, self.answered = True, bool(event.detail["in_time"])
        if self.answered and self.asked:
            self.count("orders_responded", self.asked[1], self.asked[0], 1)

    def on_return(self, event: Any) -> None:
        self.count("orders_returned", event.at, event.unit_id, 1)

    def on_return_grant(self, event: Any) -> None:
        if self.asked and self.asked[0] == self.holder:
            self.unask()
        self.unlate()
        self.contacted, self.sent = False, None

    def on_recall(self, event: Any) -> None:
        self.count("orders_dispatched", self.sent, self.holder, -1)  # type: ignore[arg-type]
        self.on_return_grant(event)

    def on_overdue(self, event: Any) -> None:
        self.late = (event.unit_id, datetime.fromisoformat(event.detail["deadline"]))
        self.count("orders_due", self.late[1], self.late[0], 0, 1)

    def on_extend_grant(self, event: Any) -> None:
        self.unlate()

    def on_reclass(self, event: Any) -> None:
        if (
            "due_at" in event.detail
            and datetime.fromisoformat(event.detail["due_at"][1]) > event.at
        ):
            self.unlate()

    def on_approve(self, event: Any) -> None:
        if "deadline" not in event.detail or self.late is not None:
            return
        deadline, on_time = (
            datetime.fromisoformat(event.detail["deadline"]),
            event.detail["on_time"],
        )
        self.count("orders_due", deadline, self.holder, int(on_time), 1)
        if not on_time:
            self.late = (self.holder, deadline)

    def on_visit(self, event: Any) -> None:
        said = event.detail
        for measure, yes in (
            ("orders_visited_resolved", said["resolved"] == "已解决"),
            ("orders_satisfied", said["satisfied"] == "满意"),
            ("orders_basically_satisfied", said["satisfied"] == "基本满意"),
        ):
            self.count(measure, event.at, self.holder, int(yes), 1)
        if event.to_state != "已办结":
            self.count("orders_redone", event.at, self.holder, 1)
            self.late = None  # a new limit begins; the old lateness stays counted


def recount() -> dict[Key, tuple[int, int]]:
    """Every number of every measure of orders, from the rows and their history."""
    with begin() as connection:
        places = {row.id: row.region_code for row in connection.execute(select(unit))}
    numbers: Counter[Key] = Counter()
    of: Counter[Key] = Counter()
    with scoped(tally.SERVICE) as connection:
        orders = connection.execute(select(work_order)).all()
        events = connection.execute(select(order_event).order_by(order_event.c.id)).all()
    for order in orders:
        fold = Recount(order, places, numbers, of)
        for event in (one for one in events if one.order_id == order.id):
            fold.see(event)
        _whole(order, fold)
    return {key: (numbers[key], of[key]) for key in numbers if numbers[key] or of[key]}


def _whole(order: Any, fold: Recount) -> None:
    """What is counted once for each order."""
    if order.parent_id is None:
        came = clock.local(order.received_at).date()
        slices = [("orders_received", ""), ("orders_received_kind", order.kind),
                  ("orders_received_source", order.source)]  # fmt: skip
        for measure, part in slices:
            fold.numbers[(measure, order.region_code, part, came)] += 1
    if order.closed_at is None:
        return
    done = flow().states[order.state]
    assert done.group == "done"
    closed = clock.local(order.closed_at).date()
    if order.parent_id is None:
        fold.numbers[("orders_closed", order.region_code, "", closed)] += 1


def stocks() -> dict[tuple[str, str, str], int]:
    """What is open and what is late, straight from the rows."""
    found: Counter[tuple[str, str, str]] = Counter()
    with begin() as connection:
        places = {row.id: row.region_code for row in connection.execute(select(unit))}
    with scoped(tally.SERVICE) as connection:
        rows = connection.execute(select(work_order).where(work_order.c.closed_at.is_(None))).all()
    for row in rows:
        late = row.overdue_at is not None
        for measure, there in (
            ("orders_open", True),
            ("orders_overdue_open", late),
            ("orders_overdue_urgent_open", late and row.urgency == 1),
        ):
            if there:
                found[(measure, row.region_code, "")] += 1
                unit_key = (f"{measure}_unit", places[row.unit_id], f"unit:{row.unit_id}")
                found[unit_key] += 1
    return dict(found)
