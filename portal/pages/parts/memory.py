"""What a tab remembers between its runs, under the post it was fetched in.

Nothing here opens a door: rights are asked again before anything remembered is drawn. Switching
the post or signing out forgets all of it.
"""

from typing import Any

import streamlit as st

from auth.principal import Principal

_PREFIX = "remembered."
_VISIT = "visit"


def _key(who: Principal, name: str) -> str:
    return f"{_PREFIX}{who.session_id[:16]}.{who.post_id}.{name}"


def recall(who: Principal, name: str) -> Any:
    """What was remembered under that name in this post, or ``None``."""
    return st.session_state.get(_key(who, name))


def keep(who: Principal, name: str, value: object) -> None:
    """Remember; ``None`` forgets."""
    if value is None:
        st.session_state.pop(_key(who, name), None)
    else:
        st.session_state[_key(who, name)] = value


def arrive(address: str) -> None:
    """A run of the whole page at that address: another one than before is another visit."""
    at, number = st.session_state.get(_VISIT, ("", 0))
    if at != address:
        st.session_state[_VISIT] = (address, number + 1)


def visit() -> int:
    """The visit of a page that goes on: what stands on it is to stay while it does."""
    number: int = st.session_state.get(_VISIT, ("", 0))[1]
    return number


def forget() -> None:
    """Forget everything."""
    for key in [one for one in st.session_state if str(one).startswith(_PREFIX)]:
        del st.session_state[key]
