"""The package's data files, read once."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


@lru_cache(maxsize=4)
def material(name: str) -> dict[str, Any]:
    """One of the TOML files in ``sandbox/data``."""
    return tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))
