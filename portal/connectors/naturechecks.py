"""What a system may not offer because of what it is: petitions, corrections, police, court.

People enter such a system and do its tasks here; who is in it is never known to this platform.
"""

from __future__ import annotations

from collections.abc import Iterator

from portal.connectors.contract import Capability
from portal.connectors.manifest import Manifest

Finding = tuple[str, str]
_THINGS = {Capability.HOUSEHOLDS, Capability.HOUSES, Capability.ENTERPRISES}
WHOSE = "信访、矫正、公安、法院类系统"


def natures(manifest: Manifest) -> Iterator[Finding]:
    """Everything that does not go with the nature of one manifest."""
    if manifest.nature == "ordinary":
        return
    if Capability.RECORDS in manifest.capabilities or manifest.records:
        yield "capabilities", f"{WHOSE}不得进入档案（records）"
    if Capability.ROSTER in manifest.capabilities or manifest.roster:
        yield "roster", f"{WHOSE}不得提供名册"
    if manifest.registers or manifest.capabilities & _THINGS:
        yield "capabilities", f"{WHOSE}不得进入户、房、企业档案"
    if "person" in manifest.calls:
        yield "calls.person", f"{WHOSE}不得查询个人"
    yield from _persons_of_tasks(manifest)
    if manifest.nature == "petition" and manifest.measures:
        # A measure is rolled up by region and set side by side in every table of regions.
        yield "measures", "信访件数不作单位间比较，不得作为统计指标"


def _persons_of_tasks(manifest: Manifest) -> Iterator[Finding]:
    if manifest.tasks is None:
        return
    for part in ("person", "id_number"):
        if getattr(manifest.tasks.map, part) is not None:
            yield f"tasks.map.{part}", f"{WHOSE}的任务不得带出个人"
    for part in ("caller_name", "caller_phone"):
        if manifest.tasks.order and getattr(manifest.tasks.order, part) is not None:
            yield f"tasks.order.{part}", f"{WHOSE}的工单不得带出诉求人"
