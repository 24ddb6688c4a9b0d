"""One module per simulated system; each declares one ``SYSTEM``, and all are found here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from sandbox.kit.declared import Simulated

FIELDS = ("party", "governance", "service")


def declared() -> Iterator[Simulated]:
    """Every declared system, field by field."""
    for field in FIELDS:
        package = import_module(f"sandbox.systems.{field}")
        for found in sorted(iter_modules(package.__path__), key=lambda one: one.name):
            yield import_module(f"{package.__name__}.{found.name}").SYSTEM
