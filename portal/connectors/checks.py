"""What a well-formed manifest may still get wrong; each finding names its key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import jmespath
from jmespath.exceptions import JMESPathError

from portal.connectors.calls import ViewCall
from portal.connectors.conclusionchecks import conclusions
from portal.connectors.contract import Capability, Mask, Sensitivity, SubjectKind
from portal.connectors.converters import Context, UnknownConverter, chain
from portal.connectors.counting import columns_of
from portal.connectors.errandchecks import applications, errand_expressions, errands, form_slots
from portal.connectors.manifest import Call, FilesManifest, JumpManifest, Manifest
from portal.connectors.naturechecks import natures
from portal.connectors.parts import Part, Value
from portal.connectors.quality import book
from portal.connectors.template import BELONGS, PLACEHOLDERS, placeholders
from portal.connectors.thingchecks import things

Finding = tuple[str, str]

# Never a field, whatever it is called: DESIGN forbids the thing, not one spelling of it.
NEVER = (
    r"宗教|信仰|民族|族别|政治面貌|前科|犯罪|信访|矫正|涉毒|吸毒"
    r"|religio|faith|ethnic|nationality|political|criminal|petition"
)
FORBIDDEN_WORDS = re.compile(rf"{NEVER}|党员|入党|党组织|团员|party_?member", re.IGNORECASE)
# A system that names nobody may say how many members an organisation has, never who they are.
FORBIDDEN_AMONG_NUMBERS = re.compile(NEVER, re.IGNORECASE)
NAMES_A_PERSON = re.compile(r"姓名|身份证|证件|公民身份|电话|手机|住址|出生")
FORBIDDEN_SOURCES = frozenset(
    {"mz", "mzdm", "zzmm", "zzmmdm", "zjxy", "zjxydm", "aac005", "aac024"}
)


def findings(manifest: Manifest) -> Iterator[Finding]:
    """Everything wrong with one manifest, in the order of the file."""
    yield from _expressions(manifest)
    yield from _values(manifest)
    yield from _as_of(manifest)
    yield from _requests(manifest)
    yield from _fields(manifest)
    yield from _forbidden(manifest)
    yield from _measures(manifest)
    yield from _portions(manifest)
    yield from errands(manifest)
    yield from applications(manifest)
    yield from _tally(manifest)
    yield from _drop(manifest)
    yield from conclusions(manifest)
    yield from things(manifest)
    yield from _door(manifest)
    yield from _capabilities(manifest)
    yield from natures(manifest)
    yield from _quality(manifest)


def _quality(manifest: Manifest) -> Iterator[Finding]:
    known = {one.id for one in book().rule}
    for name in sorted(manifest.quality.exempt.keys() - known):
        yield f"quality.exempt.{name}", f"没有名为“{name}”的接入质量规则"


def _located_expressions(manifest: Manifest) -> Iterator[tuple[str, str]]:
    envelope = manifest.envelope
    for key in ("success", "not_found", "busy", "denied", "bad_request"):
        expression = getattr(envelope, key)
        if expression is not None:
            yield f"envelope.{key}", expression
    for name, call in manifest.calls.items():
        yield f"calls.{name}.items", call.items
        for key in ("total", "next"):
            expression = getattr(call.paging, key, None)
            if expression is not None:
                yield f"calls.{name}.paging.{key}", expression
    for number, kind in enumerate(manifest.records):
        yield f"records[{number}].each", kind.each
    yield from _predicates(manifest)
    yield from errand_expressions(manifest)


def _predicates(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Over the raw row of a list."""
    for number, one in enumerate(manifest.measures):
        if one.where is not None:
            yield f"measures[{number}].where", one.where
    if manifest.roster and manifest.roster.head:
        yield "roster.head", manifest.roster.head


def _located_values(manifest: Manifest) -> Iterator[tuple[str, Value]]:
    if manifest.envelope.as_of:
        yield "envelope.as_of", manifest.envelope.as_of
    for number, kind in enumerate(manifest.records):
        for name, value in kind.map.items():
            yield f"records[{number}].map.{name}", value
    parts: dict[str, Part | None] = {
        "tasks.map": manifest.tasks.map if manifest.tasks else None,
        "tasks.order": manifest.tasks.order if manifest.tasks else None,
        "applications": manifest.applications,
        "tally": manifest.tally,
    }
    for key, part in parts.items():
        if part is not None:
            yield from _given(key, part)
    for number, one in enumerate(manifest.measures):
        yield from _given(f"measures[{number}]", one)
    yield from _listed(manifest)


def _listed(manifest: Manifest) -> Iterator[tuple[str, Value]]:
    for name, register in manifest.registers.items():
        yield from _given(f"registers.{name}", register)
    if manifest.roster:
        yield from _given("roster", manifest.roster)
        for number, relation in enumerate(manifest.roster.relations):
            yield from _given(f"roster.relations[{number}]", relation)


