"""The only writer of findings: writing one down, and every move of the flow by who may make it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, text
from sqlalchemy.exc import IntegrityError

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.findings import papers, photos, rules
from portal.affairs.findings.book import BOOK, SERVICE, flow
from portal.affairs.findings.photos import Photo
from portal.affairs.findings.rules import Asker, FindingError
from portal.affairs.findings.tables import finding, finding_event, finding_photo
from portal.affairs.orders import units
from portal.affairs.workflow import ledger
from portal.affairs.workflow.flow import KEPT, Form
from portal.affairs.workflow.ledger import By, Step
from portal.settings import settings
from portal.store import clock, divisions, region_codes
from portal.store.citypack import pack
from portal.store.finding_texts import OFF
from portal.store.flow_texts import MoveText
from portal.store.scope import acting_as, scoped

__all__ = ["SERVICE", "Draft", "FindingError", "act", "by_platform", "found", "offered"]

RIGHTS = ("hand", "report", "judge", "dispatch", "handle")
GONE = f"没有找到这件问题，可能不在本岗位的管辖范围，{KEPT}"
Then = Literal["", "keep", "report"]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A finding as it is written down."""

    form_no: str  # of the form: sent twice, it is one finding
    class_: str
    title: str
    content: str
    place: str
    region_code: str = ""  # of the community; empty: the own one
    source: str = "社区发现"
    grid_code: str = ""
    lng: float | None = None
    lat: float | None = None
    cluster: str = ""
    photos: Sequence[Photo] = ()
    then: Then = ""  # what the community does with it at once
    reason: str = ""


def begun() -> str:
    """A number for a form that is begun."""
    return uuid4().hex


def asker(principal: Principal) -> Asker:
    """Who acts, as the rules see it."""
    rights = {one for one in RIGHTS if permissions.allowed(principal, f"findings.{one}")}
    return Asker(
        unit_id=principal.unit.id,
        level=principal.unit.level,
        prefixes=principal.prefixes,
        rights=frozenset(rights),
    )


def _by(principal: Principal, kinds: frozenset[str]) -> By:
    return By(
        login=principal.login,
        name=principal.name,
        unit_id=principal.unit.id,
        unit_name=principal.unit.name,
        kinds=kinds,
    )


# -- writing one down -----------------------------------------------------------------------------


def found(principal: Principal, draft: Draft) -> UUID:
    """Write a finding down; who may only hand one in leaves it to the community to look at."""
    permissions.check(principal, "findings.hand")
    place = _place(principal, draft)
    row = _row(principal, draft, place)
    made = photos.rows(draft.photos, 0)
    if draft.then:
        permissions.check(principal, "findings.report")
    with scoped(principal.reach) as connection:
        with acting_as(connection, SERVICE.actor):
            finding_id = _store(connection, row, made)
            if finding_id is None:
                return _known(connection, row)
            _note(connection, principal, row)
            papers.arrived(connection, flow(), row)
        if draft.then:
            _turn(connection, principal, finding_id, draft.then, {"reason": draft.reason}, 1)
    audit.append(
        action="findings.found",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=place,
        detail={"number": row["number"], "source": row["source"]},
    )
    return finding_id


def _place(principal: Principal, draft: Draft) -> str:
    code = draft.region_code or principal.unit.region_code
    known = divisions.find(code)
    if known is None or len(known.code) != region_codes.COMMUNITY:
        raise FindingError(f"请选择问题所在的社区（村），没有保存，{KEPT}")
    if not principal.reach.covers(known.code):
        raise FindingError(f"{known.name}不在本岗位的管辖范围，没有保存，{KEPT}")
    today = clock.local(clock.now()).date()
    if rules.stage_at(known.code, today, pack().findings) == OFF:
        raise FindingError(f"{known.name}尚未开展未诉先办，没有保存。急办事项请按工单登记，{KEPT}")
    return known.code


def _row(principal: Principal, draft: Draft, place: str) -> dict[str, Any]:
    words = {name: getattr(draft, name).strip() for name in ("title", "content", "place")}
    texts, now = pack().findings, clock.now()
    rules.check_words(words["title"], words["content"], words["place"], draft.class_, texts)
    if draft.source not in rules.SOURCES:
        raise FindingError(f"“来源”须为{'、'.join(rules.SOURCES)}之一，没有保存，{KEPT}")
    if draft.grid_code and not draft.grid_code.startswith(place):
        raise FindingError(f"网格 {draft.grid_code} 不在所选社区（村）内，没有保存，{KEPT}")
    own = units.desk_of(place, "community")
    return {
        "id": uuid4(),
        "source": draft.source,
        "form_no": draft.form_no,
        "cluster": draft.cluster or None,
        "class": draft.class_,
        **words,
        "lng": draft.lng,
        "lat": draft.lat,
        "region_code": place,
        "grid_code": draft.grid_code or None,
        "stage": rules.stage_at(place, clock.local(now).date(), texts),
        "finder_unit": own,
        "finder_name": principal.name,
        "unit_id": own,
        "seat_units": [own],
        "due_on": None,
        "state": rules.FIRST,
        "state_since": now,
        "found_at": now,
        "simulated": None if settings().production else "demo",
    }


