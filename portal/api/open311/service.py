"""Open311 GeoReport v2 below ``/open311/v2``: services, their definitions, reports.

The text of the standard is frozen and is kept to: its names, its errors (400, 403, 404), its spans
(90 days, 1000 reports). A key is needed to report and not to read. What is not in the standard is
how much may be asked: an address or a key that asks too often gets 429.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth import clients
from auth.permissions import Denied
from portal.affairs.orders import drafting, reporting
from portal.affairs.orders.reporting import Report, Shown, Wanted
from portal.affairs.orders.rules import OrderError
from portal.api.open311.formats import FORMATS, Format, answer, fault, moment
from portal.api.open311.rate import Rate
from portal.settings import settings
from portal.store import clock
from portal.store.citypack import pack
from portal.store.intake_texts import Attribute, Open311, Service

BASE = "/open311/v2"
LARGEST_FORM = 64 * 1024
MOST_DESCRIPTION = 4000
FORM = "application/x-www-form-urlencoded"
_CODE = re.compile(r"[a-z][a-z0-9_]{1,40}")


class Problem(Exception):
    """An answer of the standard that is no success."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


Given = dict[str, list[str]]
Work = Callable[[Request, Given, Format], Response]


def _texts() -> Open311:
    return pack().intake.open311


def _one(given: Given, name: str) -> str:
    found = given.get(name) or [""]
    return found[0].strip()


def _jurisdiction(given: Given) -> None:
    """One city serves here; a program may leave it out, and may not name another."""
    named = _one(given, "jurisdiction_id")
    if named and named != _texts().jurisdiction:
        raise Problem(404, "jurisdiction_id 不存在：本服务只面向本市。")


def _service(code: str) -> Service:
    found = _texts().find(code) if _CODE.fullmatch(code) else None
    if found is None:
        raise Problem(404, "service_code 不存在，请从 services 中选取。")
    return found


# -- what can be reported -------------------------------------------------------------------------


def services(_request: Request, given: Given, kind: Format) -> Response:
    """``GET services``."""
    _jurisdiction(given)
    return answer(kind, "services", [_listed(one) for one in _texts().services])


def _listed(one: Service) -> dict[str, Any]:
    return {
        "service_code": one.code,
        "service_name": one.name,
        "description": one.description,
        "metadata": bool(one.attributes),
        "type": "realtime",
        "keywords": ",".join(one.keywords),
        "group": one.group,
    }


def definition(request: Request, given: Given, kind: Format) -> Response:
    """``GET services/{code}``."""
    _jurisdiction(given)
    one = _service(request.path_params["code"])
    attributes = [_defined(each, place) for place, each in enumerate(one.attributes, start=1)]
    return answer(kind, "service_definition", {"service_code": one.code, "attributes": attributes})


def _defined(one: Attribute, order: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "variable": True,
        "code": one.code,
        "datatype": one.datatype,
        "required": one.required,
        "datatype_description": None,
        "order": order,
        "description": one.description,
    }
    if one.values:
        made["values"] = [{"key": key, "name": name} for key, name in one.values.items()]
    return made


# -- reporting ------------------------------------------------------------------------------------


def report(_request: Request, given: Given, kind: Format) -> Response:
    """``POST requests``."""
    caller = clients.caller(_one(given, "api_key"))
    if caller is None:
        raise Problem(403, "api_key 缺失或无效。")
    if clients.seconds_to_wait(caller.client_id):
        raise Problem(429, "报送过于频繁，请稍后再试。")
    _jurisdiction(given)
    if not _one(given, "service_code"):
        raise Problem(400, "没有提供 service_code。")
    made = _report(given, _service(_one(given, "service_code")))
    try:
        number = reporting.report(caller.principal, made)
    except Denied as denied:
        raise Problem(403, "api_key 没有报送的权限。") from denied
    except OrderError as problem:
        raise Problem(400, problem.message) from problem
    told = {"service_request_id": number, "service_notice": _texts().notice, "account_id": None}
    return answer(kind, "service_requests", [told])


def _report(given: Given, service: Service) -> Report:
    description = _one(given, "description")
    if len(description) > MOST_DESCRIPTION:
        raise Problem(400, f"description 超过 {MOST_DESCRIPTION} 个字。")
    lat, lng = _degrees(given, "lat", 90), _degrees(given, "long", 180)
    address = _one(given, "address_string") or _one(given, "address_id")
    if (lat is None or lng is None) and not address:
        raise Problem(400, "没有位置：请提供 lat 和 long，或 address_string，或 address_id。")
    phone = drafting.phone(_one(given, "phone"))
    name = _one(given, "last_name") + _one(given, "first_name")
    if len(phone) > 20 or len(name) > drafting.MOST_NAME or len(address) > drafting.MOST_PLACE:
        raise Problem(400, "phone、first_name、last_name 或 address_string 过长。")
    return Report(
        service=service,
        description=description,
        lng=lng if lat is not None else None,
        lat=lat if lng is not None else None,
        address=address,
        attributes=_attributes(given, service),
        caller_name=name,
        caller_phone=phone,
    )


def _degrees(given: Given, name: str, most: int) -> float | None:
    text = _one(given, name)
    if not text:
        return None
    if not re.fullmatch(r"[+-]?\d{1,3}(\.\d{1,15})?", text) or abs(float(text)) > most:
        raise Problem(400, f"{name} 应为 WGS84 的十进制度数。")
    return float(text)