def _given(key: str, part: Part) -> Iterator[tuple[str, Value]]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Value):
            yield f"{key}.{name}", value


def _compiles(key: str, expression: str) -> Iterator[Finding]:
    try:
        jmespath.compile(expression)
    except JMESPathError as error:
        first = str(error).splitlines()[0]
        yield key, f"JMESPath 表达式“{expression}”有误：{first}"


def _expressions(manifest: Manifest) -> Iterator[Finding]:
    for key, expression in _located_expressions(manifest):
        yield from _compiles(key, expression)


def _values(manifest: Manifest) -> Iterator[Finding]:
    context = Context(tables=manifest.tables)
    for key, value in _located_values(manifest):
        yield from _compiles(f"{key}.from", value.source)
        try:
            chain(value.convert, context)
        except UnknownConverter as error:
            yield f"{key}.convert", str(error)


def _as_of(manifest: Manifest) -> Iterator[Finding]:
    """From when data is, is a moment with a zone; a bare day would be compared with one."""
    value = manifest.envelope.as_of
    if value and not (value.convert and value.convert[-1].startswith("moment:")):
        yield "envelope.as_of.convert", "数据时间须以 moment: 转换"


def _templates(call: Call) -> Iterator[tuple[str, object]]:
    for part in ("path", "query", "body", "form", "headers", "arguments", "where"):
        template = getattr(call, part, None)
        if template:
            yield part, template


def _requests(manifest: Manifest) -> Iterator[Finding]:
    for name, call in manifest.calls.items():
        known = {slot for slot in PLACEHOLDERS if name in BELONGS.get(slot, {name})}
        for part, template in _templates(call):
            for slot in sorted(placeholders(template) - known - form_slots(manifest)):
                yield f"calls.{name}.{part}", f"没有名为“{{{slot}}}”的占位符"
        if isinstance(call, ViewCall):
            yield from _view(name, call)
        if name == "person" and not any(
            placeholders(template) & {"id_number", "id_number_15"}
            for _, template in _templates(call)
        ):
            yield f"calls.{name}", "查询个人的请求没有用到身份证号，会取回别人的数据"


def _view(name: str, call: ViewCall) -> Iterator[Finding]:
    if call.paging and call.paging.kind not in {"keyset", "offset"}:
        yield f"calls.{name}.paging.kind", "数据库视图只能按 keyset 或 offset 翻页"
    if call.paging and call.paging.kind == "keyset" and call.paging.key not in call.columns:
        yield f"calls.{name}.paging.key", f"“{call.paging.key}”不在 columns 里"


def _fields(manifest: Manifest) -> Iterator[Finding]:
    mapped = {name for kind in manifest.records for name in kind.map}
    for number, kind in enumerate(manifest.records):
        for name in kind.map:
            if name not in manifest.fields:
                yield f"records[{number}].map.{name}", f"映射了没有声明的字段“{name}”"
    for name, rule in manifest.fields.items():
        if name not in mapped:
            yield f"fields.{name}", f"声明了字段“{name}”却没有映射"
        if rule.readers is not None and rule.readers not in manifest.readers:
            yield f"fields.{name}.readers", f"没有名为“{rule.readers}”的读者组"
        if rule.sensitivity is Sensitivity.SENSITIVE and rule.mask is Mask.NONE:
            yield f"fields.{name}.mask", f"敏感字段“{name}”必须有脱敏方式"


def _forbidden(manifest: Manifest) -> Iterator[Finding]:
    for name, rule in manifest.fields.items():
        if FORBIDDEN_WORDS.search(name) or FORBIDDEN_WORDS.search(rule.label):
            yield f"fields.{name}", f"平台不得接入“{rule.label}”这类信息"
    read = [(f"{key}.from", value.source) for key, value in _located_values(manifest)]
    words_of_measures = FORBIDDEN_WORDS if _names_persons(manifest) else FORBIDDEN_AMONG_NUMBERS
    for number, one in enumerate(manifest.measures):
        read.append((f"measures[{number}].where", one.where or ""))
        if words_of_measures.search(one.name) or words_of_measures.search(one.id):
            yield f"measures[{number}].name", f"平台不得统计“{one.name}”这类信息"
    for key, source in read:
        words = set(re.findall(r"\w+", source.lower()))
        if words & FORBIDDEN_SOURCES or FORBIDDEN_WORDS.search(source):
            yield key, f"平台不得读取“{source}”这类信息"


def _names_persons(manifest: Manifest) -> bool:
    """Whether anything that this system says can be about somebody."""
    asks = {"person", "roster"} & set(manifest.calls)
    counted = any(not one.tallied for one in manifest.measures)
    return bool(asks or manifest.records or manifest.roster or manifest.fields or counted)


def _portions(manifest: Manifest) -> Iterator[Finding]:
    """A part is taken from a measure of this system that is counted alike, of the same topic."""
    alike = {one.id: (one.topic, one.count, one.relation) for one in manifest.measures}
    for number, one in enumerate(manifest.measures):
        whole = alike.get(one.part_of)
        if one.part_of and (one.part_of == one.id or whole != alike[one.id]):
            why = f"“{one.part_of}”不是本系统同一主题、同样计数的另一指标"
            yield f"measures[{number}].part_of", why


