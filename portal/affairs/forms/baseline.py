"""What stood in a file when it went out, so that on its way back only changes count.

It lies in a hidden sheet of the file. Without it a file that lay on a desk for a week would put
every cell back to what it was a week ago, over what a colleague has written meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.affairs.forms.words import Cell, Cells, key
from portal.store import crypto, listings
from portal.store.form_texts import FormText

SHEET = "下载时内容"
_PERSON = 12  # characters that tell whom a row was about, without saying who it is


@dataclass(frozen=True, kw_only=True)
class Was:
    """A cell as it went out."""

    version: int
    value: str


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A whole file as it went out; empty for one that this platform did not write."""

    paper_no: str = ""
    cells: Mapping[str, Was] = field(default_factory=dict)
    persons: Mapping[int, str] = field(default_factory=dict)

    def moved(self, made: FormText, cells: Cells, row: int) -> bool:
        """Whether a row is about somebody else by now than when the file went out."""
        return row in self.persons and self.persons[row] != _person(made, cells, row)


def _person(made: FormText, cells: Cells, row: int) -> str:
    subjects = (cells.get(key(row, one.name), Cell()).subject for one in made.fields)
    subject = next(filter(None, subjects), "")
    return crypto.keyed_hash(f"form-row|{subject}")[:_PERSON] if subject else ""


def page(paper_no: str, made: FormText, cells: Cells, rows: Sequence[int]) -> listings.Page:
    """The hidden sheet: a line for every row (of a summary: for every field)."""

    def was(row: int, name: str) -> str:
        cell = cells.get(key(row, name), Cell())
        return f"{cell.version}|{cell.value}"

    names = [one.name for one in made.fields]
    if made.layout == "名册":
        head: tuple[str, ...] = (paper_no, *names)
        lines = [
            (f"{row}|{_person(made, cells, row)}", *(was(row, name) for name in names))
            for row in rows
        ]
    else:
        head, lines = (paper_no, "0"), [(name, was(0, name)) for name in names]
    return listings.Page(title=SHEET, head=head, rows=lines, hidden=True)


def read(made: FormText, header: Sequence[str], lines: Sequence[Sequence[str]]) -> Baseline:
    """The hidden sheet of a file; what makes no sense in it is as if it were not there."""
    if not header:
        return Baseline()
    cells: dict[str, Was] = {}
    persons: dict[int, str] = {}
    for first, *rest in lines:
        if made.layout != "名册":
            _keep(cells, key(0, first), rest[0] if rest else "")
            continue
        number, _, person = first.partition("|")
        if not number.isdecimal():
            continue
        persons[int(number)] = person
        for name, text in zip(header[1:], rest, strict=False):
            _keep(cells, key(int(number), name), text)
    return Baseline(paper_no=header[0], cells=cells, persons=persons)


def _keep(cells: dict[str, Was], place: str, text: str) -> None:
    version, bar, value = text.partition("|")
    if bar and version.isdecimal():
        cells[place] = Was(version=int(version), value=value)
