"""The provincial 一表通: a source of forms and the place where answers go back to.

It is none of the joined systems: nobody asks it about a person, and it answers for nobody's record.
"""

from portal.connectors.province.client import Province, open_province

__all__ = ["Province", "open_province"]
