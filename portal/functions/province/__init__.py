"""The exchange with the provincial 一表通: forms are fetched, what was left for it is sent."""

from portal.functions.province.post import drain
from portal.functions.province.pull import pull

__all__ = ["drain", "pull"]
