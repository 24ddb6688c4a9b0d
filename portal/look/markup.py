"""Small pieces of HTML; every value that goes into one is escaped here and nowhere else."""

from collections.abc import Iterable
from html import escape

# Text that is already safe HTML, made by a function of this room.
Html = str


def tag(name: str, content: Html, **attributes: str) -> Html:
    """An element around safe content; attribute values are escaped (``class_`` is ``class``)."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value, quote=True)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{content}</{name}>"


def text(value: object) -> Html:
    """A value as text."""
    return escape(str(value), quote=True)


def join(pieces: Iterable[Html]) -> Html:
    """Pieces one after the other."""
    return "".join(pieces)
