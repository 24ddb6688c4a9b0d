"""Every page of the portal, as data: its address, its title and the permission that opens it.

Read by the entry script for the navigation and by the shield for the addresses it answers, so
importing it must stay cheap: a page's module is imported when the page is first opened.
"""

from dataclasses import dataclass
from importlib import import_module
from urllib.parse import urlencode

WORK, MANAGE = "工作台", "管理"


@dataclass(frozen=True, kw_only=True)
class PageSpec:
    """One page: ``/path`` shows ``portal.pages.<module>.page()`` to who holds the permission."""

    path: str
    title: str
    permission: str
    section: str
    module: str
    listed: bool = True  # in the navigation on top
    also: tuple[str, ...] = ()  # any of these opens it as well

    def show(self) -> None:
        """Draw the page; its first act is to check the permission itself."""
        import streamlit

        given = sorted(streamlit.query_params.to_dict().items())
        import_module("portal.pages.parts.memory").arrive(f"{self.path}?{urlencode(given)}")
        import_module(f"portal.pages.{self.module}").page()


PAGES: tuple[PageSpec, ...] = (
    PageSpec(path="city", title="市级首页", permission="home.city", section=WORK, module="city"),
    PageSpec(
        path="district",
        title="区县级首页",
        permission="home.district",
        section=WORK,
        module="district",
    ),
    PageSpec(
        path="street",
        title="乡镇（街道）级首页",
        permission="home.street",
        section=WORK,
        module="street",
    ),
    PageSpec(
        path="community",
        title="社区（村）首页",
        permission="home.community",
        section=WORK,
        module="community",
    ),
    PageSpec(
        path="department",
        title="部门首页",
        permission="home.department",
        section=WORK,
        module="department",
    ),
    PageSpec(
        path="tasks",
        title="统一办理",
        permission="tasks.view",
        section=WORK,
        module="tasks",
    ),
    PageSpec(
        path="notices",
        title="通知",
        permission="notices.view",
        section=WORK,
        module="notices",
    ),
    PageSpec(
        path="register",
        title="接诉登记",
        permission="orders.register",
        section=WORK,
        module="register",
    ),
    PageSpec(
        path="orders",
        title="诉求工单",
        permission="orders.view",
        section=WORK,
        module="orders",
    ),
    PageSpec(
        path="triage",
        title="分拨台",
        permission="orders.dispatch",
        section=WORK,
        module="triage",
    ),
    PageSpec(
        path="findings",
        title="未诉先办",
        permission="findings.view",
        section=WORK,
        module="findings",
    ),
    PageSpec(
        path="forms",
        title="一表通",
        permission="forms.view",
        section=WORK,
        module="forms",
    ),
    PageSpec(
        path="supervision",
        title="督办评价",
        permission="orders.supervise",
        section=WORK,
        module="supervision",
        also=("orders.handle", "orders.dispatch"),
    ),
    PageSpec(
        path="panel",
        title="辖区态势",
        permission="orders.view",
        section=WORK,
        module="panel",
        listed=False,
    ),
    PageSpec(
        path="wall",
        title="大屏轮播",
        permission="orders.view",
        section=WORK,
        module="wall",
        listed=False,
    ),
    PageSpec(
        path="records",
        title="一人一档",
        permission="records.open",
        section=WORK,
        module="records",
    ),
    PageSpec(
        path="corrections",
        title="数据校核",
        permission="corrections.view",
        section=WORK,
        module="corrections",
    ),
    PageSpec(
        path="verify",
        title="查询核验",
        permission="verify.release",
        section=WORK,
        module="verify",
    ),
    PageSpec(
        path="reports",
        title="统一报表",
        permission="reports.view",
        section=WORK,
        module="reports",
    ),
    PageSpec(
        path="league",
        title="一比三率",
        permission="orders.view",
        section=WORK,
        module="league",
    ),
    PageSpec(
        path="entry",
        title="统一入口",
        permission="entry.jump",
        section=WORK,
        module="entry",
    ),
    PageSpec(
        path="accounts",
        title="系统账号",
        permission="entry.jump",
        section=WORK,
        module="accounts",
        listed=False,
    ),
    PageSpec(
        path="systems",
        title="业务系统",
        permission="systems.view",
        section=MANAGE,
        module="systems",
    ),
    PageSpec(
        path="resources",
        title="数据资源",
        permission="systems.view",
        section=MANAGE,
        module="resources",
        listed=False,
    ),
    PageSpec(
        path="deputies",
        title="委托代理",
        permission="deputies.appoint",
        section=WORK,
        module="deputies",
    ),
    PageSpec(
        path="people",
        title="人员与岗位",
        permission="people.view",
        section=MANAGE,
        module="people",
    ),
    PageSpec(
        path="handover",
        title="工作交接",
        permission="handover.make",
        section=MANAGE,
        module="handover",
    ),
    PageSpec(
        path="grants",
        title="授权审批",
        permission="grants.approve",
        section=MANAGE,
        module="grants",
    ),
    PageSpec(
        path="bulk",
        title="大量查询告警",
        permission="bulk.view",
        section=MANAGE,
        module="bulk",
    ),
    PageSpec(
        path="visits",
        title="回访",
        permission="orders.visit",
        section=WORK,
        module="visits",
    ),
    PageSpec(
        path="knowledge",
        title="常见问题维护",
        permission="orders.settings",
        section=MANAGE,
        module="knowledge",
    ),
    PageSpec(
        path="dispatch-lists",
        title="派单目录",
        permission="orders.settings",
        section=MANAGE,
        module="dispatchlists",
        also=("orders.dispatch",),
    ),
    PageSpec(
        path="audit",
        title="审计记录",
        permission="audit.view",
        section=MANAGE,
        module="audit",
    ),
    PageSpec(
        path="answering",
        title="反馈处理",
        permission="feedback.view",
        section=MANAGE,
        module="answering",
    ),
    PageSpec(
        path="feedback",
        title="我的反馈",
        permission="feedback.send",
        section=WORK,
        module="feedback",
        listed=False,
    ),
    PageSpec(
        path="why",
        title="权限依据",
        permission="permissions.explain",
        section=MANAGE,
        module="why",
    ),
)

HOMES: frozenset[str] = frozenset({"city", "district", "street", "community", "department"})
# What a post without a home of its own (系统、安全、审计管理员) lands on: the first it may open.
FALLBACKS = ("grants", "people", "audit", "why")


def spec(path: str) -> PageSpec:
    """The page at that address; ``LookupError`` for an address that is none of ours."""
    for one in PAGES:
        if one.path == path:
            return one
    raise LookupError(f"no page at /{path}")


def title_of(path: str) -> str:
    """What the page at an address is called; a home by the word for homes."""
    return next((one.title for one in PAGES if one.path == path), "首页")
