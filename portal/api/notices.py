"""``/api/v1/notices/{id}/file``: the attachment of a notice, for a browser that is signed in."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from auth.principal import Principal
from portal.affairs.notices import queries
from portal.api import access, errors
from portal.api.access import Identify
from portal.api.reports import disposition

Who = Annotated[Principal, Depends(access.caller)]


def router(identify: Identify) -> APIRouter:
    """The address; ``identify`` finds the live session behind a browser's cookies."""
    made = APIRouter(
        prefix="/notices",
        tags=["通知"],
        route_class=access.guarded(lambda request: access.by_cookie(identify, request.cookies)),
        responses=errors.responses(401, 403, 404, 422, 500),
    )

    @made.get("/{notice}/file", summary="下载通知附件", response_class=Response)
    def file(notice: UUID, who: Who) -> Any:
        """只供发文单位和收文单位下载；已撤回的不再提供。"""
        found = queries.attachment(who, str(notice))
        # Never shown in the window: whatever is inside stays a file.
        headers = {
            "Content-Disposition": disposition(found.name),
            "X-Content-Type-Options": "nosniff",
        }
        return Response(found.content, media_type=found.kind, headers=headers)

    return made
