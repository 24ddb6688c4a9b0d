"""What the connected systems hold, given by whoever plugs the affair in; and the affair's name."""

import json
from collections.abc import Callable

from portal.affairs.forms.words import Cell, Cells, Held
from portal.store import clock, crypto
from portal.store.scope import Reach

SERVICE = Reach(prefixes=(), unit_id=None, actor="service:forms")
_held: Callable[[], Held] = Held


def comes_from(give: Callable[[], Held]) -> None:
    """Let what systems hold be asked there; systems are joined and left while we run."""
    global _held  # noqa: PLW0603 - plugged in once, by the composition root
    _held = give


def now() -> Held:
    """What the systems hold."""
    return _held()


def today_text() -> str:
    """The day, as a cell holds it."""
    return clock.local(clock.now()).date().isoformat()


def seal(cells: Cells) -> str:
    """The cells as one encrypted text: lists hold persons."""
    packed = {name: one.packed() for name, one in cells.items()}
    return crypto.encrypt(json.dumps(packed, ensure_ascii=False, separators=(",", ":")))


def unseal(payload: str) -> Cells:
    """The cells of an answer."""
    if not payload:
        return {}
    return {name: Cell(**one) for name, one in json.loads(crypto.decrypt(payload)).items()}
