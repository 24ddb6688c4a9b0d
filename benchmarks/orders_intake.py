"""Group ``orders_intake``: orders through the API, against a bare endpoint writing the same rows.

The bare one is FastAPI and SQLAlchemy and nothing else: no token, no rate, no rule, no lookup; its
rows are copies of those that ours wrote. Both run in this process, asked in turn over ASGI.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Table, delete, insert, select
from starlette.applications import Starlette
from starlette.types import ASGIApp

from auth import clients
from auth.clients import Wish
from benchmarks import ground
from benchmarks.figures import Figure, emit, median, paired
from portal.affairs.orders import tally
from portal.affairs.orders.tables import (
    order_caller,
    order_event,
    order_seat,
    order_tally,
    work_order,
)
from portal.api import application
from portal.api.ordermodels import PushedOrder
from portal.commands import setup
from portal.store import clock, tasks
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped
from portal.store.task_tables import task, task_history

PUSH = "/api/v1/orders/push"
ROUNDS = {1: 60, 20: 30, 500: 6}  # orders in one request: requests of each kind
TARGET = ">= 0.6"
_numbers = count(1)


def order() -> dict[str, Any]:
    """An order that nobody has seen."""
    number = next(_numbers)
    return {
        "number": f"BM{number:08d}",
        "kind": "投诉",
        "title": "楼道堆放杂物",
        "content": "三单元楼道长期堆放杂物，影响通行，请尽快清理。",
        "received_at": clock.now().isoformat(),
        "region_code": "630102101003",
        "place": "韵家口镇某小区3号楼",
        "urgency": 2,
        "caller_name": "张某",
        "caller_phone": f"138{number:08d}",
    }


class Given(BaseModel):
    """What the bare endpoint takes: the same orders, checked by the same model."""

    orders: list[PushedOrder]


Rows = list[tuple[Table, dict[str, Any]]]
BESIDE = (order_seat, order_caller, order_event)


def _templates(order_id: UUID) -> Rows:
    """Everything that one order left in the tables."""
    with scoped(tally.SERVICE) as connection:
        found: Rows = [
            (table, dict(row._mapping))
            for table, key in ((work_order, "id"), *((one, "order_id") for one in BESIDE))
            for row in connection.execute(select(table).where(table.c[key] == order_id))
        ]
        notes = connection.execute(select(order_tally).order_by(order_tally.c.id.desc()).limit(1))
        found += [(order_tally, dict(row._mapping)) for row in notes]
        with acting_as(connection, tasks.SERVICE.actor):
            about = select(task).where(task.c.foreign_id.startswith(f"{order_id}:"))
            for row in connection.execute(about).all():
                lines = select(task_history).where(task_history.c.task_id == row.id)
                found.append((task, dict(row._mapping)))
                found += [(task_history, dict(one._mapping)) for one in connection.execute(lines)]
    return found


def _made(column: Column[Any]) -> bool:
    """Whether the database makes the value itself."""
    return column.identity is not None or column.computed is not None


def _copies(templates: Rows, orders: Sequence[PushedOrder]) -> dict[str, tuple[Table, list[Any]]]:
    """The rows of these orders, table by table."""
    found: dict[str, tuple[Table, list[Any]]] = {}
    for one in orders:
        order_id, task_id = uuid4(), uuid4()
        new = {"order_id": order_id, "task_id": task_id, "order_no": str(uuid4()),
               "source_no": one.number, "foreign_id": f"{order_id}:u"}  # fmt: skip
        for table, row in templates:
            own = {"id": order_id} if table is work_order else {"id": task_id}
            values = {
                column.name: {**own, **new}.get(column.name, row[column.name])
                for column in table.columns
                if not _made(column)
            }
            found.setdefault(table.name, (table, []))[1].append(values)
    return found


def bare(templates: Rows) -> FastAPI:
    """The endpoint with nothing around it."""
    app = FastAPI(openapi_url=None)

    @app.post(PUSH)
    def push(given: Given) -> dict[str, Any]:
        found = _copies(templates, given.orders)
        inbox = {task.name, task_history.name}
        with scoped(tally.SERVICE) as connection:
            for name, (table, rows) in found.items():
                if name not in inbox:
                    connection.execute(insert(table), rows)
            with acting_as(connection, tasks.SERVICE.actor):
                for name in (task.name, task_history.name):
                    if name in found:
                        connection.execute(insert(found[name][0]), found[name][1])
        return {"received": len(given.orders), "rows": [one.number for one in given.orders]}

    return app


def ours() -> ASGIApp:
    """The portal's own endpoint; of its functions none is asked."""

    def none() -> Any:
        raise RuntimeError("not asked here")

    functions = application.Functions(
        records=none, reports=none, tasks=none, entry=none, verify=none
    )
    return Starlette(routes=application.routes(functions, lambda _cookies: None))


def token() -> str:
    """A program that may push without limit of ours being the measure."""
    return clients.issue(
        Wish(client="领导信箱推送", unit_id="dept-command", role="order_source",
             permissions=("orders.push",), prefixes=(), purposes=(), days=30)
    )[1]  # fmt: skip


async def _ask(app: ASGIApp, key: str, requests: int, many: int) -> float:
    """Seconds for so many requests with so many orders each."""
    bodies = [{"orders": [order() for _ in range(many)]} for _ in range(requests)]
    headers = {"Authorization": f"Bearer {key}"}
    wire = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=wire, base_url="http://bench", headers=headers) as one:
        started = time.perf_counter()
        for body in bodies:
            answer = await one.post(PUSH, json=body)
            if answer.status_code != 200 or answer.json()["received"] != many:
                raise RuntimeError(answer.text[:500])
        return time.perf_counter() - started


@contextmanager
def _town() -> Iterator[None]:
    with ground.folder() as place, ground.database(place):
        setup.load_city(pack())
        with ground.environment(PORTAL_PUSH_PER_MINUTE="1000000", **_same()):
            yield


def _same() -> dict[str, str]:

    return {name: os.environ[name] for name in ("DATABASE_URL", "PORTAL_VAR_DIR")}


def _clear() -> None:
    with scoped(tally.SERVICE) as connection:
        connection.execute(delete(order_tally))


async def _measure() -> None:
    key, mine = token(), ours()
    await _ask(mine, key, 3, 1)
    with scoped(tally.SERVICE) as connection:
        first = connection.execute(select(work_order.c.id).limit(1)).scalar_one()
    plain = bare(_templates(first))
    await _ask(plain, key, 3, 1)
    for many, requests in ROUNDS.items():
        tops, bottoms = [], []
        for _ in range(requests if many < 500 else 3):
            share = 1 if many < 500 else max(1, requests // 3)
            bottoms.append(await _ask(plain, key, share, many))
            tops.append(await _ask(mine, key, share, many))
            _clear()
        share = 1 if many < 500 else max(1, requests // 3)
        name = f"orders_intake.api{many}"
        rate = many * share / median(tops)
        emit(Figure(figure=f"{name}.vs_bare", value=1 / paired(tops, bottoms), unit="x",
                    runs=len(tops), target=TARGET))  # fmt: skip
        emit(Figure(figure=f"{name}.rate", value=rate, unit="orders/s", runs=len(tops),
                    target=">= 1000" if many == 500 else None))  # fmt: skip


def run() -> None:
    """The group."""
    with _town():
        asyncio.run(_measure())