_NUMBER = text("SELECT nextval('finding_number')")


def _store(
    connection: Connection, row: dict[str, Any], made: Sequence[dict[str, Any]]
) -> UUID | None:
    if units.find(connection, row["unit_id"]) is None:
        raise FindingError(f"问题所在的社区（村）没有设立单位或已停用，没有保存，{KEPT}")
    here = clock.local(row["found_at"])
    row["number"] = f"WS{here:%Y%m%d}{connection.execute(_NUMBER).scalar_one():06d}"
    finding_id: UUID = row["id"]
    try:
        with connection.begin_nested():
            connection.execute(insert(finding).values(**row))
    except IntegrityError:
        return None
    if made:
        about = {"finding_id": finding_id, "added_by": row["finder_name"], "at": row["found_at"]}
        connection.execute(insert(finding_photo), [{**one, **about} for one in made])
    return finding_id


def _known(connection: Connection, row: dict[str, Any]) -> UUID:
    """The same form again is the same finding; the same kind of demand is taken up already."""
    query = select(finding.c.id).where(finding.c.form_no == row["form_no"])
    same: UUID | None = connection.execute(query).scalar()
    if same is not None:
        return same
    query = select(finding.c.number).where(
        finding.c.cluster == row["cluster"], finding.c.closed_at.is_(None)
    )
    other = connection.execute(query).scalar() or "另一件问题"
    raise FindingError(f"这一类诉求已作为 {other} 上报，正在办理，没有重复保存，{KEPT}")


def _note(connection: Connection, principal: Principal, row: dict[str, Any]) -> None:
    connection.execute(
        insert(finding_event).values(
            finding_id=row["id"], at=row["found_at"], move="found", from_state="",
            to_state=row["state"], unit_id=principal.unit.id, unit_name=principal.unit.name,
            actor=principal.login, actor_name=principal.name, words=f"发现问题（{row['source']}）",
            detail={"version": 1},
        )
    )  # fmt: skip


# -- moving it ------------------------------------------------------------------------------------


def act(
    principal: Principal,
    finding_id: UUID,
    move: str,
    form: Form | None = None,
    version: int | None = None,
) -> None:
    """Make one move of a finding that one may see; ``ChangedError`` when somebody was faster."""
    permissions.check(principal, "findings.view")
    with scoped(principal.reach) as connection:
        _seen(connection, finding_id)
        _turn(connection, principal, finding_id, move, form or {}, version)


def turn(
    connection: Connection, principal: Principal, finding_id: UUID, move: str, form: Form
) -> Step:
    """The same within a transaction of the caller's: what a meeting decides."""
    _seen(connection, finding_id)
    return _turn(connection, principal, finding_id, move, form, None)


def _turn(
    connection: Connection, principal: Principal, finding_id: UUID, move: str, form: Form,
    version: int | None,
) -> Step:  # fmt: skip
    who = asker(principal)
    return ledger.turn(
        connection, BOOK, finding_id, move, form,
        version=version, by=lambda row: _by(principal, rules.kinds(who, row)),
    )  # fmt: skip


def _seen(connection: Connection, finding_id: UUID) -> Row[Any]:
    row = connection.execute(select(finding).where(finding.c.id == finding_id)).first()
    if row is None:
        raise FindingError(GONE)
    return row


def by_platform(finding_id: UUID, move: str, form: Form) -> None:
    """A move that the platform itself makes, where the flow lets it."""
    by = By(login=SERVICE.actor, name="平台", unit_id=None, unit_name=None,
            kinds=frozenset({rules.PLATFORM}))  # fmt: skip
    with scoped(SERVICE) as connection:
        ledger.turn(connection, BOOK, finding_id, move, form, version=None, by=lambda row: by)


def offered(principal: Principal, finding_id: UUID) -> tuple[MoveText, ...]:
    """The moves that one could make now; none for what one does not see."""
    with scoped(principal.reach) as connection:
        row = connection.execute(select(finding).where(finding.c.id == finding_id)).first()
    return moves_of(principal, row) if row is not None else ()


def moves_of(principal: Principal, row: Row[Any]) -> tuple[MoveText, ...]:
    """The moves that a state of a finding allows to somebody."""
    return flow().offered(row.state, rules.kinds(asker(principal), row))
