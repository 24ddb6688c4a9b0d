"""``python -m portal tokens issue|list|revoke``: which programs may use the HTTP API."""

from argparse import ArgumentParser, Namespace
from uuid import UUID

from auth import clients
from auth.clients import TokenRefusedError, Wish
from portal.store import clock


def add_arguments(parser: ArgumentParser) -> None:
    """The words of the command."""
    actions = parser.add_subparsers(dest="action", required=True)
    issuing = actions.add_parser("issue", help="签发访问令牌（只显示一次）")
    issuing.add_argument("--client", required=True, help="程序名称，例如 民政数据核对")
    issuing.add_argument("--unit", required=True, help="单位编号，例如 dept-civil")
    issuing.add_argument("--role", required=True, help="角色编号，例如 department_officer")
    issuing.add_argument("--permissions", required=True, help="权限，用逗号分开")
    issuing.add_argument("--prefixes", default="", help="区划范围，用逗号分开")
    issuing.add_argument("--purposes", default="", help="调取目的，用逗号分开")
    issuing.add_argument("--days", type=int, default=90, help="有效天数")
    actions.add_parser("list", help="列出全部令牌")
    ending = actions.add_parser("revoke", help="停用令牌")
    ending.add_argument("id", type=UUID, help="令牌编号")


def _words(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _issue(asked: Namespace) -> int:
    wish = Wish(
        client=asked.client,
        unit_id=asked.unit,
        role=asked.role,
        permissions=_words(asked.permissions),
        prefixes=_words(asked.prefixes),
        purposes=_words(asked.purposes),
        days=asked.days,
    )
    try:
        number, token = clients.issue(wish)
    except TokenRefusedError as refusal:
        print(f"没有签发：{refusal}")
        return 1
    print(f"令牌编号：{number}")
    print(f"访问令牌：{token}")
    print("令牌只显示这一次，请立即交给使用单位妥善保存；遗失请停用后重新签发。")
    return 0


def _list() -> int:
    found = clients.listed()
    for one in found:
        until = clock.local(one.expires_at)
        scope = "、".join(one.prefixes) or "仅本单位事项"
        purposes = "、".join(one.purposes) or "无"
        print(
            f"{one.id}　{one.state}　{one.client}（{one.unit}）　至 {until:%Y-%m-%d}　"
            f"权限 {'、'.join(one.permissions)}　范围 {scope}　目的 {purposes}"
        )
    if not found:
        print("还没有签发过令牌。")
    return 0


def run(asked: Namespace) -> int:
    """The command; gives the exit status."""
    if asked.action == "issue":
        return _issue(asked)
    if asked.action == "list":
        return _list()
    if clients.revoke(asked.id):
        print("已停用，立即生效。")
        return 0
    print("没有这个编号的有效令牌。")
    return 1
