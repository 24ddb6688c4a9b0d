"""What this affair gives to the unified functions: the cases that a look-up may be for."""

from portal.affairs.matters.queries import Case, find_case, open_everywhere

__all__ = ["Case", "find_case", "open_everywhere"]
