"""All simulated systems: one module each, with one ``SYSTEM``, and all are found here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from sandbox.kit.declared import Simulated
from sandbox.kit.handmade import Handmade

FIELDS = ("party", "governance", "service")


def catalogue() -> Iterator[Simulated | Handmade]:
    """Every system, field by field."""
    for field in FIELDS:
        package = import_module(f"sandbox.systems.{field}")
        for found in sorted(iter_modules(package.__path__), key=lambda one: one.name):
            yield import_module(f"{package.__name__}.{found.name}").SYSTEM


def declared() -> Iterator[Simulated]:
    """Those that the kit serves."""
    return (one for one in catalogue() if isinstance(one, Simulated))


def references() -> tuple[str, ...]:
    """Everything that callers have to show, by the reference that the city pack uses."""
    return tuple(sorted({name for one in catalogue() for name in one.credentials}))