def _measures(manifest: Manifest) -> Iterator[Finding]:
    """A predicate on a column that is not read would count nobody and look like a true nought."""
    calls: Mapping[str, Call] = manifest.calls  # type: ignore[assignment]
    roster = calls.get("roster")
    placed = {one.kind for one in manifest.roster.relations} if manifest.roster else set()
    seen: set[str] = set()
    for number, one in enumerate(manifest.measures):
        key = f"measures[{number}]"
        if one.id in seen:
            yield f"{key}.id", f"指标“{one.id}”写了两次"
        seen.add(one.id)
        if one.tallied:
            continue
        if one.relation not in placed:
            yield f"{key}.relation", f"名册没有“{one.relation}”关系"
        if one.count == "households" and not (manifest.roster and manifest.roster.household_no):
            yield f"{key}.count", "名册没有户号，不能统计户数"
        if isinstance(roster, ViewCall):
            for name in sorted(columns_of(one.where) - set(roster.columns)):
                yield f"{key}.where", f"“{name}”不在 calls.roster.columns 里"
            divided = columns_of(one.by.source) if one.by else set()
            for name in sorted(divided - set(roster.columns)):
                yield f"{key}.by", f"“{name}”不在 calls.roster.columns 里"


def _tally(manifest: Manifest) -> Iterator[Finding]:
    """Numbers that are given as such, or counted from rows about things."""
    files = isinstance(manifest, FilesManifest)
    tallied = any(one.tallied for one in manifest.measures)
    if (tallied or files) and manifest.tally is None:
        yield "tally", "按行统计或接收文件，须在 tally 写明 region"
    if tallied and not (files or "counts" in manifest.calls):
        yield "calls.counts", "按行统计的指标须有 calls.counts 或 drop"


def _drop(manifest: Manifest) -> Iterator[Finding]:
    """A file is taken for its numbers; what is read must be one of its columns."""
    if not isinstance(manifest, FilesManifest):
        return
    drop = manifest.drop
    for name, head in drop.columns.items():
        if FORBIDDEN_AMONG_NUMBERS.search(head):
            yield f"drop.columns.{name}", f"平台不得读取“{head}”这类信息"
        if NAMES_A_PERSON.search(head):
            yield f"drop.columns.{name}", f"文件接收只落统计数，不得有个人信息列“{head}”"
    read = {
        f"measures[{place}].where": columns_of(one.where)
        for place, one in enumerate(manifest.measures)
    }
    for key, value in _located_values(manifest):
        if key.startswith(("tally", "measures")):
            read[f"{key}.from"] = columns_of(value.source)
    for key, names in read.items():
        for name in sorted(names - drop.columns.keys()):
            yield key, f"“{name}”不在 drop.columns 里"


def _door(manifest: Manifest) -> Iterator[Finding]:
    """A door says who comes in, and nothing about anybody."""
    if not isinstance(manifest, JumpManifest):
        return
    if not manifest.capabilities <= {Capability.ENTRY, Capability.IDENTITY}:
        yield "capabilities", "只供进入的系统只能声明 entry 和 identity"
    for part in ("records", "roster", "registers", "tally", "measures", "tasks", "fields"):
        if getattr(manifest, part):
            yield part, "只供进入的系统不取数据"
    for name in sorted(set(manifest.calls) - {"probe"}):
        yield f"calls.{name}", "只供进入的系统只有探测请求 probe"
    probe = manifest.calls.get("probe")
    if probe and (
        probe.method != "GET" or probe.query or probe.body or probe.form or probe.headers
    ):
        yield "calls.probe", "只供进入的系统只能用 GET 查看一个页面，不带参数"


def _capabilities(manifest: Manifest) -> Iterator[Finding]:
    able = manifest.capabilities
    if "probe" not in manifest.calls:
        yield "calls.probe", "每个系统都要有探测请求 probe"
    persons = [one for one in manifest.records if one.of is SubjectKind.PERSON]
    if Capability.RECORDS in able and not ("person" in manifest.calls and persons):
        yield "capabilities", "声明了 records，却缺少 calls.person 或 records"
    if Capability.ROSTER in able and not ("roster" in manifest.calls and manifest.roster):
        yield "capabilities", "声明了 roster，却缺少 calls.roster 或 roster"
    if (Capability.REPORTS in able) != bool(manifest.measures):
        yield "capabilities", "reports 与 measures 须同时写明"
    if Capability.ROSTER not in able and not all(one.tallied for one in manifest.measures):
        yield "capabilities", "按人、按户的统计指标取自名册，须同时声明 roster"
    if manifest.records and not any(kind.about == "subject" for kind in manifest.records):
        yield "records", '至少要有一类记录说的是本人（about = "subject"）'
