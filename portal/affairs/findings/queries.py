"""Reading findings: lists, one of them opened, where it stands and with whom. Always scoped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.findings import desk
from portal.affairs.findings.book import BOOK, flow
from portal.affairs.findings.rules import FindingError
from portal.affairs.findings.tables import finding, finding_photo
from portal.affairs.orders import units
from portal.affairs.workflow import ledger
from portal.affairs.workflow.ledger import Event
from portal.store import clock, divisions
from portal.store.flow_texts import MoveText
from portal.store.scope import scoped

VIEW = "findings.view"
Box = Literal["待本单位办", "在办", "已办结", "全部"]
BOXES: tuple[Box, ...] = ("待本单位办", "在办", "已办结", "全部")
PAGE, MOST_PAGES = 20, 200


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """A finding in a list."""

    id: UUID
    number: str
    source: str
    class_: str
    title: str
    place: str
    region_code: str
    region_name: str
    way: str
    state: str
    group: str
    state_since: datetime
    unit_id: str
    unit_name: str  # with whom it is now
    found_at: datetime
    due_on: date | None
    late: bool
    closed_at: datetime | None
    order_no: str
    version: int
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list."""

    rows: tuple[FindingRow, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many there are, as far as one may turn."""
        return min(MOST_PAGES, max(1, -(-self.total // PAGE)))


@dataclass(frozen=True, kw_only=True)
class PhotoRow:
    """A photo, without its content."""

    id: UUID
    name: str
    size: int
    added_by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One finding, whole."""

    row: FindingRow
    content: str
    reply: str
    finder: str
    lead_unit: str
    help_units: tuple[str, ...]
    photos: tuple[PhotoRow, ...]
    events: tuple[Event, ...]
    moves: tuple[MoveText, ...]


def names_of(connection: Connection, ids: set[str]) -> dict[str, str]:
    """What units are called."""
    return {one.id: one.name for one in units.known(connection, ids).values()}


def row_of(row: Row[Any], names: Mapping[str, str]) -> FindingRow:
    """A row as it is shown."""
    state = flow().states[row.state]
    at_order = row.closed_at is None and not state.waits and row.order_no
    return FindingRow(
        id=row.id,
        number=row.number,
        source=row.source,
        class_=row._mapping["class"],
        title=row.title,
        place=row.place,
        region_code=row.region_code,
        region_name=divisions.full_name(row.region_code),
        way=row.way or "",
        state=row.state,
        group=state.group,
        state_since=row.state_since,
        unit_id=row.unit_id,
        unit_name=f"工单 {row.order_no}" if at_order else names.get(row.unit_id, row.unit_id),
        found_at=row.found_at,
        due_on=row.due_on,
        late=row.closed_at is None
        and row.due_on is not None
        and row.due_on < clock.local(clock.now()).date(),
        closed_at=row.closed_at,
        order_no=row.order_no or "",
        version=row.version,
        simulated=row.simulated is not None,
    )


def _in_box(box: Box, unit_id: str) -> list[ColumnElement[bool]]:
    chosen: dict[Box, list[ColumnElement[bool]]] = {
        "待本单位办": [finding.c.closed_at.is_(None), finding.c.unit_id == unit_id],
        "在办": [finding.c.closed_at.is_(None)],
        "已办结": [finding.c.closed_at.is_not(None)],
        "全部": [],
    }
    return chosen[box]


def listed(
    principal: Principal, box: Box = "全部", *, words: str = "", class_: str = "", page: int = 1
) -> Page:
    """One page of the findings in one's scope or with a seat of one's unit, the newest first."""
    permissions.check(principal, VIEW)
    wanted = _in_box(box, principal.unit.id)
    if class_:
        wanted.append(finding.c["class"] == class_)
    if needle := words.strip():
        wanted.append(
            func.strpos(finding.c.title + "\n" + finding.c.place + "\n" + finding.c.number, needle)
            > 0
        )
    number = min(max(page, 1), MOST_PAGES)
    query = (
        select(finding)
        .where(*wanted)
        .order_by(finding.c.found_at.desc(), finding.c.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    with scoped(principal.reach) as connection:
        total = connection.execute(
            select(func.count()).select_from(finding).where(*wanted)
        ).scalar_one()
        rows = connection.execute(query).all()
        names = names_of(connection, {one.unit_id for one in rows})
    return Page(rows=tuple(row_of(one, names) for one in rows), total=total, page=number)


def counts(principal: Principal) -> dict[Box, int]:
    """How many there are in each box."""
    permissions.check(principal, VIEW)
    each = [
        func.count().filter(*_in_box(box, principal.unit.id)).label(f"n{place}")
        if _in_box(box, principal.unit.id)
        else func.count().label(f"n{place}")
        for place, box in enumerate(BOXES)
    ]
    with scoped(principal.reach) as connection:
        row = connection.execute(select(*each).select_from(finding)).one()
    return dict(zip(BOXES, row, strict=True))


def taken_up(principal: Principal) -> frozenset[str]:
    """The kinds of demand that open findings in one's scope have taken up."""
    permissions.check(principal, VIEW)
    query = select(finding.c.cluster).where(
        finding.c.cluster.is_not(None), finding.c.closed_at.is_(None)
    )
    with scoped(principal.reach) as connection:
        return frozenset(connection.execute(query).scalars())


def version_of(principal: Principal, finding_id: UUID) -> int | None:
    """The version of a finding; ``None`` for one that one does not see."""
    permissions.check(principal, VIEW)
    query = select(finding.c.version).where(finding.c.id == finding_id)
    with scoped(principal.reach) as connection:
        return connection.execute(query).scalar()


def opened(principal: Principal, finding_id: UUID) -> Opened:
    """One finding with everything about it; recorded in the audit."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        row = connection.execute(select(finding).where(finding.c.id == finding_id)).first()
        if row is None:
            raise FindingError(desk.GONE)
        events = ledger.history(connection, BOOK, finding_id)
        photos = connection.execute(
            select(*(finding_photo.c[name] for name in PhotoRow.__dataclass_fields__))
            .where(finding_photo.c.finding_id == finding_id)
            .order_by(finding_photo.c.at, finding_photo.c.id)
        ).all()
        ids = {row.unit_id, row.finder_unit, *row.help_units}
        names = names_of(connection, ids | ({row.lead_unit} if row.lead_unit else set()))
    audit.append(
        action="findings.open",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"number": row.number},
    )
    return Opened(
        row=row_of(row, names),
        content=row.content,
        reply=row.reply or "",
        finder=f"{names.get(row.finder_unit, row.finder_unit)} {row.finder_name}",
        lead_unit=names.get(row.lead_unit, row.lead_unit or "") if row.lead_unit else "",
        help_units=tuple(names.get(one, one) for one in row.help_units),
        photos=tuple(PhotoRow(**one._mapping) for one in photos),
        events=events,
        moves=desk.moves_of(principal, row),
    )
