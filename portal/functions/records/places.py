"""One dwelling, however it is written: an address may begin at the city, the street or the yard."""

import unicodedata
from functools import lru_cache

from portal.store import crypto, divisions

_TAILS = ("居民委员会", "村民委员会", "居委会", "村委会")
_LEAST = 2  # what is left of an address must still say something


@lru_cache(maxsize=4096)
def _names(region_code: str) -> tuple[str, ...]:
    """What a region and those above it are called at the head of an address, the longest first."""
    names: set[str] = set()
    for one in divisions.path(region_code):
        names.add(one.name)
        for tail in _TAILS:
            if one.name.endswith(tail) and len(one.name) > len(tail):
                stem = one.name.removesuffix(tail)
                names.add(stem)
                if tail.startswith("村"):
                    names.add(stem if stem.endswith("村") else f"{stem}村")
    return tuple(sorted(names, key=len, reverse=True))


def plain(region_code: str, text: str) -> str:
    """The address below its community, without blanks and in narrow letters."""
    bare = "".join(unicodedata.normalize("NFKC", text).split())
    left = unicodedata.normalize("NFKC", bare)  # without the blanks letters may join anew
    going = True
    while going:
        going = False
        for name in _names(region_code):
            if left.startswith(name) and len(left) - len(name) >= _LEAST:
                left, going = left.removeprefix(name), True
    return left


def key(region_code: str, text: str) -> str | None:
    """What is the same for every spelling of one dwelling; none where there is no address."""
    left = plain(region_code, text) if text else ""
    return crypto.keyed_hash(f"place|{region_code}|{left}")[:32] if left else None


def forget() -> None:
    """Read the names of the divisions anew."""
    _names.cache_clear()
