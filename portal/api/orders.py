"""``/api/v1/orders``: another platform hands its orders over, and asks where they are."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Security

from auth.principal import Principal
from portal.affairs.orders import pushing
from portal.api import access, errors, ordermodels, signed
from portal.api.ordermodels import Number
from portal.settings import settings
from portal.store.citypack import pack

Who = Annotated[Principal, Depends(access.caller)]
LARGEST_PUSH = 4 * 1024 * 1024


def _program(request: Request) -> Principal:
    """Who asks; pushing has a rate of its own."""
    return access.by_token(request.headers, settings().push_per_minute)


def _signature(request: Request) -> Callable[[bytes], None] | None:
    """Where the city asks a source for signatures, nothing counts without one."""
    who = access.caller(request)
    pusher = pushing.pusher_of(who)
    if pusher.secret is None:
        return None
    url = str(request.url)
    return partial(signed.check, who.login, pusher.secret, request.headers, request.method, url)


def router() -> APIRouter:
    """The addresses."""
    made = APIRouter(
        prefix="/orders",
        tags=["工单"],
        route_class=access.guarded(_program, _signature),
        dependencies=[Security(access.BEARER)],
        responses=errors.responses(401, 403, 409, 422, 429, 500),
    )

    @made.post(
        "/push",
        response_model=ordermodels.PushAnswer,
        summary="推送工单",
        responses=errors.responses(400, 413, 415),
        max_body_size=LARGEST_PUSH,
    )
    def push(given: ordermodels.Pushed, who: Who) -> Any:
        """一件或一批（至多 500 件），同一编号只成一件；逐件给出结果，一件不合格不影响其余。"""
        pusher = pushing.pusher_of(who)
        source = pack().orders.of_source(pusher.source)
        first = source.first if source else ""
        found = [ordermodels.as_foreign(one, pusher.source, first) for one in given.orders]
        done = pushing.push(who, pusher, found)
        rows = [
            ordermodels.PushedRow(
                number=one.number,
                outcome=taken.outcome,
                order_no=taken.order_no,
                reason=taken.reason,
            )
            for one, taken in zip(given.orders, done, strict=True)
        ]
        refused = sum(one.outcome == "拒收" for one in rows)
        return ordermodels.PushAnswer(received=len(rows) - refused, refused=refused, rows=rows)

    @made.get("/status", response_model=ordermodels.OrderStandings, summary="查询工单进展")
    def status(
        who: Who, number: Annotated[list[Number], Query(min_length=1, max_length=100)]
    ) -> Any:
        """本来源工单现在的状态；办结后给出答复。没有的编号不列出。"""
        found = pushing.standings(who, number)
        return ordermodels.OrderStandings(
            orders=[ordermodels.OrderStanding.model_validate(one) for one in found]
        )

    return made
