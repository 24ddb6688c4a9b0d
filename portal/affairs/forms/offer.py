"""What 一表通 gives to the unified functions: answers that wait, as rows in the one inbox."""

from collections.abc import Mapping
from dataclasses import dataclass

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.forms import desk, papers, queries
from portal.affairs.workflow.flow import FlowError
from portal.connectors.contract import TaskAction, TurnedDown


@dataclass(frozen=True, kw_only=True)
class FormTasks:
    """Answers that wait for one's unit; they are opened, and closed by what is done there."""

    id: str = papers.SOURCE
    name: str = "一表通"
    task_kinds: tuple[str, ...] = (papers.FILL, papers.CHECK)
    permission: str = desk.VIEW

    def actions(self, principal: Principal, key: str, kind: str) -> tuple[TaskAction, ...]:
        """None here: an answer is looked over before it is handed in or passed."""
        return ()

    def details(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """What stands beside a task: never a cell, only how far the answer is."""
        try:
            row = queries.row_of(principal, papers.answer_of(key))
        except (FlowError, Denied):
            return ()
        count = row.count
        rows = [
            ("表单编号", row.paper_no),
            ("制定机关", row.issuer),
            ("填报单位", row.region_name),
            ("自动取数", f"{count.auto}/{count.asked} 格"),
            ("状态", row.state),
        ]
        return tuple((name, value) for name, value in rows if value)

    def page(self, principal: Principal, key: str) -> tuple[str, str, str]:
        """Where the task is done: the button's words, the page and the answer."""
        return "打开报表", "forms", str(papers.answer_of(key))

    def act(self, principal: Principal, key: str, action: str, form: Mapping[str, str]) -> None:
        """Nothing is done from the line."""
        raise TurnedDown(reason="请打开报表办理，未作改动。")
