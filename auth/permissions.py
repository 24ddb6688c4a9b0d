"""What each role may do. Decisions are made from data, and every decision can explain itself.

A permission is granted by a role of the post one acts in; it reaches as far as the post's region
prefixes (or, for a department, as the matters assigned to it). Default is refusal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from auth import audit
from auth.principal import Principal
from portal.settings import settings
from portal.store import divisions
from portal.store.citypack import RoleText, pack

PERMISSIONS: dict[str, str] = {
    "home.city": "打开市级首页",
    "home.district": "打开区县级首页",
    "home.street": "打开乡镇（街道）级首页",
    "home.community": "打开社区（村）首页",
    "home.department": "打开部门首页",
    "records.search": "按姓名、证件号、住址查找人员",
    "records.open": "调取档案",
    "records.unmask": "查看敏感信息原值",
    "records.authorise": "登记和撤销家庭授权",
    "reports.view": "查看统计报表",
    "reports.share": "共享自组报表，向本级和下级定期发送报表",
    "reports.close": "锁定和重开统计期",
    "entry.jump": "从统一入口进入业务系统",
    "tasks.view": "查看各系统任务",
    "tasks.act": "办理各系统任务",
    "matters.close": "办结在办事项",
    "verify.ask": "批量查询核验",
    "verify.release": "放行批量查询核验",
    "corrections.view": "查看数据校核",
    "corrections.ask": "提出数据校核",
    "corrections.handle": "核实数据校核申请",
    "notices.view": "查看通知和回执",
    "notices.send": "向下级单位发送通知",
    "orders.view": "查看工单",
    "orders.handle": "承办工单：签收、联系、答复、退单、延期",
    "orders.dispatch": "派发工单，审核退单、延期和答复",
    "orders.supervise": "督办工单",
    "orders.visit": "回访工单",
    "orders.register": "登记诉求",
    "orders.push": "由业务系统推送工单",
    "orders.report": "由程序报送诉求（Open311）",
    "orders.caller": "查看诉求人信息",
    "orders.bulletin": "生成和发布诉求通报",
    "orders.settings": "维护派单目录、考评方案等工单设置",
    "findings.view": "查看未诉先办问题",
    "findings.hand": "向社区（村）递交发现的问题",
    "findings.report": "核实、自办、上报和确认问题",
    "findings.judge": "乡镇（街道）会商研判",
    "findings.dispatch": "区县、市级研判派单，召开联席会议",
    "findings.handle": "承办未诉先办问题",
    "forms.view": "查看一表通报表",
    "forms.draft": "起草和下发报表",
    "forms.approve": "审批备案报表",
    "forms.fill": "核对、补充和上报报表",
    "forms.check": "审核社区（村）填报，为无网络的村代填",
    "forms.lock": "锁定和重开填报",
    "matters.apply": "为居民核对政策、代办申请",
    "systems.view": "查看业务系统接入情况",
    "systems.manage": "管理业务系统：启停、切换、告警",
    "feedback.send": "提交投诉建议，查看本人的反馈",
    "feedback.view": "查看和答复投诉建议",
    "permissions.explain": "查看权限判定依据",
    "audit.view": "查看审计记录",
    "bulk.view": "查看大量查询告警",
    "bulk.acknowledge": "核实大量查询告警",
    "people.view": "查看单位、岗位和人员",
    "people.manage": "维护单位、岗位和人员",
    "people.lock": "锁定和解锁账号",
    "grants.approve": "审批岗位授权",
    "matrix.view": "查看权限矩阵",
    "deputies.appoint": "委托代理人",
    "handover.make": "办理工作交接",
}

# Never handed to a deputy: who acts for another may not pass it on, nor move people or grant.
NOT_DELEGABLE = frozenset(
    {
        "deputies.appoint",
        "handover.make",
        "people.manage",
        "people.lock",
        "grants.approve",
        "audit.view",
        "bulk.acknowledge",
        "systems.manage",
    }
)
# What no role has to grant: whoever holds a post may.
EVERYBODY = frozenset({"feedback.send"})

# Personal data opens only with a second factor where a role asks for one.
_PERSONAL = frozenset(
    {"records.search", "records.open", "records.unmask", "matters.apply"}
    | {"verify.ask", "verify.release", "orders.caller"}
)


class Denied(Exception):
    """The one refusal: a Chinese sentence for the person, already in the audit."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether, and the sentences that say why."""

    allowed: bool
    reasons: tuple[str, ...]


def _roles(principal: Principal) -> list[RoleText]:
    return [role for name in principal.roles if (role := pack().role(name)) is not None]


def _handed_over(principal: Principal, permission: str) -> bool:
    """Whether a deputy was given this; who acts in an own post needs nobody to give it.

    The home is where a post begins, so it always comes with what was given.
    """
    if principal.items is None:
        return True
    return permission.startswith("home.") or permission in principal.items - NOT_DELEGABLE


def granting_roles(principal: Principal, permission: str) -> list[RoleText]:
    """The roles of the acting post that grant this; to a deputy or a token only its part."""
    if not _handed_over(principal, permission):
        return []
    if principal.limits is not None and permission not in principal.limits.permissions:
        return []
    return [role for role in _roles(principal) if permission in role.permissions]


