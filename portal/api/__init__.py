"""The HTTP API: the same functions, the same scope, one error shape."""

from collections.abc import Callable

from starlette.routing import BaseRoute

from portal.api import people, reports
from portal.api.people import Identify
from portal.functions.reports import Reports


def routes(make_reports: Callable[[], Reports], identify: Identify) -> list[BaseRoute]:
    """Every address below ``/api``; ``identify`` finds the session behind a request's cookies."""
    return [*reports.routes(make_reports, identify), *people.routes(identify)]
