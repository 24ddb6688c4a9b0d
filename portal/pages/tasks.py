"""统一办理: one inbox of every system's tasks; open one, finish it, see it arrive."""

import streamlit as st

from portal.functions.tasks import TaskError
from portal.look import notice
from portal.pages.going import go
from portal.pages.guards import require
from portal.pages.parts import tasklist, taskopened


def page() -> None:
    """Draw the page."""
    who = require(tasklist.PERMISSION)
    task_id = st.query_params.get("task")
    if not task_id:
        tasklist.begin(who, st.query_params.get("box", ""))
        tasklist.card()
        return
    try:
        taskopened.card(who, task_id)
    except TaskError as problem:
        notice.error("没有打开任务", problem.message)
        if st.button("返回列表", key="task_back"):
            go("tasks")
