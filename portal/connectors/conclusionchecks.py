"""What may be called a conclusion, and what a system may say that gives conclusions only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from portal.connectors.contract import Mask, Sensitivity
from portal.connectors.manifest import Manifest

Finding = tuple[str, str]
IDENTIFYING = {"name": Mask.NAME, "id_number": Mask.ID_NUMBER}  # so that one knows who is meant
MOST_CONCLUSIONS = 6  # a table with more words is a classification, not a conclusion
# What is known about a body or a birth is told as a conclusion, whichever system knows it.
INTIMATE = re.compile(r"病|诊断|就诊|住院|残疾等级|残疾类别|致残|伤残|怀孕|孕产|分娩|生育|节育")
# Words that say more than whether something holds.
DETAIL = re.compile(r"病|癌|症|障碍|瘫|[一二三四五六七八九十\d]级|元|孩|胎")


def conclusions(manifest: Manifest) -> Iterator[Finding]:
    """A conclusion is a word of a code table; who only concludes says nothing else of a person."""
    read = {
        name: value.convert[-1] if value.convert else ""
        for kind in manifest.records
        for name, value in kind.map.items()
    }
    for name, rule in manifest.fields.items():
        kind, _, table = read.get(name, "").partition(":")
        if rule.conclusion:
            yield from _conclusion(f"fields.{name}.conclusion", kind, manifest.tables.get(table))
        elif INTIMATE.search(rule.label):
            yield f"fields.{name}", f"“{rule.label}”属医疗、生育、残疾信息，只能给结论"
        if rule.verifiable and (kind != "code" or rule.sensitivity is Sensitivity.SENSITIVE):
            yield f"fields.{name}.verifiable", "可批量核验的须是代码表里的词，且不敏感"
        identifies = IDENTIFYING.get(name) is rule.mask
        told = rule.conclusion or identifies or kind in {"date", "month", "moment"}
        if manifest.answers != "record" and not told:
            yield f"fields.{name}", "只给结论的系统只可有姓名、证件号（遮盖）、结论和日期"
    if manifest.answers != "record" and any(one.about != "subject" for one in manifest.records):
        yield "records", "只给结论的系统不得说到其他人"
    if manifest.answers != "record" and manifest.roster is not None:
        yield "roster", "只给结论的系统不得提供名册"
    if manifest.answers != "record" and not any(one.conclusion for one in manifest.fields.values()):
        yield "answers", "至少要有一个字段是结论（conclusion = true）"


def _conclusion(key: str, kind: str, table: Mapping[str, str] | None) -> Iterator[Finding]:
    """A word of a short table, that tells no detail."""
    if kind != "code":
        yield key, "结论须是代码表里的词，请用 code: 转换"
    words = set((table or {}).values())
    if len(words) > MOST_CONCLUSIONS:
        yield key, f"代码表有 {len(words)} 个词，超过 {MOST_CONCLUSIONS} 个就不是结论"
    for word in sorted(words):
        if DETAIL.search(word):
            yield key, f"“{word}”说出了具体内容，不是结论"
