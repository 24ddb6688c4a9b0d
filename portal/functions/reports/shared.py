"""自组报表 shared by level: who put one together lets others build it, each under their own scope.

What is shared is the choice of measures and rows, never a number. A place has one template of a
name; sharing again under the name replaces it. Whoever may share for a place may also withdraw what
was shared there, so that nothing hangs on a person who has left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, insert, select

from auth import audit, permissions
from auth.principal import Principal
from portal.functions.reports import sketch
from portal.functions.reports.build import VIEW, Reports
from portal.functions.reports.sketch import BadSketch, Sketch
from portal.functions.reports.tables import report_shared
from portal.store import clock, divisions
from portal.store.scope import scoped

SHARE = "reports.share"
MOST = 50
REACHES: Mapping[str, str] = {"level": "本级可见", "below": "本级和下级可见"}
GONE = "没有找到这张共享报表，可能已被撤回，请刷新页面。"


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A template that somebody shared, and whether the reader may withdraw it."""

    id: UUID
    sketch: Sketch
    reaches: str
    place: str
    by_whom: str
    shared_at: datetime
    mine: bool

    @property
    def words(self) -> str:
        """The template in a list to choose from."""
        return f"{self.sketch.name}（{self.place}，{REACHES[self.reaches]}）"


def share(reports: Reports, principal: Principal, made: Sketch, reaches: str) -> UUID:
    """Share it with the own level, or with those below too."""
    region = principal.unit.region_code
    permissions.check(principal, SHARE, region)
    template = sketch.template(made, reports.catalogue)
    if reaches not in REACHES:
        raise BadSketch("没有共享：请选择谁可以看，已选内容已保留。")
    made_id = uuid4()
    with scoped(principal.reach) as connection:
        _make_room(connection, region, template.name)
        connection.execute(
            insert(report_shared).values(
                id=made_id,
                region_code=region,
                name=template.name,
                content=sketch.written(made),
                reaches=reaches,
                login=principal.login,
                by_whom=f"{principal.unit.name} {principal.name}",
                shared_at=clock.now(),
            )
        )
    _tell(principal, "reports.share", template.name, reaches)
    return made_id


def _make_room(connection: Connection, region: str, name: str) -> None:
    """One writer of a place at a time; a place keeps so many and one of a name."""
    row = report_shared.c
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"report_shared {region}"))))
    connection.execute(delete(report_shared).where(row.region_code == region, row.name == name))
    held = select(func.count()).select_from(report_shared).where(row.region_code == region)
    if connection.execute(held).scalar_one() >= MOST:
        raise BadSketch(f"没有共享：本级最多共享 {MOST} 张，请先撤回不用的，已选内容已保留。")


def offered(principal: Principal) -> dict[str, Shared]:
    """The templates shared with the own level, by id; the nearest place first."""
    permissions.check(principal, VIEW)
    row = report_shared.c
    query = select(report_shared).order_by(func.length(row.region_code).desc(), row.name)
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
    may = permissions.allowed(principal, SHARE, principal.unit.region_code)
    found = {}
    for one in rows:
        read = sketch.read(one.name, one.content)
        if read is None:
            continue
        found[str(one.id)] = Shared(
            id=one.id,
            sketch=read,
            reaches=one.reaches,
            place=_place(one.region_code),
            by_whom=one.by_whom,
            shared_at=one.shared_at,
            mine=may and one.region_code == principal.unit.region_code,
        )
    return found


def _place(code: str) -> str:
    found = divisions.find(code)
    return found.name if found else code


def withdraw(principal: Principal, shared_id: str) -> None:
    """Take back what the own level shared."""
    permissions.check(principal, SHARE, principal.unit.region_code)
    try:
        wanted = UUID(shared_id)
    except ValueError:
        raise BadSketch(GONE) from None
    row = report_shared.c
    statement = (
        delete(report_shared)
        .where(row.id == wanted, row.region_code == principal.unit.region_code)
        .returning(row.name)
    )
    with scoped(principal.reach) as connection:
        name = connection.execute(statement).scalar()
    if name is None:
        raise BadSketch(GONE)
    _tell(principal, "reports.unshare", name, "")


def _tell(principal: Principal, action: str, name: str, reaches: str) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"name": name, "reaches": reaches},
    )
