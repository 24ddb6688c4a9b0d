"""Who may be asked which unit a demand belongs to: the words between the desk and its adviser.

The adviser is another room; without one (a city that has no lists) the desk dispatches by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from auth.principal import Principal


class Offered(Protocol):
    """A unit as it is suggested, with the reasons."""

    @property
    def unit_id(self) -> str: ...
    @property
    def unit_name(self) -> str: ...
    @property
    def reasons(self) -> Sequence[str]: ...
    @property
    def helpers(self) -> Sequence[tuple[str, str]]: ...


class Advice(Protocol):
    """What is suggested for a demand; nothing offered is an answer too, and the notes say why."""

    @property
    def class_name(self) -> str: ...
    @property
    def offered(self) -> Sequence[Offered]: ...
    @property
    def notes(self) -> Sequence[str]: ...


@dataclass(frozen=True, kw_only=True)
class Adviser:
    """Both halves of it, and the names of the classes."""

    suggest: Callable[[Principal, UUID], Advice]
    dispatch: Callable[..., None]
    class_names: Callable[[Principal], dict[str, str]] = lambda _: {}
