"""Changes of divisions as the operator makes them, and what follows from one for the units.

``divisions change`` puts a decision on file; on its day the places, the numbers, the rows about who
lives where and the scope of the posts follow (``division_changes``). Each new place gets its unit
here, before the desks of the old one move.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from auth import audit, posts
from portal.functions import city
from portal.store import clock, division_changes, division_effect, divisions
from portal.store.division_effect import Done
from portal.store.division_rules import ChangeFile, Place

OPERATOR = "operator"


def plan(file: ChangeFile) -> list[str]:
    """What a change would do, in words; refused as a whole when it is impossible."""
    if wrong := division_changes.check(file):
        raise division_changes.CannotChange(wrong)
    return [division_changes.words(step) for step in file.step]


def register(file: ChangeFile) -> tuple[str, list[Done]]:
    """Put a change on file, and let it take effect if its day has come."""
    number = division_changes.register(file, OPERATOR)
    _audit("divisions.register", {"change": number, "document": file.document})
    return number, turn()


def withdraw(number: str) -> None:
    """Take back a change that has not taken effect."""
    division_changes.withdraw(number)
    _audit("divisions.withdraw", {"change": number})


def turn() -> list[Done]:
    """Let due changes take effect; read the places anew when another process has done it."""
    _units(division_changes.new_places(_today()))
    done = division_effect.apply_due(_today())
    for one in done:
        _units(Place(code=code, name=place.name) for code in one.renamed
               if (place := divisions.find(code)))  # fmt: skip
        _audit(
            "divisions.apply",
            {"change": one.change, "moved": str(one.moved), "rebooked": str(one.rebooked)},
        )
    divisions.follow()
    return done


def _today() -> date:
    return clock.local(clock.now()).date()


def _units(places: Iterable[Place]) -> None:
    """The government or committee of each place."""
    levels = {6: "district", 9: "street", 12: "community"}
    posts.put_units(
        [
            {
                "id": f"{'com' if len(one.code) == 12 else 'gov'}-{one.code}",
                "name": city.everyday(one.name) if len(one.code) == 12 else one.name,
                "kind": "community" if len(one.code) == 12 else "government",
                "level": levels[len(one.code)],
                "region_code": one.code,
                "line": None,
            }
            for one in places
        ]
    )


def _audit(action: str, detail: dict[str, str]) -> None:
    audit.append(action=action, actor=OPERATOR, detail=detail)


def states() -> Sequence[division_changes.Registered]:
    """Every change on file."""
    return division_changes.on_file()
