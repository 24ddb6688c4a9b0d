"""社区（村）首页: find a resident, open a case, see whether the systems answer."""

from portal.pages.guards import require
from portal.pages.parts import home


def page() -> None:
    """Draw the page."""
    who = require("home.community")
    home.work(who, "本社区（村）概况")
