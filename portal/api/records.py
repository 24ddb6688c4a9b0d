"""``/api/v1/records``: find a person, and pull the dossier, masked, at once or as it comes."""

import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request, Security
from starlette.responses import Response, StreamingResponse

from auth.permissions import Denied
from auth.principal import Principal
from portal.api import access, errors, models
from portal.functions.records import Dossier, MaskedAnswer, Purpose, Records, State, find_people

NDJSON = "application/x-ndjson"
_log = structlog.get_logger(__name__)
_ANSWERED = frozenset({State.RETURNED, State.STALE, State.NOT_FOUND})

Who = Annotated[Principal, Depends(access.caller)]


def _head(dossier: Dossier) -> models.DossierHead:
    return models.DossierHead.model_validate(
        {
            **{name: getattr(dossier, name) for name in models.DossierHead.model_fields},
            "purpose": dossier.purpose.name,
        }
    )


def _answer(one: MaskedAnswer) -> models.SystemAnswer:
    return models.SystemAnswer.model_validate(one)


def _line(kind: str, body: dict[str, Any]) -> bytes:
    return json.dumps({"kind": kind, **body}, ensure_ascii=False).encode() + b"\n"


def _lines(
    head: models.DossierHead, answers: Iterator[MaskedAnswer], trace_id: str
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

    @made.post("/search", response_model=models.SearchAnswer, summary="查找人员")
    def search(asked: models.SearchQuery, who: Who) -> Any:
        """至多二十人，均已脱敏。须说明调取目的；每次查找都记入审计。"""
        purpose = records().purpose(who, asked.purpose)
        return find_people(who, asked.text, purpose)

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
        return _whole(head, answers)

    return made


def _purpose(function: Records, who: Principal, asked: models.DossierQuery) -> Purpose:
    if asked.case_id is not None:
        return function.case_purpose(who, str(asked.case_id))[0]
    return function.purpose(who, asked.purpose or "")


def _whole(
    head: models.DossierHead, answers: Iterator[MaskedAnswer]
) -> models.DossierAnswer | Response:
    came = list(answers)
    return models.DossierAnswer(
        head=head,
        answers=[_answer(one) for one in came],
        returned=sum(one.state in _ANSWERED for one in came),
        of=len(head.planned),
    )
