"""The command line of the portal: ``python -m portal <command>``."""

import argparse
import sys

from auth import audit
from auth.administration import DUTIES
from portal import logs
from portal.commands import (
    admins,
    describe,
    divisions,
    drops,
    jobs,
    measures,
    newsystem,
    production,
    run,
    seed,
    systems,
    tasks,
    tokens,
)
from portal.settings import settings
from portal.store import migrate
from portal.store.deployment import WrongDeploymentError
from portal.store.engine import NoDatabaseError
from portal.wiring import build


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m portal", description="社区事务管理服务平台")
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="在本机启动全部组件（Ctrl-C 停止）")
    running.add_argument("--scale", choices=("demo", "district", "city"), default="demo")
    commands.add_parser("jobs", help="运行后台任务（Ctrl-C 停止）")
    init = commands.add_parser("init", help="初始化数据库")
    init.add_argument("--production", action="store_true", required=True)
    seeding = commands.add_parser("seed", help="生成演示账号、索引和在办事项")
    seeding.add_argument("--scale", choices=("demo", "district", "city"), default="demo")
    auditing = commands.add_parser("audit", help="审计链")
    auditing.add_argument("action", choices=("verify", "anchor"))
    joined = commands.add_parser("systems", help="业务系统")
    _of_systems(joined.add_subparsers(dest="action", required=True))
    measuring = commands.add_parser("measures", help="统计指标")
    measuring.add_argument("action", choices=("refresh", "rebuild"))
    watching = commands.add_parser("changes", help="在办事项的系统变动")
    watching.add_argument("action", choices=("check",))
    tasks_too = commands.add_parser("tasks", help="统一办理：从各系统同步任务")
    tasks_too.add_argument("action", choices=("sync",))
    tasks_too.add_argument("--whole", action="store_true", help="不只取有变化的，全部重取一遍")
    tokens.add_arguments(commands.add_parser("tokens", help="HTTP 接口的访问令牌"))
    divisions.add_arguments(commands.add_parser("divisions", help="区划变更"))
    commands.add_parser("describe", help="输出 HTTP 接口说明（OpenAPI）")
    dropping = commands.add_parser("drops", help="文件接收")
    dropping.add_argument("action", choices=("fetch",))
    three = commands.add_parser("admins", help="设立市级系统、安全、审计管理员（三人）")
    for duty, name in DUTIES.items():
        three.add_argument(f"--{duty}", required=True, metavar="账号:姓名", help=name)
    commands.add_parser("migrate", help="升级表结构（需要 PORTAL_OWNER_URL）")
    return parser


def _of_systems(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    checking = actions.add_parser("check", help="实时检测；写明编号则逐项核对")
    checking.add_argument("id", nargs="?", help="只检查这一个系统")
    checking.add_argument("--person", metavar="身份证号", help="对方认识的样本人员；不显示、不留存")
    checking.add_argument("--ask-person", action="store_true", help="提示输入样本人员，不回显")
    adding = actions.add_parser("new", help="生成接入清单与样例目录")
    adding.add_argument("--id", help="编号")
    adding.add_argument("--field", choices=tuple(newsystem.FIELDS), help="领域")
    adding.add_argument("--transport", choices=tuple(newsystem.TRANSPORTS), help="接入方式")


def _systems(asked: argparse.Namespace) -> int:
    if asked.action == "new":
        ask = input if sys.stdin.isatty() else None
        return newsystem.new(asked.id, asked.field, asked.transport, ask=ask)
    ask_person = systems.ask_person if asked.ask_person else None
    return systems.check(asked.id, asked.person, ask_person)


def _verify() -> int:
    problems = audit.verify()
    for one in problems:
        print(one.message)
    print("审计链完整。" if not problems else f"审计链有 {len(problems)} 处问题。")
    return 1 if problems else 0


def _anchor() -> int:
    print(f"已在库外记录第 {audit.anchor()} 条。")
    return 0


def _seed() -> int:
    wired = build()
    wired.gateway.start()
    try:
        seed.seed(wired, print)
    finally:
        wired.gateway.stop()
    return 0


def _changes() -> int:
    wired = build()
    wired.gateway.start()
    try:
        print(f"已核对在办事项 {wired.patrol.round()} 件。")
    finally:
        wired.gateway.stop()
    return 0


def _migrate() -> int:
    if not settings().owner_url:
        print("请设置 PORTAL_OWNER_URL（表的所有者地址）。")
        return 1
    migrate.upgrade(settings().owner_url)
    print("表结构已是最新。")
    return 0


def main(words: list[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    asked = _parser().parse_args(words)
    logs.configure()
    actions = {
        "run": lambda: run.run(asked.scale),
        "jobs": jobs.run,
        "init": production.init,
        "seed": _seed,
        "audit": lambda: _verify() if asked.action == "verify" else _anchor(),
        "systems": lambda: _systems(asked),
        "measures": lambda: measures.refresh() if asked.action == "refresh" else measures.rebuild(),
        "changes": _changes,
        "tasks": lambda: tasks.sync(whole=asked.whole),
        "divisions": lambda: divisions.run(asked),
        "tokens": lambda: tokens.run(asked),
        "describe": describe.describe,
        "drops": drops.fetch,
        "admins": lambda: admins.run({duty: getattr(asked, duty) for duty in DUTIES}),
        "migrate": _migrate,
    }
    try:
        return actions[asked.command]()
    except (NoDatabaseError, WrongDeploymentError) as error:
        print(f"{error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
