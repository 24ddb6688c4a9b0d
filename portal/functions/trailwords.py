"""The words of the audit: what each action and each mark in its detail is called in Chinese."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from auth.permissions import PERMISSIONS
from portal.functions.entry.links import REFUSALS as LINK_REFUSALS
from portal.functions.entry.tickets import REFUSALS
from portal.store import clock
from portal.store.citypack import pack

CASE = "case"  # the purpose of who works on a case
_OTHER_ACTIONS = {
    "signin": "登录",
    "signin.locked": "登录锁定",
    "signin.enrolled": "绑定验证器",
    "signin.password_changed": "设置新密码",
    "signin.end": "退出登录",
    "session.open": "进入平台",
    "session.close": "结束会话",
    "identity.switch": "切换岗位",
    "records.view": "调取各系统记录",
    "changes.check": "夜间核对在办事项的变化",
    "policies.check": "应居民要求核对可享政策",
    "matters.prefill": "为居民预填申请",
    "matters.resend": "重新发送申请",
    "reports.export": "下载报表",
    "reports.share": "共享自组报表",
    "reports.unshare": "撤回共享报表",
    "reports.order": "设置定期报表",
    "reports.cancel": "停止定期报表",
    "briefing.export": "下载晨报",
    "divisions.register": "登记区划变更",
    "divisions.withdraw": "撤回区划变更",
    "divisions.apply": "区划变更生效",
    "reports.reopen": "重开统计期",
    "province.returned": "向省级一表通回传填报",
    "province.resend": "重新向省级一表通发送",
    "province.refuse": "退回省级报表",
    "tasks.resend": "重新发送办理结果",
    "tasks.withdraw": "撤回办理结果",
    "corrections.open": "打开数据校核申请",
    "corrections.take": "受理数据校核申请",
    "corrections.decide": "答复数据校核申请",
    "corrections.withdraw": "撤回数据校核申请",
    "messages.resend": "重新发送消息",
    "messages.drop": "放弃发送消息",
    "messages.phone": "登记接收消息的手机号",
    "notices.remind": "提醒阅知通知",
    "notices.withdraw": "撤回通知",
    "records.revoke_authorisation": "撤销家庭授权",
    "verify.person": "核验人员",
    "verify.refuse": "不予放行批量查询核验",
    "verify.cancel": "取消批量查询核验",
    "verify.download": "下载核验结果",
    "entry.redeem": "业务系统核验票据",
    "links.prove": "关联业务系统账号",
    "links.end": "解除业务系统账号",
    "links.import": "导入业务系统账号",
    "tokens.issue": "发放访问令牌",
    "tokens.revoke": "停用访问令牌",
    "systems.switch": "切换业务系统",
    "systems.check": "核对业务系统接入",
    "systems.checklist": "业务系统切换核对",
    "systems.alarm": "确认业务系统告警",
    "rates.scheme": "修改考评方案",
    "rates.close": "考评月份结账",
    "rates.bulletin": "下载诉求通报",
    "rates.showcase": "典型案例发布管理",
    "forms.act": "办理报表",
    "forms.move": "办理填报",
    "forms.open": "打开名册填报",
    "forms.person": "名册调取人员信息",
    "forms.export": "下载填报表",
    "feedback.answer": "答复投诉建议",
    "feedback.close": "办结投诉建议",
    "people.apply": "导入单位岗位人员",
    "people.export": "导出单位岗位人员",
    "people.password": "发放初始密码",
    "people.admins": "设立市级管理员",
    "people.unlock": "解锁账号",
    "matrix.export": "下载权限矩阵",
    "grants.decide": "审批岗位授权",
    "deputies.revoke": "撤销委托",
    "audit.export": "下载审计记录",
    "bulk.alarm": "大量查询告警",
    "orders.answer": "直接答复诉求",
    "orders.import": "表格导入诉求",
    "orders.knowledge.publish": "发布常见问题答复",
    "orders.knowledge.withdraw": "撤下常见问题答复",
    "orders.open": "打开工单",
    "orders.file": "打开工单附件",
    "findings.found": "登记问题",
    "findings.open": "打开问题",
    "findings.photo": "打开问题照片",
    "findings.meeting": "召集联席会议",
    "findings.close": "结束联席会议",
    "findings.minutes": "下载联席会议文稿",
    "findings.table": "下载未诉先办情况表",
    "findings.daily": "下载问题日报告",
    "dispatch.draft": "导入派单目录草稿",
    "dispatch.publish": "发布派单目录",
    "dispatch.discard": "作废派单目录草稿",
    "dispatch.settle": "会商定办",
    "supervision.issue": "签发督办单",
    "supervision.answer": "反馈督办单",
    "supervision.send_back": "退回督办反馈",
    "supervision.end": "督办单销号",
    "evaluation.decide": "审核考核申诉",
    "evaluation.mark.propose": "提出不合理诉求认定",
    "evaluation.mark.decide": "复核不合理诉求认定",
    "evaluation.mark.lift": "撤销不合理诉求认定",
}
ACTIONS: Mapping[str, str] = {**PERMISSIONS, **_OTHER_ACTIONS}

# Shown elsewhere, or no word of anybody's: hashes and technical marks stay in the database.
HIDDEN = frozenset(
    {"代理", "session", "amr", "digest", "text", "feedback", "token", "record", "field"}
)
_LABELS = {
    "address": "登录地址",
    "what": "锁定",
    "until": "至",
    "why": "原因",
    "reason": "理由",
    "post": "岗位",
    "number": "编号",
    "rows": "行数",
    "by": "按",
    "hits": "命中",
    "system": "系统",
    "systems": "系统",
    "label": "项目",
    "kind": "类别",
    "action": "办理",
    "attempts": "已发送次数",
    "target": "页面",
    "login": "账号",
    "logins": "账号",
    "name": "姓名",
    "template": "报表",
    "matter": "事项",
    "account": "对方账号",
    "period": "期间",
    "form": "格式",
    "counts": "合计",
    "changes": "变化",
    "moved": "移交",
    "rebooked": "改记",
    "change": "变更编号",
    "document": "依据文件",
    "day": "日期",
    "from": "从",
    "to": "到",
    "units": "单位",
    "posts": "岗位",
    "people": "人员",
    "decision": "结论",
    "role": "角色",
    "roles": "角色",
    "prefixes": "范围",
    "asked_by": "申请人",
    "program": "程序",
    "permissions": "权限",
    "items": "事项",
    "holder": "被代理人",
    "deputy": "代理人",
    "item": "核对项",
    "starts": "开始",
    "ends": "结束",
    "subject": "档案",
    "alarm": "告警编号",
    "about": "涉及账号",
    "bulk": "用量",
    "used": "次数",
    "most": "上限",
    "minutes": "分钟",
    "title": "标题",
    "photo": "照片",
    "source": "来源",
}
_MARKS = {
    "name": "姓名",
    "pinyin": "拼音",
    "id_number": "身份证号",
    "phone": "手机号",
    "totp": "动态口令",
    "initial": "初始密码",
    "wrong_password": "密码不正确",
    "wrong_code": "动态口令不正确",
    "replayed_code": "动态口令已经用过",
    "enrolled_elsewhere": "验证器已在别处绑定",
    "disabled": "账号已停用",
    "initial_expired": "初始密码已过期",
    "front": "首页",
    "xlsx": "表格",
    "docx": "文字稿",
    "csv": "文本",
    "household": "一户一档",
    "house": "一房一档",
    "enterprise": "一企一档",
    "credit_code": "统一社会信用代码",
    "search": "查找",
    "open": "调取档案",
    "unmask": "查看原值",
    "places": "涉及社区（村）",
}


def _system(value: str) -> str:
    return next((one.name for one in pack().systems if one.id == value), value)


def _report(value: str) -> str:
    return next((one.name for one in pack().reports if one.id == value), value)


def _matter(value: str) -> str:
    found = pack().matters.find(value)
    return found.name if found else value


def _permission(value: str) -> str:
    return PERMISSIONS.get(value, value)


def _mark(value: str) -> str:
    return _MARKS.get(value, value)


def _by(value: str) -> str:
    return "住址" if value == "address" else _mark(value)


def _locked(value: str) -> str:
    return {"address": "登录地址", "login": "账号"}.get(value, value)


def _reason(value: str) -> str:
    return REFUSALS.get(value) or LINK_REFUSALS.get(value) or _mark(value)


def _moment(value: str) -> str:
    return f"{clock.local(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"


_VALUES: dict[str, Callable[[str], str]] = {
    "system": _system,
    "systems": _system,
    "template": _report,
    "matter": _matter,
    "permissions": _permission,
    "items": _permission,
    "by": _by,
    "why": _reason,
    "reason": _reason,
    "kind": _mark,
    "target": _mark,
    "form": _mark,
    "what": _locked,
    "until": _moment,
    "subject": _mark,
    "bulk": _mark,
    "starts": _moment,
    "ends": _moment,
}


def action(name: str) -> str:
    """What was done."""
    return ACTIONS.get(name, name)


def purpose(name: str) -> str:
    """What a look-up was for."""
    if name == CASE:
        return "在办事项"
    if name == "verify":
        return pack().verification.purpose
    if name == "roster":
        return pack().forms.purpose
    return next((one.name for one in pack().purposes if one.id == name), name)


def written(word: str) -> tuple[str, ...]:
    """How the database may have written what an auditor looks for by its Chinese word."""
    city = pack()
    named = {one.id: one.name for one in city.systems}
    named |= {one.id: one.name for one in city.purposes}
    named |= {one.id: one.name for one in city.reports}
    named |= {CASE: purpose(CASE), **_MARKS}
    return (word, *(mark for mark, words in named.items() if word in words))


def detail(marks: Mapping[str, Any]) -> str:
    """The detail of a row in one line: 词：值 after 词：值; what nobody reads is left out."""
    told = [name for name, value in marks.items() if value and name not in HIDDEN]
    order = [*(name for name in _LABELS if name in told), *(n for n in told if n not in _LABELS)]
    return "；".join(_pair(name, marks[name]) for name in order)


def _pair(name: str, value: Any) -> str:
    say = _VALUES.get(name, str)
    if isinstance(value, dict):
        words = "、".join(f"{key} {one}" for key, one in value.items())
    elif isinstance(value, list):
        words = "、".join(say(str(one)) for one in value)
    else:
        words = say(str(value))
    return f"{_LABELS.get(name, name)}：{words}"
