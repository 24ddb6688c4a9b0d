"""The files of 查询核验: the template to fill in, and the result with outcome, source and time."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from portal.connectors.registry import Registry
from portal.functions.records import mask
from portal.functions.verify import rules
from portal.store import clock, crypto
from portal.store.citypack import pack
from portal.store.listings import Page, write


def template(author: str) -> bytes:
    """An empty file with the right head; numbers stay text."""
    texts = pack().verification
    notes = [
        ["每行一人；姓名、证件号必填，证件号为文本格式的 18 位身份证号"],
        [f"一次不超过 {texts.most_rows} 人；超过 {texts.release_above} 人须本单位另一人或上级放行"],
        ["备注只供本单位对照，不会上传保存"],
    ]
    head = list(rules.COLUMNS.values())
    pages = [
        Page(title="人员", head=head, rows=[]),
        Page(title="填写说明", head=["说明"], rows=notes),
    ]
    return write(pages, author=author)


def _moment(text: str | None) -> str:
    return f"{clock.local(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}" if text else ""


def result(job: Row[Any], rows: Sequence[Row[Any]], registry: Registry, author: str) -> bytes:
    """One line per row of the file that was sent, in its order; persons are masked."""
    known = [(one, names) for one, names in job.wanted.items() if one in registry.systems]
    head = ["原表行号", "姓名", "证件号", "核验结果"]
    for system, names in known:
        name = registry.systems[system].name
        head += [f"{name}·{registry.label(system, one)}" for one in names]
        head += [f"{name}·返回情况", f"{name}·数据时间"]
    lines = [_line(row, known) for row in rows]
    simulated = any(registry.systems[one].site.simulated for one, _ in known)
    title = "核验结果（模拟数据）" if simulated else "核验结果"
    pages = [
        Page(title=title, head=head, rows=lines),
        Page(title="说明", head=["项目", "内容"], rows=_about(job, known, registry, author)),
    ]
    return write(pages, author=author)


def _line(row: Row[Any], known: Sequence[tuple[str, list[str]]]) -> list[str | int]:
    shown = ["—", "—"]
    if row.outcome != rules.BROKEN:
        name, id_number = json.loads(crypto.decrypt(row.person))
        shown = [mask.name(name), mask.id_number(id_number)]
    answers = json.loads(crypto.decrypt(row.answers)) if row.answers else {}
    line: list[str | int] = [row.number, *shown, row.outcome]
    for system, names in known:
        told = answers.get(system)
        values = told["values"] if told else {}
        line += [values.get(one, "") for one in names]
        line += [told["state"] if told else "未查询", _moment(told["as_of"]) if told else ""]
    return line


def _about(
    job: Row[Any], known: Sequence[tuple[str, list[str]]], registry: Registry, author: str
) -> list[list[str]]:
    texts = pack().verification
    about = [
        ["编号", job.number],
        ["核验目的", f"{texts.purpose}（{texts.legal_basis}）"],
        ["核验事由", job.reason],
        ["提出", f"{job.unit_name} {job.actor_name}"],
        ["放行", job.released_by or "不需要"],
        ["人数", str(job.persons)],
        ["完成时间", _moment(job.finished_at.isoformat() if job.finished_at else None)],
        ["平台保留至", _moment(job.expires_at.isoformat())],
        ["下载", author],
    ]
    for system, _ in known:
        one = registry.systems[system]
        mark = "（模拟数据）" if one.site.simulated else ""
        about.append(["数据来源", f"{one.name}（{one.site.owner}）{mark}"])
    return about
