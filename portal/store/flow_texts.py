"""The flows of a city pack (``flows.toml``): states and moves of orders and findings, as data.

Whether they make sense is for ``portal.affairs.workflow`` to say; here is only their shape.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Word = Annotated[str, Field(min_length=1, max_length=20)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
FILE = "flows.toml"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StateText(_Data):
    """A state by its word; ``clock``: the limit runs, ``end``: nothing need follow.

    ``waits`` is the kind of actor whose turn it is: in that unit's inbox the thing lies.
    """

    id: Word
    group: Literal["open", "side", "done"]
    link: Literal["接", "派", "办", "督", "评", "报", "宣"]
    waits: str = ""
    clock: bool = False
    end: bool = False


class MoveText(_Data):
    """A move: from where to where, who may, what it needs, what it starts.

    ``to`` left out: the state stays. More than one: an effect of the move decides.
    ``from`` is ``["*"]`` for every open or side state.
    """

    id: Slug
    label: Word
    from_: tuple[Word, ...] = Field(alias="from", min_length=1)
    to: tuple[Word, ...] = ()
    who: tuple[Word, ...] = Field(min_length=1)
    needs: tuple[Slug, ...] = ()
    takes: tuple[Slug, ...] = ()  # may be given, need not
    starts: tuple[Word, ...] = ()


class FlowText(_Data):
    """One flow, whole."""

    id: Slug
    name: Word
    first: Word
    state: tuple[StateText, ...] = Field(min_length=1)
    move: tuple[MoveText, ...] = Field(min_length=1)


def read(folder: Path) -> list[dict[str, Any]]:
    """The file as it stands; a city without one has no flows."""
    file = folder / FILE
    data = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    found: list[dict[str, Any]] = data.get("flow", [])
    return found
