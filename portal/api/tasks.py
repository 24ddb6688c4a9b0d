"""``/api/v1/tasks``: the inbox, one task, and a decision about it, once."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Security

from auth.principal import Principal
from portal.api import access, errors, taskmodels
from portal.functions.tasks import Box, Due, Filters, Tasks

Who = Annotated[Principal, Depends(access.caller)]
Word = Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f]*$")]
Page = Annotated[int, Query(ge=1, le=10_000)]


def router(tasks: Callable[[], Tasks]) -> APIRouter:
    """The addresses."""
    made = APIRouter(
        prefix="/tasks",
        tags=["统一办理"],
        route_class=access.guarded(access.program),
        dependencies=[Security(access.BEARER)],
        responses=errors.responses(401, 403, 422, 429, 500),
    )

    @made.get("", response_model=taskmodels.Inbox, summary="任务列表")
    def inbox(
        who: Who,
        box: Box = "待办",
        system_id: Word = "",
        kind: Word = "",
        due: Due = "",
        region: Word = "",
        page: Page = 1,
    ) -> Any:
        """各系统的任务，一页一页给出；缺哪些系统、各系统数据时间如实列出。"""
        filters = Filters(system_id=system_id, kind=kind, due=due, region=region)
        return taskmodels.Inbox.model_validate(tasks().inbox(who, box, filters, page))

    @made.get(
        "/{task_id}",
        response_model=taskmodels.OpenedTask,
        summary="打开任务",
        responses=errors.responses(404),
    )
    def opened(task_id: UUID, who: Who) -> Any:
        """任务、现在可作的办理及其表单、办理经过。"""
        return taskmodels.OpenedTask.model_validate(tasks().open_task(who, str(task_id)))

    @made.post(
        "/{task_id}/actions",
        response_model=taskmodels.Sent,
        summary="办理任务",
        responses=errors.responses(400, 404, 409, 413, 415),
    )
    def act(task_id: UUID, asked: taskmodels.Action, who: Who) -> Any:
        """提交一次办理，由平台送达原系统；他人已先办理时为 409，没有提交。"""
        number = tasks().act(who, str(task_id), asked.action, asked.form, asked.version)
        accepted: Literal["待发送"] = "待发送"
        return taskmodels.Sent(entry_id=UUID(number), state=accepted)

    return made
