"""Rights, asked anew at every way into a page: the page, its fragments, callbacks, downloads.

A callback runs before the entry script and a fragment without it, so neither may rely on what an
earlier run allowed. The functions behind the pages check once more; the page is never the guard.

Only what the entry script itself runs shares its answer to "who is asking": asking the database
anew for each part of one page cost a third of a click.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Concatenate, NoReturn, ParamSpec

import streamlit as st

from auth import oidc, permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal.look import notice

P = ParamSpec("P")

SIGNED_OUT = "登录已失效。页面上已保存的内容不受影响，请刷新页面重新登录。"


_asking: ContextVar[Principal | None] = ContextVar("asking", default=None)


@contextmanager
def acting(who: Principal) -> Iterator[None]:
    """While the entry script draws a page: who it has just found to be asking.

    Callbacks have run before it and a fragment's own run begins outside it, so both ask anew.
    """
    token = _asking.set(who)
    try:
        yield
    finally:
        _asking.reset(token)


def _principal() -> Principal | None:
    return _asking.get() or oidc.principal_from_run()


def stop() -> NoReturn:
    """End this run here."""
    st.stop()
    raise AssertionError("unreachable: st.stop raises")


def require(permission: str, *also: str) -> Principal:
    """Who is asking, if they may (any of ``also`` will do); else say why not and end the run."""
    who = _principal()
    if who is None:
        notice.refusal(SIGNED_OUT)
        stop()
    if any(permissions.allowed(who, one) for one in also):
        return who
    try:
        permissions.check(who, permission)
    except Denied as refusal:
        notice.refusal(refusal.message)
        stop()
    return who


def guarded(
    permission: str | None,
) -> Callable[[Callable[Concatenate[Principal, P], None]], Callable[P, None]]:
    """For callbacks, fragments, dialogs and downloads: the function is given a fresh principal.

    A refusal, the function's own included, is shown in its place and nothing of it runs. Without a
    permission (``None``) being signed in is enough.
    """

    def around(function: Callable[Concatenate[Principal, P], None]) -> Callable[P, None]:
        @wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> None:
            who = _principal()
            if who is None:
                notice.refusal(SIGNED_OUT)
                return
            try:
                if permission is not None:
                    permissions.check(who, permission)
                function(who, *args, **kwargs)
            except Denied as refusal:
                notice.refusal(refusal.message)

        return inside

    return around
