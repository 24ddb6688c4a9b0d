"""Grounds for a 退单 that the lists themselves give: what a township does not lead, whose it is."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch import advice, places, reads, rules
from portal.affairs.dispatch.words import DispatchError, Entry
from portal.affairs.orders import units
from portal.affairs.orders.tables import work_order
from portal.store.scope import scoped

TOWNSHIP_LEVELS = ("street", "community")


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A ground with what the form of a 退单 needs: the basis in words and the unit to suggest."""

    kind: str
    words: str
    legal_basis: str
    unit_id: str | None
    unit_name: str


def grounds(principal: Principal, order_id: UUID) -> tuple[Ground, ...]:
    """For an order that a township or community holds: 上级收回 and 配合履职 that cover it."""
    permissions.check(principal, "orders.handle")
    with scoped(principal.reach) as connection:
        row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        if row is None:
            raise DispatchError("没有找到这件工单，可能不在本岗位的管辖范围。")
        holder = units.find(connection, row.unit_id)
        if holder is None or holder.level not in TOWNSHIP_LEVELS or not row.category:
            return ()
        counting = reads.all_counting(connection, row.region_code)
        _, lists = advice.lists(connection, counting)
        question = rules.Question(code=row.category, region_code=row.region_code, text="")
        around = places.Places(connection, row.region_code)
        found = [
            (kind, entry)
            for kind, entry in (
                ("上级收回", rules.recalled(question, lists)),
                ("配合履职", rules.helped(question, lists)),
            )
            if entry is not None
        ]
        leads = [_lead(around, entry) for _, entry in found]
        names = units.known(connection, [one for one in leads if one])
    return tuple(
        Ground(
            kind=kind,
            words=f"“{entry.name}”列入乡镇（街道）履行职责事项清单“{kind}”",
            legal_basis="；".join(
                part
                for part in (f"乡镇（街道）履行职责事项清单（{kind}）", entry.text("basis"))
                if part
            ),
            unit_id=lead,
            unit_name=names[lead].name if lead in names else "",
        )
        for (kind, entry), lead in zip(found, leads, strict=True)
    )


def _lead(around: places.Places, entry: Entry) -> str | None:
    found = (around.resolve(entry.text("lead"), level) for level in ("区县级", "市级"))
    return next((one for one in found if one), None)
