"""The identity provider's signing keys."""

from auth.provider.tables import idp_key
from auth.signing import KeyRing

_ring = KeyRing(idp_key, "auth.provider.keys")

signing_key = _ring.signing_key
rotate = _ring.rotate
published = _ring.published
# A sign-out may come long after the sign-in.
verifying_keys = _ring.verifying_keys
