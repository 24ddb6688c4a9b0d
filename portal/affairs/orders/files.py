"""Attachments: what a file is, is told by its content and never by its name."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select

from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import order_attachment
from portal.affairs.workflow.flow import KEPT
from portal.affairs.workflow.ledger import Step
from portal.store import crypto
from portal.store.citypack import pack

MOST_NAME = 120
_OFFICE = "application/vnd.openxmlformats-officedocument"
_PARTS_OF = {
    b"word/document.xml": ("docx", f"{_OFFICE}.wordprocessingml.document"),
    b"xl/workbook.xml": ("xlsx", f"{_OFFICE}.spreadsheetml.sheet"),
}


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file as it is brought: its name, and what is in it."""

    name: str
    data: bytes


def media_type(data: bytes) -> tuple[str, str] | None:
    """The ending that belongs to a file and its type; ``None`` for what is not taken."""
    for start, found in (
        (b"\xff\xd8\xff", ("jpg", "image/jpeg")),
        (b"\x89PNG\r\n\x1a\n", ("png", "image/png")),
        (b"%PDF-", ("pdf", "application/pdf")),
        (b"ID3", ("mp3", "audio/mpeg")),
        (b"\xff\xfb", ("mp3", "audio/mpeg")),
    ):
        if data.startswith(start):
            return found
    if data[:4] == b"RIFF" and data[8:12] in (b"WAVE", b"WEBP"):
        return ("wav", "audio/wav") if data[8:12] == b"WAVE" else ("webp", "image/webp")
    if data[4:8] == b"ftyp":
        return ("mp4", "video/mp4")
    if data.startswith(b"PK\x03\x04") and b"vbaProject" not in data:
        return next((kind for part, kind in _PARTS_OF.items() if part in data), None)
    return None


_SAME = {"jpeg": "jpg", "m4a": "mp4", "mov": "mp4"}


def checked(one: Attachment) -> dict[str, Any]:
    """The row of a file that may be kept, or why it may not."""
    most = pack().orders.attachments.most_bytes
    name = " ".join(one.name.replace("/", " ").replace("\\", " ").split())[-MOST_NAME:]
    if not one.data:
        raise OrderError(f"附件“{name}”是空文件，没有保存。{KEPT}")
    if len(one.data) > most:
        raise OrderError(
            f"附件“{name}”大小为 {len(one.data) / 1048576:.1f} MB，"
            f"超过 {most / 1048576:.0f} MB 的上限，没有保存。请压缩后重新添加，{KEPT}"
        )
    kind = media_type(one.data)
    ending = name.rpartition(".")[2].lower()
    if kind is None:
        raise OrderError(
            f"附件“{name}”不是可收的文件（图片、PDF、不带宏的 docx 和 xlsx、录音、录像），"
            f"没有保存。{KEPT}"
        )
    if _SAME.get(ending, ending) != kind[0]:
        raise OrderError(
            f"附件“{name}”的内容其实是 {kind[0]} 文件，与文件名不符，没有保存。"
            f"请核对后改名重新添加，{KEPT}"
        )
    return {
        "id": uuid4(),
        "name": name,
        "media_type": kind[1],
        "size": len(one.data),
        "sha256": hashlib.sha256(one.data).hexdigest(),
        "bytes": crypto.seal(one.data),
    }


def keep(step: Step) -> None:
    """Files brought to an order."""
    given = step.form["attachment"]
    files = [given] if isinstance(given, Attachment) else list(given)
    rows = [checked(one) for one in files]
    count = select(func.count()).where(order_attachment.c.order_id == step.row.id)
    most = pack().orders.attachments.most
    if step.connection.execute(count).scalar_one() + len(rows) > most:
        raise OrderError(f"一件工单最多 {most} 个附件，没有保存。{KEPT}")
    step.detail["files"] = [row["name"] for row in rows]
    step.words += f"：{'、'.join(step.detail['files'])}"
    step.after.append(partial(_store, step, rows))


def _store(step: Step, rows: list[dict[str, Any]]) -> None:
    about = {"order_id": step.row.id, "added_by": step.by.name, "at": step.now}
    step.connection.execute(insert(order_attachment), [{**row, **about} for row in rows])
