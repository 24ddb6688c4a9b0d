"""The API as one application below ``/api``, with its description."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute, Route

from portal.api import (
    bulletins,
    doors,
    errors,
    jump,
    link,
    notices,
    orders,
    people,
    records,
    reports,
    tasks,
    verify,
)
from portal.api.access import Identify
from portal.api.open311 import service as open311
from portal.functions.entry import Entry
from portal.functions.entry.tickets import keys
from portal.functions.records import Records
from portal.functions.reports import Reports
from portal.functions.tasks import Tasks
from portal.functions.verify import Verify

VERSION = "v1"
LARGEST_BODY = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Functions:
    """The functions behind the addresses, each asked for when it is needed."""

    records: Callable[[], Records]
    reports: Callable[[], Reports]
    tasks: Callable[[], Tasks]
    entry: Callable[[], Entry]
    verify: Callable[[], Verify]


def create_api(functions: Functions, identify: Identify) -> FastAPI:
    """The application; it serves no description and no page of its own."""
    api = FastAPI(
        title="社区事务管理服务平台接口",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=LARGEST_BODY,
    )
    errors.install(api)
    whole = APIRouter(prefix=f"/api/{VERSION}")
    whole.include_router(records.router(functions.records))
    whole.include_router(reports.router(functions.reports, identify))
    whole.include_router(bulletins.router(identify))
    whole.include_router(tasks.router(functions.tasks))
    whole.include_router(orders.router())
    whole.include_router(people.router(identify))
    whole.include_router(verify.router(functions.verify, identify))
    whole.include_router(notices.router(identify))
    whole.include_router(doors.router(functions.entry))
    whole.include_router(doors.tickets(functions.entry))
    whole.include_router(doors.keys(keys.published))
    api.include_router(whole)
    return api


def routes(functions: Functions, identify: Identify) -> list[BaseRoute]:
    """The way to the doors, and everything below ``/api/``, known or not: also its 404 is JSON."""
    api = Route("/api/{rest:path}", errors.Traced(create_api(functions, identify)))
    ways = [*jump.routes(functions.entry, identify), *link.routes(functions.entry, identify)]
    return [*ways, *open311.routes(), api]
