"""What a tab remembers between its runs, under the post it was fetched in.

Nothing here opens a door: rights are asked again before anything remembered is drawn. Switching
the post or signing out forgets all of it.
"""

from typing import Any

import streamlit as st

from auth.principal import Principal

_PREFIX = "remembered."


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


def forget() -> None:
    """Forget everything."""
    for key in [one for one in st.session_state if str(one).startswith(_PREFIX)]:
        del st.session_state[key]
