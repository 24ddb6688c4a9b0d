"""What a manifest may still get wrong about households, houses and enterprises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portal.connectors.calls import LISTS, ViewCall
from portal.connectors.contract import ABOUT, KEY_FIELDS, Capability, Mask, SubjectKind
from portal.connectors.counting import columns_of
from portal.connectors.manifest import Call, Manifest, RecordMap
from portal.connectors.template import placeholders

Finding = tuple[str, str]
# A question that does not say which one it is about would bring back another's data.
ASKED_BY = {
    SubjectKind.HOUSEHOLD: {"household_no"},
    SubjectKind.HOUSE: {"house_no", "address"},
    SubjectKind.ENTERPRISE: {"credit_code"},
}


def things(manifest: Manifest) -> Iterator[Finding]:
    """Everything wrong with what a manifest says of households, houses and enterprises."""
    for kind in ASKED_BY:
        yield from _kind(manifest, kind)
    yield from _registers(manifest)
    yield from _head(manifest)
    for number, one in enumerate(manifest.records):
        if one.of is not SubjectKind.PERSON:
            yield from _persons_in(manifest, f"records[{number}]", one)


def _calls(manifest: Manifest) -> Mapping[str, Call]:
    calls: Mapping[str, Call] = manifest.calls  # type: ignore[assignment]
    return calls


def _kind(manifest: Manifest, kind: SubjectKind) -> Iterator[Finding]:
    call = _calls(manifest).get(kind.value)
    records = [one for one in manifest.records if one.of is kind]
    able = ABOUT[kind] in manifest.capabilities
    if able != bool(call and records) or bool(call) != bool(records):
        yield (
            "capabilities",
            f'{ABOUT[kind].value}、calls.{kind.value} 和 of = "{kind.value}" 的 records 须同时写明',
        )
    if call is None:
        return
    asked = placeholders(call.model_dump(by_alias=True))
    if not asked & ASKED_BY[kind]:
        needed = "或".join(f"{{{one}}}" for one in sorted(ASKED_BY[kind]))
        yield f"calls.{kind.value}", f"请求没有用到{needed}，会取回别的对象的数据"
    yield from _numbers(manifest, kind, asked)
    told = {name for one in records if one.about == "subject" for name in one.map}
    if manifest.answers == "record" and records and KEY_FIELDS[kind] not in told:
        yield "records", f"须有字段 {KEY_FIELDS[kind]}，才能核对返回的是不是所查的对象"


def _numbers(manifest: Manifest, kind: SubjectKind, asked: set[str]) -> Iterator[Finding]:
    """A system's own number is known from its own list only."""
    listed = bool(manifest.roster and manifest.roster.household_no)
    if "household_no" in asked and not (listed and Capability.ROSTER in manifest.capabilities):
        yield f"calls.{kind.value}", "用到 {household_no}，须有带 household_no 的名册"
    if "house_no" in asked and "house" not in manifest.registers:
        yield f"calls.{kind.value}", "用到 {house_no}，须有 registers.house"


def _registers(manifest: Manifest) -> Iterator[Finding]:
    for kind, name in LISTS.items():
        if (kind.value in manifest.registers) != (name in manifest.calls):
            yield f"registers.{kind.value}", f"registers.{kind.value} 与 calls.{name} 须同时写明"
    house = manifest.registers.get("house")
    if house and house.address is None:
        yield "registers.house.address", "房屋名单须有地址"
    enterprise = manifest.registers.get("enterprise")
    if enterprise and not (enterprise.name and enterprise.credit_code):
        yield "registers.enterprise", "企业名单须有名称和统一社会信用代码"


def _head(manifest: Manifest) -> Iterator[Finding]:
    roster, call = manifest.roster, _calls(manifest).get("roster")
    if roster is None:
        return
    if roster.households and not roster.household_no:
        yield "roster.households", "没有 household_no，不能成户"
    if roster.head and isinstance(call, ViewCall):
        for name in sorted(columns_of(roster.head) - set(call.columns)):
            yield "roster.head", f"“{name}”不在 calls.roster.columns 里"


def _persons_in(manifest: Manifest, key: str, one: RecordMap) -> Iterator[Finding]:
    """Who is named must be known by number, else nobody could tell that it is a child."""
    masks = {manifest.fields[name].mask for name in one.map if name in manifest.fields}
    if masks & {Mask.NAME, Mask.PHONE} and Mask.ID_NUMBER not in masks:
        yield (
            f"{key}.map",
            "说到个人的，须同时有证件号（mask = id_number），才能识别未满十四周岁的人",
        )
