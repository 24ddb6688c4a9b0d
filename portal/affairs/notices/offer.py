"""What this affair gives to the unified functions: notices as things to read."""

from collections.abc import Mapping
from dataclasses import dataclass

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.notices import desk, papers, queries
from portal.affairs.notices.desk import sweep
from portal.affairs.notices.rules import NoticeError
from portal.connectors.contract import TaskAction, TurnedDown

__all__ = ["NoticeTasks", "sweep"]

_RECEIPT = TaskAction(id="READ", label="已阅，回执", batch=True)
_READ = TaskAction(id="READ", label="已阅", batch=True)


@dataclass(frozen=True, kw_only=True)
class NoticeTasks:
    """Notices in the one inbox."""

    id: str = papers.SOURCE
    name: str = "通知"
    task_kinds: tuple[str, ...] = (papers.RECEIPT, papers.PLAIN)
    permission: str = queries.VIEW
    batched: bool = True  # its actions ask nothing of the database

    def actions(self, principal: Principal, key: str, kind: str) -> tuple[TaskAction, ...]:
        """What may be done to a task now."""
        return (_RECEIPT,) if kind == papers.RECEIPT else (_READ,)

    def details(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """What stands beside a task."""
        try:
            found = queries.opened(principal, papers.notice_of(key))
        except (NoticeError, Denied):
            return ()
        row = found.row
        rows = [
            ("编号", row.number),
            ("发文单位", f"{row.unit_name} {found.actor_name}"),
            ("回执", _receipt(found)),
            ("撤回原因", found.withdrawn_why),
            ("正文", found.body),
        ]
        return tuple((name, value) for name, value in rows if value)

    def files(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """The attachment: its name and where it is fetched."""
        try:
            found = queries.opened(principal, papers.notice_of(key))
        except (NoticeError, Denied):
            return ()
        if not found.file_name:
            return ()
        return ((found.file_name, f"/api/v1/notices/{found.row.id}/file"),)

    def act(self, principal: Principal, key: str, action: str, form: Mapping[str, str]) -> None:
        """Do it; a refusal is ``TurnedDown``, in words for the person."""
        try:
            desk.read(principal, papers.notice_of(key))
        except NoticeError as problem:
            raise TurnedDown(reason=problem.message) from problem


def _receipt(found: queries.OpenedNotice) -> str:
    if not found.row.receipt:
        return "不需要，可不处理"
    return f"{found.row.due_on:%Y-%m-%d} 前" if found.row.due_on else ""
