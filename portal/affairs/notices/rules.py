"""The rules of a notice: whom a unit may send to, what must be said, what an attachment may be."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from auth.principal import Unit
from portal.store.halfdays import half_day

State = Literal["已发送", "已撤回"]
SENT: State = "已发送"
WITHDRAWN: State = "已撤回"

MOST_TITLE, MOST_BODY, LEAST_REASON, MOST_REASON = 60, 4000, 4, 200
MOST_FILE_NAME = 80
_ORDER = {"city": 0, "district": 1, "street": 2, "community": 3}
_LARGEST_UNPACKED = 200 * 1024 * 1024


class NoticeError(Exception):
    """Nothing was done; the message says why, what was kept and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file as it was sent, its type found by looking into it."""

    name: str
    kind: str
    content: bytes


def may_receive(sender: Unit, prefixes: Sequence[str], one: Unit) -> bool:
    """Whether a unit lies below the sender: in its scope, or, for a department, in its line."""
    if one.id == sender.id:
        return False
    lower = _ORDER[one.level] > _ORDER[sender.level]
    if sender.kind == "department":
        same_line = one.kind == "department" and bool(sender.line) and one.line == sender.line
        return lower and same_line and one.region_code.startswith(sender.region_code)
    if sender.kind != "government":
        return False
    own_department = one.kind == "department" and one.level == sender.level
    inside = any(one.region_code.startswith(prefix) for prefix in prefixes)
    return inside and (lower or own_department)


def group_of(one: Unit) -> str:
    """Which group of addressees a unit is chosen with: departments apart from governments."""
    return f"{one.level}.department" if one.kind == "department" else one.level


def title(given: str) -> str:
    """What the notice is called, in one line."""
    plain = " ".join(given.split())
    if not plain or len(plain) > MOST_TITLE:
        raise NoticeError(f"请填写标题（1 至 {MOST_TITLE} 个字），已填内容已保留。")
    return plain


def body(given: str) -> str:
    """What the notice says; its paragraphs stay."""
    plain = "\n".join(line.strip() for line in given.strip().splitlines())
    if not plain or len(plain) > MOST_BODY:
        raise NoticeError(
            f"请填写正文（1 至 {MOST_BODY} 个字，现为 {len(plain)} 个字），已填内容已保留。"
        )
    return plain


def due(receipt: bool, given: date | None, today: date) -> date | None:
    """Until when receipts are asked for; a notice without one has no such day."""
    if not receipt:
        return None
    if given is None:
        raise NoticeError("请选择回执截止日期，或改为不需回执，已填内容已保留。")
    if given < today:
        raise NoticeError("回执截止日期已经过去，请另选日期，已填内容已保留。")
    return given


def reason(given: str) -> str:
    """Why a notice is taken back: never left out."""
    plain = " ".join(given.split())
    if not LEAST_REASON <= len(plain) <= MOST_REASON:
        raise NoticeError(
            f"请写明撤回原因（{LEAST_REASON} 至 {MOST_REASON} 个字），已填内容已保留。"
        )
    return plain


def addressed(wanted: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """The units a notice goes to, each once; one outside the sender's reach stops all of it."""
    chosen, known = tuple(dict.fromkeys(wanted)), set(allowed)
    if not chosen:
        raise NoticeError("请选择收文单位，已填内容已保留。")
    if outside := [one for one in chosen if one not in known]:
        raise NoticeError(
            f"有 {len(outside)} 个单位不在本单位的下级范围，通知没有发出，请重新选择收文单位。"
        )
    return chosen


def may_remind(done: Iterable[str], now: datetime) -> bool:
    """Whether this half day is still without a reminder."""
    return half_day(now) not in set(done)


def number(day: date, sequence: int) -> str:
    """TZ-20261123-0001."""
    return f"TZ-{day:%Y%m%d}-{sequence:04d}"


# -- the attachment -----------------------------------------------------------------------------

_PLAIN = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PACKED = {
    ".docx": (_OFFICE + "wordprocessingml.document", "word/document.xml"),
    ".xlsx": (_OFFICE + "spreadsheetml.sheet", "xl/workbook.xml"),
}
KINDS = tuple(one.removeprefix(".") for one in (*_PLAIN, *_PACKED))


def attachment(name: str, content: bytes, megabytes: int) -> Attachment:
    """A file that may go along; its name must say what it really is."""
    plain = "".join(one for one in name.split("/")[-1].split("\\")[-1] if one.isprintable())
    ending = f".{plain.rpartition('.')[2].lower()}"
    if not content or len(content) > megabytes * 1024 * 1024:
        raise NoticeError(f"附件须为 1 字节至 {megabytes} 兆字节，没有上传，其余已填内容已保留。")
    if len(plain) > MOST_FILE_NAME:
        raise NoticeError(f"附件名称最多 {MOST_FILE_NAME} 个字，请改短后重新上传。")
    if ending in _PLAIN:
        kind, mark = _PLAIN[ending]
        fits = content.startswith(mark)
    elif ending in _PACKED:
        kind, part = _PACKED[ending]
        fits = _holds(content, part)
    else:
        raise NoticeError(f"附件只能是 {'、'.join(KINDS)} 文件，请转换后重新上传。")
    if not fits:
        raise NoticeError(f"附件“{plain}”已损坏、带宏或与扩展名不符，请另存后重新上传。")
    return Attachment(name=plain, kind=kind, content=content)


def _holds(content: bytes, part: str) -> bool:
    """Whether this is a whole office file of that kind, without macros and of a sound size."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
            size = sum(one.file_size for one in packed.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    macros = any(one.lower().endswith(("vbaproject.bin", ".vbs")) for one in names)
    return part in names and not macros and size <= _LARGEST_UNPACKED
