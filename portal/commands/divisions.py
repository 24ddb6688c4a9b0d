"""``python -m portal divisions change|list|withdraw``: places merge, split, change name or code."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from portal.functions import places
from portal.store import division_changes
from portal.store.division_changes import CannotChange


def add_arguments(parser: ArgumentParser) -> None:
    """The words of the command."""
    actions = parser.add_subparsers(dest="action", required=True)
    changing = actions.add_parser("change", help="登记区划变更，到生效日自动生效")
    changing.add_argument("file", type=Path, help="变更文件（TOML），写法见 docs/divisions.md")
    changing.add_argument("--dry-run", action="store_true", help="只核对，不登记")
    actions.add_parser("list", help="列出全部变更")
    back = actions.add_parser("withdraw", help="撤回尚未生效的变更")
    back.add_argument("id", help="变更编号")


def _change(file: Path, *, dry: bool) -> int:
    change = division_changes.read(file)
    said = places.plan(change)
    print(f"{change.document}，{change.day} 生效，共 {len(said)} 项：")
    for number, line in enumerate(said, start=1):
        print(f"  {number}. {line}")
    if dry:
        print("核对通过，没有登记。")
        return 0
    number_of, done = places.register(change)
    print(f"已登记，编号 {number_of}。")
    for one in done:
        print(
            f"  {one.day} 的变更已生效：更新 {one.moved} 条现行记录，"
            f"{one.rebooked} 个数自生效日起计入新区划。各服务进程在一分钟内更新。"
        )
    if not done:
        print("生效日未到，到日自动生效；在此之前可用 divisions withdraw 撤回。")
    return 0


def _list() -> int:
    found = places.states()
    for one in found:
        print(f"{one.id}  {one.day}  {one.state}  {one.document}  {one.made_at:%Y-%m-%d} 登记")
    if not found:
        print("没有区划变更。")
    return 0


def run(asked: Namespace) -> int:
    """The command; refused as a whole, with every reason, when anything is impossible."""
    try:
        if asked.action == "change":
            return _change(asked.file, dry=asked.dry_run)
        if asked.action == "list":
            return _list()
        places.withdraw(asked.id)
    except CannotChange as error:
        print("没有登记，区划未变动：")
        for line in error.messages:
            print(f"  {line}")
        return 1
    print("已撤回。")
    return 0
