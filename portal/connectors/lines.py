"""On which line of a TOML file a key stands: whoever mends it must know, the parser is silent."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_HEADER = re.compile(r"^(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNED = re.compile(
    r"""^((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")
_AT_LINE = re.compile(r"at line (\d+)")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')
_BLOCKS = ('"""', "'''")

Path_ = tuple[str, ...]


class Lines:
    """The keys of one file with the lines they stand on; keys inside one line share it."""

    def __init__(self, text: str) -> None:
        self._found: dict[Path_, int] = {}
        self._tables: dict[Path_, int] = {}
        self._here: Path_ = ()
        self._depth = 0
        self._block = ""
        for number, line in enumerate(text.splitlines(), start=1):
            self._read(line.strip(), number)

    def of(self, key: str) -> int:
        """The line of a key such as ``records[0].map.name``, or of what would hold it."""
        wanted = _parts(key)
        while wanted:
            if wanted in self._found:
                return self._found[wanted]
            wanted = wanted[:-1]
        return 1

    def _read(self, line: str, number: int) -> None:
        if self._block:
            if self._block in line:
                self._block = ""
            return
        if self._depth:
            self._depth += _opened(line)
            return
        if header := _HEADER.match(line):
            self._enter(_names(header[2]), number, each=header[1] == "[[")
        elif assigned := _ASSIGNED.match(line):
            names = _names(assigned[1])
            for most in range(1, len(names) + 1):
                self._found.setdefault((*self._here, *names[:most]), number)
            value = line[assigned.end() :].strip()
            self._block = next(
                (b for b in _BLOCKS if value.startswith(b) and value.count(b) == 1), ""
            )
            self._depth = 0 if self._block else max(0, _opened(value))

    def _enter(self, names: Path_, number: int, *, each: bool) -> None:
        place: Path_ = ()
        for depth, name in enumerate(names, start=1):
            place = (*place, name)
            if depth == len(names) and each:
                self._tables[place] = self._tables.get(place, -1) + 1
            self._found.setdefault(place, number)
            if place in self._tables:
                place = (*place, str(self._tables[place]))
                self._found.setdefault(place, number)
        self._here = place


def _opened(value: str) -> int:
    bare = _QUOTED.sub("", value).partition("#")[0]
    return sum(bare.count(one) for one in "[{") - sum(bare.count(one) for one in "]}")


def _names(text: str) -> Path_:
    return tuple(a or b or c for a, b, c in _PART.findall(text))


def _parts(key: str) -> Path_:
    return tuple(one for one in re.split(r"[.\[\]]", key) if one)


def line_of_error(error: tomllib.TOMLDecodeError) -> int:
    """The line that the parser itself names."""
    found = _AT_LINE.search(str(error))
    return int(found[1]) if found else 1


def in_pack(folder: Path | None, system_id: str, key: str) -> tuple[str, int | None]:
    """File and line of what the city pack says about a system; the demonstration's half wins."""
    fallback: tuple[str, int | None] = ("systems.toml", None)
    if folder is None:
        return fallback
    for name in ("systems.demo.toml", "systems.toml"):
        file = folder / name
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        entries = tomllib.loads(text).get("system", [])
        places = [place for place, one in enumerate(entries) if one.get("id") == system_id]
        if not places:
            continue
        line = Lines(text).of(f"system[{places[-1]}].{key}")
        if key.partition(".")[0] in entries[places[-1]]:
            return name, line
        if fallback[1] is None:
            fallback = name, line
    return fallback
