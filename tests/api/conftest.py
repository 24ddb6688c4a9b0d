"""The doors and the API for every test of this folder."""

from tests.doorway import doorway

__all__ = ["doorway"]
