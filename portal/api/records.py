"""``/api/v1/records``: find persons and things, pull dossiers, masked, at once or as they come."""

import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request, Security
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from auth.permissions import Denied
from auth.principal import Principal
from portal.api import access, errors, models
from portal.functions.records import (
    Dossier,
    MaskedAnswer,
    Purpose,
    Records,
    State,
    ThingDossier,
    Things,
    find_people,
)

NDJSON = "application/x-ndjson"
_log = structlog.get_logger(__name__)
_ANSWERED = frozenset({State.RETURNED, State.STALE, State.NOT_FOUND})

Who = Annotated[Principal, Depends(access.caller)]


def _head(dossier: Dossier) -> models.DossierHead:
    return models.DossierHead.model_validate(_told(dossier, models.DossierHead))


def _thing_head(dossier: ThingDossier) -> models.ThingHead:
    return models.ThingHead.model_validate(_told(dossier, models.ThingHead))


def _told(dossier: Dossier | ThingDossier, model: type[BaseModel]) -> dict[str, Any]:
    names = [one.validation_alias or name for name, one in model.model_fields.items()]
    told: dict[str, Any] = {str(name): getattr(dossier, str(name)) for name in names}
    return {**told, "purpose": dossier.purpose.name}


def _answer(one: MaskedAnswer) -> models.SystemAnswer:
    return models.SystemAnswer.model_validate(one)


def _line(kind: str, body: dict[str, Any]) -> bytes:
    return json.dumps({"kind": kind, **body}, ensure_ascii=False).encode() + b"\n"


def _lines(
    head: models.DossierHead | models.ThingHead, answers: Iterator[MaskedAnswer], trace_id: str
) -> Iterator[bytes]:
    """One line each: the head, every answer when it comes, and the end that counts them."""
    yield _line("head", head.model_dump(mode="json"))
    returned = 0
    try:
        for one in answers:
            returned += one.state in _ANSWERED
            yield _line("answer", _answer(one).model_dump(mode="json"))
    except Denied as refusal:
        error = errors.ErrorBody(code="forbidden", message=refusal.message, trace_id=trace_id)
        yield _line("error", {"error": error.model_dump(exclude_none=True)})
    except Exception:
        _log.exception("dossier_broke_off", trace_id=trace_id)
        code, message = errors.WORDS[500]
        error = errors.ErrorBody(code=code, message=message, trace_id=trace_id)
        yield _line("error", {"error": error.model_dump(exclude_none=True)})
    else:
        yield _line("end", {"returned": returned, "of": len(head.planned)})


def router(records: Callable[[], Records]) -> APIRouter:
    """The addresses."""
    made = APIRouter(
        prefix="/records",
        tags=["统一数据"],
        route_class=access.guarded(access.program),
        dependencies=[Security(access.BEARER)],
        responses=errors.responses(400, 401, 403, 413, 415, 422, 429, 500),
    )

    @made.post("/search", response_model=models.SearchAnswer, summary="查找人员、户、房屋、企业")
    def search(asked: models.SearchQuery, who: Who) -> Any:
        """合计至多二十条，均已脱敏。须说明调取目的；每次查找都记入审计，过多时暂停并告警。"""
        purpose = records().purpose(who, asked.purpose)
        return find_people(who, asked.text, purpose, with_things=asked.things)

    @made.post(
        "/dossier",
        response_model=models.DossierAnswer,
        summary="调取一人一档",
        responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
    )
    def dossier(asked: models.DossierQuery, who: Who, request: Request) -> Any:
        """各系统的应答，均已脱敏；Accept 为 application/x-ndjson 时逐行返回，先到先得。"""
        function = records()
        purpose = _purpose(function, who, asked)
        subject = str(asked.subject_id)
        head = _head(function.open_dossier(who, subject, purpose))
        answers = function.stream(who, subject, purpose)
        if NDJSON in request.headers.get("accept", ""):
            lines = _lines(head, answers, errors.trace_of(request))
            return StreamingResponse(lines, media_type=NDJSON)
        return models.DossierAnswer(head=head, **_whole(answers, len(head.planned)))

    @made.post(
        "/things/dossier",
        response_model=models.ThingAnswer,
        summary="调取一户一档、一房一档、一企一档",
        responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
    )
    def thing(asked: models.ThingQuery, who: Who, request: Request) -> Any:
        """各系统的应答，均已脱敏；Accept 为 application/x-ndjson 时逐行返回，先到先得。"""
        function = Things(records=records())
        purpose = _purpose(function.records, who, asked)
        thing_id = str(asked.thing_id)
        head = _thing_head(function.open(who, thing_id, purpose))
        answers = function.stream(who, thing_id, purpose)
        if NDJSON in request.headers.get("accept", ""):
            lines = _lines(head, answers, errors.trace_of(request))
            return StreamingResponse(lines, media_type=NDJSON)
        return models.ThingAnswer(head=head, **_whole(answers, len(head.planned)))

    return made


def _purpose(
    function: Records, who: Principal, asked: models.DossierQuery | models.ThingQuery
) -> Purpose:
    if asked.case_id is not None:
        return function.case_purpose(who, str(asked.case_id))[0]
    return function.purpose(who, asked.purpose or "")


def _whole(answers: Iterator[MaskedAnswer], of: int) -> dict[str, Any]:
    came = list(answers)
    return {
        "answers": [_answer(one) for one in came],
        "returned": sum(one.state in _ANSWERED for one in came),
        "of": of,
    }
