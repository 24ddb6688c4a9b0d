"""The API before the small second city, and the grounds on which the systems stand."""

from tests.connectors.conftest import recorded, sandbox
from tests.doorway import doorway

__all__ = ["doorway", "recorded", "sandbox"]
