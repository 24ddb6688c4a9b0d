"""The ``[applications]`` table of a manifest: which matters a system takes in, and how far one is.

The requests stand under ``calls``: ``apply`` hands one in, ``progress`` asks for the one of
``{number}``. The lines of an application reach ``apply`` through ``{form_<name>}``.
"""

from __future__ import annotations

from pydantic import Field

from portal.connectors.parts import Part, Slug, Value


class ApplicationSection(Part):
    """``matters`` maps our matters to the system's codes; ``number`` is over the whole answer of
    ``apply``; ``state`` and ``words`` are over a row of ``progress``."""

    matters: dict[Slug, str] = Field(min_length=1)
    lines: tuple[Slug, ...] = Field(min_length=1)
    number: Value
    state: Value
    words: Value | None = None
    finished: tuple[str, ...] = ()  # in our words
