"""From a file to rows: every value that cannot be meant is named with its row and column."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from auth.provider.credentials import plain_login
from portal.functions.people.model import (
    COLUMNS,
    DISABLED,
    KINDS,
    NO,
    OFF,
    ON,
    PEOPLE,
    POSITIONS,
    STATUS,
    UNITS,
    YES,
    Numbered,
    PersonRow,
    PositionRow,
    Problem,
    Row,
    UnitRow,
    Wanted,
)
from portal.store import divisions
from portal.store.citypack import CityPack, pack
from portal.store.scope import MAX_PREFIXES
from portal.store.sheets import Picked, SheetRefusedError, pick, read_sheet, sheet_names

FILE = "人员岗位表"
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,47}")
_SEPARATORS = re.compile(r"[、,，;；\s]+")
_FORMULA = ("=", "+", "-", "@")
_MAX_NAME = 60


class _Bad(Exception):
    """A value that cannot be meant; the sentence goes to its row and column."""


class _Line:
    """One row, read value by value; what is wrong is collected, not raised."""

    def __init__(self, sheet: str, picked: Picked, problems: list[Problem]) -> None:
        self._sheet, self._picked, self._problems = sheet, picked, problems
        self.good = True

    def read(self, key: str, reader: Callable[[str], Any], default: Any = None) -> Any:
        """The value of a column; ``default`` where the cell may stay empty."""
        try:
            found = _text(self._picked.values.get(key))
            if not found:
                if default is None:
                    raise _Bad("必须填写")
                return default
            return reader(found)
        except _Bad as wrong:
            self.good = False
            column = COLUMNS[self._sheet][key]
            self._problems.append(
                Problem(
                    sheet=self._sheet,
                    number=self._picked.number,
                    column=column,
                    message=str(wrong),
                )
            )
            return default


def _text(value: object) -> str:
    """A cell as text; spreadsheets turn codes into numbers."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _Bad("应为文字，请将单元格设为文本后重新填写")


def _name(value: str) -> str:
    if value.startswith(_FORMULA):
        raise _Bad("不能以等号、加减号或 @ 开头")
    if len(value) > _MAX_NAME or not value.isprintable():
        raise _Bad(f"应为不超过 {_MAX_NAME} 个字的文字")
    return value


def _code(value: str) -> str:
    if not _ID.fullmatch(value):
        raise _Bad("编号应为 2 至 48 位字母、数字、点、横线")
    return value


def _login(value: str) -> str:
    login = plain_login(value)
    if not _LOGIN.fullmatch(login):
        raise _Bad("账号应为 3 至 32 位小写字母、数字、点、横线，以字母或数字开头")
    return login


def _one_of(choices: dict[str, Any]) -> Callable[[str], Any]:
    def read(value: str) -> Any:
        if value not in choices:
            raise _Bad(f"只能填：{'、'.join(choices)}")
        return choices[value]

    return read


def _region(value: str) -> str:
    found = divisions.find(value)
    if found is None or found.code != value:
        raise _Bad(f"没有区划代码 {value}")
    return value


def _regions(value: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(one for one in _SEPARATORS.split(value) if one))
    for code in codes:
        found = divisions.find(code) if re.fullmatch("[0-9]{2,15}", code) else None
        if found is None or found.code not in (code, code[:12]):
            raise _Bad(f"没有区划代码 {code[:20]}")
    if len(codes) > MAX_PREFIXES:
        raise _Bad(f"最多填 {MAX_PREFIXES} 个区划，更多请改填其上级")
    return codes


def _roles(city: CityPack) -> Callable[[str], tuple[str, ...]]:
    known = {role.name: role.id for role in city.roles}

    def read(value: str) -> tuple[str, ...]:
        if value in known:  # a name may hold a separator of its own
            return (known[value],)
        names = list(dict.fromkeys(one for one in re.split("[、,，;；]", value) if one.strip()))
        for name in names:
            if name.strip() not in known:
                raise _Bad(f"没有角色“{name.strip()[:20]}”")
        return tuple(known[name.strip()] for name in names)

    return read


def _quota(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:4]) <= 999 and len(value) < 4):
        raise _Bad("应为 1 至 999 的整数")
    return int(value)


def _unit(line: _Line, city: CityPack) -> Row | None:
    levels = {one.name: one.id for one in city.levels}
    made = {
        "id": line.read("id", _code),
        "name": line.read("name", _name),
        "kind": line.read("kind", _one_of(KINDS)),
        "level": line.read("level", _one_of(levels)),
        "region_code": line.read("region_code", _region),
        "line": line.read("line", _name, "") or None,
        "status": line.read("status", _one_of(STATUS), "active"),
    }
    return UnitRow(**made) if line.good else None


def _position(line: _Line, city: CityPack) -> Row | None:
    made = {
        "id": line.read("id", _code),
        "unit_id": line.read("unit_id", _code),
        "title": line.read("title", _name),
        "roles": line.read("roles", _roles(city), ()),
        "prefixes": line.read("prefixes", _regions, ()),
        "quota": line.read("quota", _quota, 1),
        "status": line.read("status", _one_of(STATUS), "active"),
    }
    return PositionRow(**made) if line.good else None


def _person(line: _Line, _: CityPack) -> Row | None:
    made = {
        "login": line.read("login", _login),
        "name": line.read("name", _name),
        "position_id": line.read("position_id", _code),
        "main": line.read("main", _one_of({YES: True, NO: False}), False),
        "status": line.read("status", _one_of({one: one for one in (ON, OFF, DISABLED)}), ON),
    }
    return PersonRow(**made) if line.good else None


_MAKERS = {UNITS: _unit, POSITIONS: _position, PEOPLE: _person}


def _rows(picked: Iterable[Picked], sheet: str, problems: list[Problem]) -> tuple[Numbered, ...]:
    city, maker, made = pack(), _MAKERS[sheet], []
    for one in picked:
        row = maker(_Line(sheet, one, problems), city)
        if row is not None:
            made.append(Numbered(number=one.number, row=row))
    return tuple(made)


def read(data: bytes) -> tuple[Wanted, list[Problem]]:
    """The rows of a file and what is wrong in them.

    A file that is no such table at all raises ``SheetRefusedError``; a sheet that is not there says
    nothing about its rows.
    """
    there = [one for one in sheet_names(data, name=FILE) if one in COLUMNS]
    if not there:
        raise SheetRefusedError(
            f"文件中没有“{'”“'.join(COLUMNS)}”工作表，未处理任何一行。请下载模板填写。"
        )
    problems: list[Problem] = []
    found: dict[str, tuple[Numbered, ...]] = {}
    for sheet in there:
        table = read_sheet(data, name=FILE, sheet=sheet)
        found[sheet] = _rows(pick(table, COLUMNS[sheet]), sheet, problems)
    wanted = Wanted(
        units=found.get(UNITS, ()),
        positions=found.get(POSITIONS, ()),
        people=found.get(PEOPLE, ()),
    )
    return wanted, problems
