"""Reading manifests: what is wrong with one is said with file, line, key and reason."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from portal.connectors.checks import Finding, findings
from portal.connectors.lines import Lines, line_of_error
from portal.connectors.manifest import Manifest

SYSTEMS = Path(__file__).parent / "systems"

_adapter: TypeAdapter[Manifest] = TypeAdapter(Manifest)
_KINDS = ("ViewCall", "FunctionCall")
_OWN_KEYS = (("ViewCall", "view"), ("FunctionCall", "function"))
_TRANSPORTS = frozenset({"rest", "soap", "database", "files", "jump"})


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One thing for which a system was left out at the start, while the others went on."""

    system_id: str
    file: str
    line: int | None
    key: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}：第 {self.line} 行" if self.line else self.file
        return f"{where}：{self.key}：{self.reason}"


class ManifestError(ValueError):
    """A manifest cannot be used; every line names the file, the line and the key."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("\n".join(map(str, self.refusals)))

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The keys with the reasons."""
        return tuple((one.key, one.reason) for one in self.refusals)


def _refused(file: Path, problems: Sequence[Finding], lines: Callable[[str], int]) -> ManifestError:
    return ManifestError(
        [
            Refusal(system_id=file.stem, file=file.name, line=lines(key), key=key, reason=reason)
            for key, reason in problems
        ]
    )


def read_manifest(file: Path) -> Manifest:
    """Read and check one manifest."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _refused(file, [("TOML", "文件不是 UTF-8 编码")], lambda _key: 1) from error
    return _checked(file, text)


# A manifest is frozen, so one text of a file is checked once; a refusal is raised and not kept.
@lru_cache(maxsize=256)
def _checked(file: Path, text: str) -> Manifest:
    try:
        manifest = _adapter.validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        problem = ("TOML", f"文件读不懂：{error}")
        line = line_of_error(error)
        raise _refused(file, [problem], lambda _key: line) from error
    except ValidationError as error:
        problems = [(_key(one["loc"]), _in_chinese(one)) for one in _meant(error.errors())]
        raise _refused(file, problems, Lines(text).of) from None
    problems = list(findings(manifest))
    if manifest.id != file.stem:
        problems.append(("id", f"“{manifest.id}”与文件名不一致"))
    if manifest.field != file.parent.name:
        problems.append(("field", f"“{manifest.field}”与所在文件夹不一致"))
    if problems:
        raise _refused(file, problems, Lines(text).of)
    return manifest


def survey(folder: Path = SYSTEMS) -> tuple[dict[str, Manifest], list[Refusal]]:
    """Every manifest below a folder that can be used, and why the others cannot."""
    found: dict[str, Manifest] = {}
    refused: list[Refusal] = []
    for file in sorted(folder.glob("*/*.toml")):
        try:
            manifest = read_manifest(file)
            if manifest.id in found:
                problem = ("id", f"“{manifest.id}”已被另一个清单使用")
                raise _refused(file, [problem], Lines(file.read_text(encoding="utf-8")).of)
        except ManifestError as error:
            refused += error.refusals
        else:
            found[manifest.id] = manifest
    return found, refused


def read_manifests(folder: Path = SYSTEMS) -> dict[str, Manifest]:
    """Every manifest below a folder; raises when one of them cannot be used."""
    found, refused = survey(folder)
    if refused:
        raise ManifestError(refused)
    return found


def _meant(errors: Sequence[Any]) -> list[Any]:
    """A database's call is a view or a function: what it is not need not be complained about."""
    lacking = {
        one["loc"][:-1]
        for one in errors
        if one["type"] == "missing" and one["loc"][-2:] in _OWN_KEYS
    }
    both = {call[:-1] for call in lacking if {(*call[:-1], kind) for kind in _KINDS} <= lacking}
    return [
        one
        for one in errors
        if not any(
            one["loc"][: len(call)] == call and (call[:-1] not in both or call[-1] != _KINDS[0])
            for call in lacking
        )
    ]


def _key(location: tuple[int | str, ...]) -> str:
    """The key as it stands in the file; the first part is the transport pydantic chose by."""
    parts = location[1:] if location and location[0] in _TRANSPORTS else location
    parts = tuple(part for part in parts if part not in _KINDS)
    return ".".join(str(part) for part in parts) or "transport"


def _in_chinese(error: Any) -> str:
    known = {"extra_forbidden": "不认识的键", "missing": "缺少这个键"}
    return known.get(error["type"]) or f"值不合要求（{error['msg']}）"
