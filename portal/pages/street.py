"""乡镇（街道）级首页: the desk of a street, with its communities and villages beside it."""

from portal.pages.guards import require
from portal.pages.parts import home


def page() -> None:
    """Draw the page."""
    who = require("home.street")
    home.work(who, "所辖社区（村）")
