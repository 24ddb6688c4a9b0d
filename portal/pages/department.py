"""部门首页: the cases assigned to the department, and the systems it may see."""

from portal.pages.guards import require
from portal.pages.parts import cases, doors


def page() -> None:
    """Draw the page."""
    who = require("home.department")
    cases.card(who)
    doors.wall(who)