def _attributes(given: Given, service: Service) -> dict[str, list[str]]:
    """``attribute[code]``, once or (of a list of many) several times."""
    found: dict[str, list[str]] = {}
    for one in service.attributes:
        values = [
            text.strip()
            for name in (f"attribute[{one.code}]", f"attribute[{one.code}][]")
            for text in given.get(name, [])
            if text.strip()
        ]
        if one.required and not values:
            raise Problem(400, f"没有提供 attribute[{one.code}]（{one.description}）。")
        if one.values and not set(values) <= set(one.values):
            raise Problem(400, f"attribute[{one.code}] 只能是 {'、'.join(one.values)}。")
        if len(values) > 1 and one.datatype != "multivaluelist":
            raise Problem(400, f"attribute[{one.code}] 只能有一个值。")
        if any(len(text) > 500 for text in values):
            raise Problem(400, f"attribute[{one.code}] 超过 500 个字。")
        if values:
            found[one.code] = values
    return found


# -- reading --------------------------------------------------------------------------------------


def requests(_request: Request, given: Given, kind: Format) -> Response:
    """``GET requests``."""
    _jurisdiction(given)
    found = reporting.shown(_wanted(given))
    return answer(kind, "service_requests", [_told(one) for one in found])


def _wanted(given: Given) -> Wanted:
    status = _list(given, "status")
    if not set(status) <= {"open", "closed"}:
        raise Problem(400, "status 只能是 open 或 closed。")
    start, end = _moment(given, "start_date"), _moment(given, "end_date")
    if start and end and end < start:
        raise Problem(400, "end_date 早于 start_date。")
    codes = _list(given, "service_code")
    if not all(map(_CODE.fullmatch, codes)):
        raise Problem(404, "service_code 不存在，请从 services 中选取。")
    size = _number(given, "page_size", reporting.MOST)
    size = reporting.PAGE if size is None and _one(given, "page") else size or reporting.MOST
    return Wanted(
        numbers=_list(given, "service_request_id"),
        services=codes,
        start=start,
        end=end,
        status=status,
        page=_number(given, "page", 10_000) or 1,
        size=size,
    )


def _list(given: Given, name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in _one(given, name).split(",") if one.strip())


def _number(given: Given, name: str, most: int) -> int | None:
    text = _one(given, name)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}", text) or not 1 <= int(text) <= most:
        raise Problem(400, f"{name} 应为 1 至 {most} 的整数。")
    return int(text)


def _moment(given: Given, name: str) -> datetime | None:
    text = _one(given, name).replace(" ", "+")  # a plus in an address that was not encoded
    if not text:
        return None
    at = _parsed(text) if "T" in text else None
    if at is None:
        raise Problem(400, f"{name} 应为 W3C 时间，例如 2026-11-23T09:00:00+08:00。")
    return at if at.tzinfo else at.replace(tzinfo=clock.LOCAL)


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def request(request: Request, given: Given, kind: Format) -> Response:
    """``GET requests/{id}``."""
    _jurisdiction(given)
    number = request.path_params["id"]
    found = reporting.shown(Wanted(numbers=(number,)))
    if not found:
        raise Problem(404, "service_request_id 不存在。")
    return answer(kind, "service_requests", [_told(one) for one in found])


def _told(one: Shown) -> dict[str, Any]:
    return {
        "service_request_id": one.number,
        "status": one.status,
        "status_notes": one.notes,
        "service_name": one.service_name,
        "service_code": one.service_code,
        "description": one.description,
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": moment(one.received_at),
        "updated_datetime": moment(one.updated_at),
        "expected_datetime": moment(one.expected_at),
        "address": one.address,
        "address_id": None,
        "zipcode": None,
        "lat": one.lat,
        "long": one.lng,
        "media_url": None,
    }


# -- the way in -----------------------------------------------------------------------------------

_RATE = Rate()


def _ends(path: str) -> Format | None:
    ending = path.rpartition(".")[2]
    return ending if ending in FORMATS else None  # type: ignore[return-value]


def _endpoint(work: Work) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        kind: Format = _ends(request.url.path) or "xml"
        if not settings().open311:
            return fault(kind, 404, "本市没有开放 Open311 接口。")
        if work is not report and not _RATE.allows(_address(request)):
            return fault(kind, 429, "查询过于频繁，请稍后再试。")
        try:
            given = await _given(request)
            return await run_in_threadpool(work, request, given, kind)
        except Problem as problem:
            return fault(kind, problem.status, problem.description)

    return endpoint


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _given(request: Request) -> Given:
    """What was asked: the query, and of a report the form."""
    given: Given = {}
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
            raise Problem(400, f"报送的内容应为 {FORM}，UTF-8 编码。")
        pairs = [*pairs, *_form(await _body(request))]
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    return given


async def _body(request: Request) -> bytes:
    """The form, no more than is allowed; what is more is not read."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) > LARGEST_FORM:
            raise Problem(400, f"报送的内容超过 {LARGEST_FORM // 1024} KB。")
    return bytes(held)


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=200,
                         errors="strict")  # fmt: skip
    except ValueError as error:
        raise Problem(400, "报送的内容不是 UTF-8 编码的表单。") from error


def routes() -> list[BaseRoute]:
    """The addresses of the standard, each as JSON and as XML."""
    made: list[BaseRoute] = []
    for ending in FORMATS:
        made += [
            Route(f"{BASE}/services.{ending}", _endpoint(services), methods=["GET"]),
            Route(f"{BASE}/services/{{code}}.{ending}", _endpoint(definition), methods=["GET"]),
            Route(f"{BASE}/requests.{ending}", _endpoint(requests), methods=["GET"]),
            Route(f"{BASE}/requests.{ending}", _endpoint(report), methods=["POST"]),
            Route(f"{BASE}/requests/{{id}}.{ending}", _endpoint(request), methods=["GET"]),
        ]
    return made