def asks_second_factor(role_ids: Iterable[str]) -> bool:
    """Whether any of these roles opens personal data only after a second factor."""
    return any(
        role.second_factor or role.id in settings().second_factor_roles
        for role_id in role_ids
        if (role := pack().role(role_id)) is not None
    )


def _factor_missing(principal: Principal, permission: str) -> bool:
    asked = permission in _PERSONAL and asks_second_factor(principal.roles)
    return asked and "otp" not in principal.factors and "mfa" not in principal.factors


def _region_name(code: str) -> str:
    found = divisions.find(code)
    return found.name if found else f"区划代码 {code}"


def explain(principal: Principal, permission: str, region_code: str | None = None) -> Decision:
    """Decide, and say why: role, second factor and region are named one by one."""
    label = PERMISSIONS.get(permission)
    if label is None:
        return Decision(allowed=False, reasons=(f"没有名为“{permission}”的权限。",))
    who = f"{principal.name}（{principal.unit.name}·{principal.post_title}）"
    if principal.limits is not None and permission not in principal.limits.permissions:
        return Decision(allowed=False, reasons=(who, f"所用访问令牌的范围不含“{label}”。"))
    if permission in EVERYBODY:
        return Decision(allowed=True, reasons=(f"“{label}”对每个岗位开放。",))
    roles = granting_roles(principal, permission)
    if not _handed_over(principal, permission):
        words = f"{principal.name}代 {principal.acting_for} 履职，委托事项不包括“{label}”。"
        return Decision(allowed=False, reasons=(words,))
    if not roles:
        own = "、".join(role.name for role in _roles(principal)) or "无"
        holders = "、".join(r.name for r in pack().roles if permission in r.permissions) or "无"
        return Decision(
            allowed=False,
            reasons=(
                f"{who}当前岗位的角色为：{own}，均未授予“{label}”。",
                f"授予“{label}”的角色有：{holders}。",
            ),
        )
    reasons = [f"{who}的角色“{'、'.join(r.name for r in roles)}”授予“{label}”。"]
    if _factor_missing(principal, permission):
        reasons.append("该岗位查看个人信息须先完成二次验证，本次登录未完成。")
        return Decision(allowed=False, reasons=tuple(reasons))
    if region_code is None:
        return Decision(allowed=True, reasons=tuple(reasons))
    return _within(principal, region_code, reasons)


def _within(principal: Principal, region_code: str, reasons: list[str]) -> Decision:
    place = _region_name(region_code)
    covering = [prefix for prefix in principal.prefixes if region_code.startswith(prefix)]
    if covering:
        reasons.append(f"“{place}”在该岗位的管辖范围“{_region_name(covering[0])}”之内。")
        return Decision(allowed=True, reasons=tuple(reasons))
    held = "、".join(_region_name(prefix) for prefix in principal.prefixes)
    reasons.append(
        f"“{place}”不在该岗位的管辖范围（{held}）之内。"
        if held
        else f"该岗位没有管辖区域，只能查看分派给本单位的事项，“{place}”不在其内。"
    )
    return Decision(allowed=False, reasons=tuple(reasons))


def allowed(principal: Principal, permission: str, region_code: str | None = None) -> bool:
    """The bare decision, for drawing a menu; nothing is written."""
    return explain(principal, permission, region_code).allowed


def check(principal: Principal, permission: str, region_code: str | None = None) -> None:
    """Go on, or raise :class:`Denied` with the refusal recorded in the audit."""
    decision = explain(principal, permission, region_code)
    if decision.allowed:
        return
    told = len(decision.reasons) > 1 or principal.items is not None
    refuse(principal, permission, decision.reasons[-1] if told else "")


def refuse(principal: Principal, permission: str, why: str) -> NoReturn:
    """Record a refusal and raise it."""
    audit.append(
        action=permission,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        outcome="refused",
        detail={"why": why, "post": principal.post_title},
    )
    label = PERMISSIONS.get(permission, permission)
    raise Denied(f"当前岗位不能{label}。{why}如确需办理，请联系本单位管理员。")


def readable_systems(principal: Principal, purpose: str, all_ids: Iterable[str]) -> frozenset[str]:
    """The systems the acting post may ask for this purpose."""
    granted: set[str] = set()
    if purpose not in purposes(principal):
        return frozenset()
    for role in _roles(principal):
        if purpose in role.purposes:
            granted.update(all_ids if "*" in role.systems else role.systems)
    return frozenset(granted & set(all_ids))


def purposes(principal: Principal) -> frozenset[str]:
    """The purposes the acting post may look persons up for."""
    held = frozenset(purpose for role in _roles(principal) for purpose in role.purposes)
    return held if principal.limits is None else held & principal.limits.purposes


def usable_systems(principal: Principal, permission: str, all_ids: Iterable[str]) -> frozenset[str]:
    """The systems that the roles granting this permission name."""
    known = frozenset(all_ids)
    granted: set[str] = set()
    for role in granting_roles(principal, permission):
        granted.update(known if "*" in role.systems else role.systems)
    return frozenset(granted & known)
