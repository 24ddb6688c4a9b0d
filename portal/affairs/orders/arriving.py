"""What is looked at before a demand becomes an order: words, places, times, numbers."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from portal.affairs.orders import classes, units
from portal.affairs.orders import files as papers_of
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.units import UnitRef
from portal.store import crypto, divisions
from portal.store.citypack import pack

if TYPE_CHECKING:
    from portal.affairs.orders.intake import Incoming

MOST_TITLE, MOST_CONTENT, MOST_PLACE, MOST_NUMBER = 200, 5000, 200, 80
LEEWAY = timedelta(minutes=5)
MASTERS = ("本平台为主", "对方为主")
LABELS = {"kind": "诉求类型", "title": "标题", "content": "内容", "place": "地址", "lng": "经度",
          "lat": "纬度"}  # fmt: skip
# Characters that no text needs and that hide what it says: controls, and marks that turn it round.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(words: str, most: int, label: str) -> str:
    """A text as text: what looks like a page stays what it looks like, and is never one."""
    clean = _HIDDEN.sub("", words.replace("\r\n", "\n")).strip()
    if len(clean) > most:
        raise OrderError(f"“{label}”有 {len(clean)} 个字，超过 {most} 个字，没有接收。")
    return clean


def row_of(one: "Incoming", now: datetime, against: Mapping[str, UnitRef]) -> dict[str, Any]:
    """The row of a demand that is fit, or why it is refused."""
    source = pack().orders.of_source(one.source)
    if source is None:
        raise OrderError(f"不认识的来源“{one.source}”，没有接收。")
    if one.kind not in pack().orders.kinds:
        raise OrderError(f"诉求类型“{one.kind}”不在目录内，没有接收。")
    region = _region(one.region_code)
    about = _about(one, against)
    unit_id = units.receives(region, source.desk, about)
    category, theirs = classes.ours(one.source if one.foreign else None, one.category)
    row: dict[str, Any] = {
        "id": uuid4(),
        "source": one.source,
        "source_no": _number(one.source_no),
        "source_system": one.source_system,
        "master": _one_of(one.master, MASTERS, "主办系统"),
        "kind": one.kind,
        "category": category,
        "their_class": theirs,
        "tags": [classes.OPEN] if theirs else [],
        **_texts(one),
        **_spot(one),
        "region_code": region,
        "urgency": _urgency(one.urgency),
        "confidential": bool(one.confidential),
        "against_unit": about.id if about else None,
        "unit_id": unit_id,
        "seat_units": [unit_id],
        "state": source.first,
        "state_since": now,
        "received_at": _moment(one.received_at, now),
        "day_rule": pack().orders.day_rule,
        "simulated": one.simulated,
    }
    return row | {"source_digest": _digest(row)}


def _texts(one: "Incoming") -> dict[str, str]:
    content = plain(one.content, MOST_CONTENT, "内容")
    title = plain(one.title, MOST_TITLE, "标题") or content[:40].replace("\n", " ")
    if not title:
        raise OrderError("标题和内容都是空的，没有接收。")
    return {"title": title, "content": content, "place": plain(one.place, MOST_PLACE, "地址")}


def _number(number: str) -> str:
    clean = plain(str(number), MOST_NUMBER, "来源编号")
    if not clean:
        raise OrderError("没有来源编号，无法判断是否重复，没有接收。")
    return clean


def _one_of(value: str, known: Iterable[str], label: str) -> str:
    if value not in known:
        raise OrderError(f"{label}“{value}”不认识，没有接收。")
    return value


def _urgency(level: int | None) -> int:
    known = {one.level for one in pack().orders.urgency}
    if level is None:
        return 2
    if level not in known:
        raise OrderError(f"紧急程度“{level}”不在 1 至 4 级之内，没有接收。")
    return level


def _region(code: str | None) -> str:
    city = pack().region_code
    if not code:
        return city
    if not re.fullmatch(r"[0-9]{4,15}", code) or not code.startswith(city):
        raise OrderError(f"区划代码“{code}”不在本市，没有接收。")
    found = divisions.find(code)
    if found is None or not code.startswith(found.code):
        raise OrderError(f"没有区划代码“{code}”，没有接收。")
    return found.code


def _about(one: "Incoming", known: Mapping[str, UnitRef]) -> UnitRef | None:
    if not one.against_unit:
        return None
    if one.against_unit not in known:
        raise OrderError(f"被反映单位“{one.against_unit}”不在单位目录内，没有接收。")
    return known[one.against_unit]


def _spot(one: "Incoming") -> dict[str, float | None]:
    if one.lng is None or one.lat is None:
        return {"lng": None, "lat": None}
    if not (-180 <= one.lng <= 180 and -90 <= one.lat <= 90):
        raise OrderError(f"坐标（{one.lng}, {one.lat}）不在取值范围内，没有接收。")
    return {"lng": round(one.lng, 6), "lat": round(one.lat, 6)}


def _moment(at: datetime, now: datetime) -> datetime:
    if at.tzinfo is None:
        raise OrderError("受理时间没有时区，没有接收。")
    if at > now + LEEWAY:
        raise OrderError(f"受理时间 {at:%Y-%m-%d %H:%M} 在将来，没有接收。")
    return min(at, now)


def _digest(row: Mapping[str, Any]) -> str:
    said = {name: row[name] for name in LABELS}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def callers(fresh: Sequence[tuple["Incoming", Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Who called, encrypted; the desk that took it in may know although it is confidential."""
    sealer = crypto.Sealer()
    return [
        {
            "order_id": row["id"],
            "name_cipher": sealer.encrypt(one.caller_name) if one.caller_name else None,
            "phone_cipher": sealer.encrypt(one.caller_phone) if one.caller_phone else None,
            "phone_hash": sealer.keyed_hash(digits(one.caller_phone)) if one.caller_phone else None,
            "wants_secret": row["confidential"],
            "caller_units": [row["unit_id"]] if row["confidential"] else [],
        }
        for one, row in fresh
    ]


def digits(phone: str) -> str:
    """A number without what people write between its digits."""
    return re.sub(r"\D", "", phone)[-11:]


def files(one: "Incoming") -> list[dict[str, Any]]:
    """The rows of what came with it."""
    return [papers_of.checked(file) for file in one.attachments]
