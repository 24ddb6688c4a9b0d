"""The names and forms in which the province writes: pure reading and writing, no wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from portal.connectors.contract import TheirFault
from portal.connectors.province.words import Asked, Issued, Listed, Receipt, Sending

_FULL = 12  # digits of a place as the province writes it
_CITY, _DISTRICT, _STREET = 4, 6, 9
_MOST_FIELDS, _MOST_TEXT = 200, 200


def place_of(code: str) -> str:
    """A place of twelve digits as a region prefix."""
    for digits in (_CITY, _DISTRICT, _STREET):
        if code[digits:] == "0" * (_FULL - digits):
            return code[:digits]
    return code


def code_of(place: str) -> str:
    """A region prefix as the province writes it."""
    return place.ljust(_FULL, "0")


def period(cycle: str, first: date) -> str:
    """The period that begins on a day: 202611, 2026Q4, 2026W48, 2026; a single form: its month."""
    if cycle == "周":
        year, week, _ = first.isocalendar()
        return f"{year}W{week:02d}"
    if cycle == "季":
        return f"{first:%Y}Q{(first.month - 1) // 3 + 1}"
    return f"{first:%Y}" if cycle == "年" else f"{first:%Y%m}"


def listed(row: Mapping[str, Any]) -> Listed | None:
    """A line of the list; ``None``: it has no number, edition or mark and names no form."""
    number, edition, changed = row.get("bh"), row.get("bbh"), row.get("gxsj")
    if not _is_text(number, 40) or not _is_whole(edition) or not _is_text(changed, 20):
        return None
    return Listed(number=str(number), edition=int(edition or 0), changed=str(changed))


def issued(body: Any, wanted: Listed) -> Issued:
    """A form; what cannot be read of it is said with its place, and nothing is guessed."""
    if not isinstance(body, Mapping):
        raise TheirFault(detail="the form is no object")
    if (body.get("bh"), body.get("bbh")) != (wanted.number, wanted.edition):
        raise TheirFault(detail="another form came than was asked for")
    faults: list[str] = []

    def text(name: str, said: str) -> str:
        value = body.get(name)
        if value is None or isinstance(value, str):
            found = (value or "").strip()
            if len(found) <= _MOST_TEXT:
                return found
        faults.append(f"表头：{said}无法识别")
        return ""

    return Issued(
        number=wanted.number, edition=wanted.edition, title=text("mc", "报表名称"),
        issuer=text("zdjg", "制定机关"), approval=text("pzwh", "批准（备案）文号"),
        valid_until=_day(text("yxqz", "有效期"), "有效期", faults), matter=text("sxbm", "事项"),
        cycle=text("zqbm", "周期"), layout=text("lxbm", "表式"), roster=text("dxbm", "名册对象"),
        back=text("hcjb", "回传层级"), places=_places(body.get("xfqh"), faults),
        days=_days(body.get("tbgzr"), faults),
        due_on=_day(text("jzrq", "截止日期"), "截止日期", faults),
        fields=_fields(body.get("zd"), faults), faults=tuple(faults),
    )  # fmt: skip


def _is_text(value: Any, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _day(text: str, said: str, faults: list[str]) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        faults.append(f"表头：{said}“{text[:20]}”无法识别")
        return None


def _days(value: Any, faults: list[str]) -> int:
    if _is_whole(value) and value <= 60:
        return int(value)
    faults.append("表头：填报工作日数无法识别")
    return 1


def _places(value: Any, faults: list[str]) -> tuple[str, ...]:
    codes = value if isinstance(value, list) else []
    good = [one for one in codes if isinstance(one, str) and len(one) == _FULL and one.isdigit()]
    if not good or len(good) < len(codes):
        faults.append("表头：下发范围无法识别")
    return tuple(dict.fromkeys(place_of(one) for one in good))


def _fields(value: Any, faults: list[str]) -> tuple[Asked, ...]:
    rows = value if isinstance(value, list) else []
    if not 1 <= len(rows) <= _MOST_FIELDS:
        faults.append(f"栏目：应有 1 至 {_MOST_FIELDS} 栏")
        return ()
    found: list[Asked] = []
    for number, row in enumerate(rows, start=1):
        made = _field(number, row)
        title = row.get("zdmc") if isinstance(row, Mapping) else ""
        if made is None:
            said = f"“{str(title)[:20]}”" if title else ""
            faults.append(f"第 {number} 栏{said}：字段编码、名称或类型无法识别")
        elif any(one.code == made.code for one in found):
            faults.append(f"第 {number} 栏“{made.title}”：字段编码 {made.code} 重复")
        else:
            found.append(made)
    return tuple(found)


def _field(number: int, row: Any) -> Asked | None:
    if not isinstance(row, Mapping):
        return None
    code, title, kind = row.get("zdbm"), row.get("zdmc"), row.get("zdlx")
    if not _is_text(code, 20) or not _is_text(title, 60) or not _is_text(kind, 10):
        return None
    if not str(code).isalnum() or not str(code).isascii() or not str(code)[0].isalpha():
        return None
    count, check = row.get("js") or "", row.get("jy") or ""
    if not isinstance(count, str) or not isinstance(check, str) or len(count + check) > _MOST_TEXT:
        return None
    return Asked(
        at=number, code=str(code), title=str(title).strip(), kind=str(kind),
        required=row.get("bt") == "1", protected=row.get("mg") == "1", count=count, check=check,
    )  # fmt: skip


# -- writing --------------------------------------------------------------------------------------


def key(one: Sending) -> str:
    """What makes a second arrival the same: number, edition, period, place, and the turn."""
    when = period(one.cycle, one.period_from)
    return f"{one.number}|{one.edition}|{when}|{code_of(one.place)}|{one.turn}"


def sending(one: Sending) -> dict[str, Any]:
    """Answers as the province takes them."""
    return {
        "lsh": key(one),
        "bh": one.number,
        "bbh": one.edition,
        "qb": period(one.cycle, one.period_from),
        "cs": one.turn,
        "qh": code_of(one.place),
        "mx": [
            {"qh": code_of(each.place), "hh": each.row, "zdbm": each.code, "z": each.value}
            for each in one.values
        ],
    }


def receipt(one: Receipt) -> dict[str, Any]:
    """That a form was taken, or why not."""
    taken = "1" if one.taken else "0"
    return {"bh": one.number, "bbh": one.edition, "jg": taken, "yy": one.reason}
