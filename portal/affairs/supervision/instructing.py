"""批示: one sentence on an order, or on a figure, becomes the 督办单 of each order behind it.

A figure is no one's to answer for; the orders behind it are. Each unit is asked on its own order,
once: an order that is supervised already, is done or lies with the own unit is named, not asked
again. A secretary acts by 委托 and signs as the deputy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth import permissions
from auth.principal import Principal
from portal.affairs.supervision import desk, rules
from portal.affairs.supervision.rules import SupervisionError

MOST = 20


@dataclass(frozen=True, kw_only=True)
class Instructed:
    """The sheets that were issued, and why each of the others was not."""

    numbers: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def words(self) -> str:
        """For the person who gave the instruction."""
        said = f"已签发 {len(self.numbers)} 份督办单（{'、'.join(self.numbers)}）。"
        more = f"另有 {len(self.left)} 件没有签发：{'；'.join(self.left)}" if self.left else ""
        return (said if self.numbers else "没有签发督办单。") + more


def instruct(principal: Principal, orders: Sequence[UUID], sentence: str) -> Instructed:
    """Let one sentence go to whoever handles each of these orders."""
    permissions.check(principal, desk.SUPERVISE)
    said = f"批示：{rules.words(sentence, '批示')}"
    if not orders:
        raise SupervisionError("这个数目前没有在办工单，没有签发督办单，已填内容已保留。")
    if len(orders) > MOST:
        raise SupervisionError(
            f"这个数有 {len(orders)} 件在办工单，一次最多批示 {MOST} 件；"
            "请选择下级地区，或打开工单逐件批示，已填内容已保留。"
        )
    numbers, left = [], []
    for one in orders:
        try:
            numbers.append(desk.issue(principal, desk.propose(principal, one, said)))
        except SupervisionError as refusal:
            left.append(refusal.message.removesuffix("，已填内容已保留。"))
    return Instructed(numbers=tuple(numbers), left=tuple(left))
