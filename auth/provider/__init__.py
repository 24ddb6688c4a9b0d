"""The embedded identity provider: OpenID Connect for the one-command default and the tests.

It refuses to start beside a real issuer. Everything it knows is in the database, so any process of
the portal answers the next request and a restart loses nothing. It keeps no browser session: each
sign-in asks for the password.
"""

from auth.provider.credentials import (
    UnknownLoginError,
    reset_second_factor,
    set_password,
    unlock,
)
from auth.provider.deps import (
    Branding,
    Demo,
    DemoAccount,
    Deps,
    LevelBadge,
    ProviderRefusedError,
)
from auth.provider.keys import rotate as rotate_key
from auth.provider.passwords import WeakPasswordError
from auth.provider.web import routes

__all__ = [
    "Branding",
    "Demo",
    "DemoAccount",
    "Deps",
    "LevelBadge",
    "ProviderRefusedError",
    "UnknownLoginError",
    "WeakPasswordError",
    "reset_second_factor",
    "rotate_key",
    "routes",
    "set_password",
    "unlock",
]
