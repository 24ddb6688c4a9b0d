"""未诉先办 in a bulletin: what was found and how it was solved, from the measures alone."""

from sqlalchemy import Connection

from portal.affairs.findings import rules, tally
from portal.affairs.rates import figures
from portal.affairs.rates.paperwork import Grid, Part
from portal.affairs.rates.spans import Days


def parts(connection: Connection, code: str, days: Days) -> list[Part]:
    """The part of a place where something was found or is still open; elsewhere none."""
    flows = figures.numbers(connection, [tally.FOUND, tally.SOLVED], code, days)
    found, solved = (flows.get(one, 0) for one in (tally.FOUND, tally.SOLVED))
    held = figures.standing_at(connection, [tally.OPEN], [code], days.ends)
    open_ = held.get((tally.OPEN, code), 0)
    if not (found or solved or open_):
        return []
    ways = figures.parts(connection, tally.WAY, code, days)
    by_way = tuple((one, ways.get(one, 0)) for one in rules.WAYS)
    return [
        Part(
            heading="未诉先办",
            lines=(f"主动发现问题{found:,}件，其中已解决{solved:,}件；期末在办{open_:,}件。",),
            grid=Grid(
                heads=("办理方式", "解决件数"),
                rows=(*by_way, ("合计", solved)),
            ),
            notes=("按发现日期统计；待核实和经核实不成立的不计入发现数",),
        )
    ]
