"""The city pack: everything that makes this city this city, read from one folder of data.

Another city is another folder. Its files:

- ``pack.toml`` names and texts, ``roles.toml`` what each role may do;
- ``systems.toml`` which systems are joined and how far, ``resources.toml`` what they share;
- ``matters.toml`` what residents come for, ``reports.toml`` and ``reports/`` the reports;
- ``flows.toml`` and ``orders.toml`` how demands are handled;
- ``dispatch.toml`` how they are dispatched, urged and evaluated;
- ``findings.toml`` where 未诉先办 is run, and how;
- ``forms.toml`` and ``forms/`` how 一表通 is run, and its first forms;
- ``province.toml`` where forms of the province come from, and what its codes mean here;
- ``schemes.toml`` how units are evaluated;
- ``messages.toml`` what may leave for a phone and how people are reminded;
- ``holidays.toml`` the days off, ``divisions.csv`` and ``districts.geojson`` the places;
- ``demo.toml`` (with ``systems.demo.toml``, ``province.demo.toml``) what only a demonstration uses.
"""

import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from portal.settings import settings
from portal.store import (
    briefing_texts,
    dispatch_texts,
    finding_texts,
    flow_texts,
    form_texts,
    intake_texts,
    matter_texts,
    message_texts,
    order_texts,
    province_texts,
    reply_texts,
    report_texts,
    resource_texts,
    scheme_texts,
    site_texts,
    standing_texts,
)
from portal.store.briefing_texts import BriefingTexts
from portal.store.dispatch_texts import DispatchTexts
from portal.store.finding_texts import FindingTexts
from portal.store.flow_texts import FlowText
from portal.store.form_texts import FormTexts
from portal.store.intake_texts import IntakeTexts
from portal.store.lookup_texts import BulkUse
from portal.store.matter_texts import MatterTexts
from portal.store.message_texts import MessageTexts
from portal.store.order_texts import OrderTexts
from portal.store.province_texts import ProvinceTexts
from portal.store.reply_texts import ReplyText
from portal.store.report_texts import ReportColumn as ReportColumn
from portal.store.report_texts import ReportTemplate as ReportTemplate
from portal.store.report_texts import ReportTexts
from portal.store.resource_texts import ResourceTexts
from portal.store.scheme_texts import SchemeTexts
from portal.store.site_texts import SystemSite as SystemSite
from portal.store.site_texts import UnreadSite as UnreadSite
from portal.store.standing_texts import StandingTexts
from portal.store.work_texts import CorrectionTexts, HolidayYear, NoticeTexts, VerificationTexts


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UnifiedFunction(_Data):
    """One of the five unified functions under the name this city gives it."""

    id: str
    name: str
    about: str


class FieldText(_Data):
    """A field that systems belong to, under this city's name for it."""

    id: Literal["party", "governance", "service"]
    name: str


class PurposeText(_Data):
    """A purpose a clerk may choose for a look-up outside a case."""

    id: str
    name: str
    legal_basis: str


class LevelText(_Data):
    """A level of the hierarchy: its word on the badge and the word for its units."""

    id: Literal["city", "district", "street", "community"]
    name: str
    units: str


Place = Literal["city", "district", "street", "community", "department"]
Duty = Literal["", "system", "security", "audit"]


class RoleText(_Data):
    """A role: what it may do, which fields it may read for which purposes.

    ``places`` are the kinds of unit it belongs in, ``grantable_by`` those whose administrators may
    give it; ``duty`` marks the three administrators, whom one person may never be two of.
    """

    id: str
    name: str
    permissions: tuple[str, ...]
    systems: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    second_factor: bool = False
    places: tuple[Place, ...] = ()
    grantable_by: tuple[Place, ...] = ()
    duty: Duty = ""


class DemoPost(_Data):
    """A post of a demonstration account."""

    unit: str
    title: str
    roles: tuple[str, ...]
    prefixes: tuple[str, ...]


class DemoAccount(_Data):
    """An account that only a demonstration has."""

    login: str
    name: str
    phone: str = ""  # made up; the simulated channels show what it would get
    posts: tuple[DemoPost, ...]


class DemoVacancy(DemoPost):
    """A post of the demonstration that nobody holds."""

    id: str


class DemoDepartment(_Data):
    """A department as a unit; government units and communities come from the divisions."""

    id: str
    name: str
    level: str
    region_code: str
    line: str


class Demo(_Data):
    """What only a demonstration uses."""

    password: str
    focus: tuple[str, ...] = ()
    retired_codes: dict[str, str] = {}
    accounts: tuple[DemoAccount, ...] = ()
    vacancies: tuple[DemoVacancy, ...] = ()
    case_matters: dict[str, int] = {}  # matter -> least age of who applies


class CityPack(_Data):
    """One city, whole."""

    folder: Path
    id: str
    name: str
    platform_name: str
    region_code: str
    default_note: str
    support_unit: str = ""  # who answers feedback
    support: str = "本单位管理员"  # whom a person asks for help, in words
    # For how long a system may fail before an alarm, unless its own entry says otherwise.
    down_minutes: int = Field(default=30, ge=1, le=7 * 24 * 60)
    retired_codes: dict[str, str] = {}
    levels: tuple[LevelText, ...]
    functions: tuple[UnifiedFunction, ...]
    fields: tuple[FieldText, ...] = ()
    purposes: tuple[PurposeText, ...]
    case_purpose: PurposeText
    unmask_reasons: tuple[str, ...]
    link_warn_days: int = 14  # how long before its end an account over there is spoken of
    departments: tuple[DemoDepartment, ...] = ()
    roles: tuple[RoleText, ...]
    systems: tuple[SystemSite, ...]
    unread_systems: tuple[UnreadSite, ...] = ()
    reporting: ReportTexts = ReportTexts()
    holidays: tuple[HolidayYear, ...] = ()
    corrections: CorrectionTexts
    verification: VerificationTexts
    notices: NoticeTexts = NoticeTexts()
    messages: MessageTexts = MessageTexts()
    authorisation_days: int  # how long a family's authorisation may be valid
    bulk_use: BulkUse = BulkUse()
    matters: MatterTexts = MatterTexts()
    resources: ResourceTexts = ResourceTexts()
    evaluation: SchemeTexts = SchemeTexts()
    flows: tuple[FlowText, ...] = ()
    orders: OrderTexts = OrderTexts()
    dispatch: DispatchTexts = DispatchTexts()
    intake: IntakeTexts = IntakeTexts()
    findings: FindingTexts = FindingTexts()
    forms: FormTexts = FormTexts()
    province: ProvinceTexts = ProvinceTexts()
    replies: tuple[ReplyText, ...] = ()
    briefing: BriefingTexts = BriefingTexts()
    standing: StandingTexts = StandingTexts()
    demo: Demo | None = None

    def flow(self, flow_id: str) -> FlowText | None:
        """The flow of that id, if this city has it."""
        return next((one for one in self.flows if one.id == flow_id), None)

    @property
    def reports(self) -> tuple[ReportTemplate, ...]:
        """The report templates that can be used."""
        return self.reporting.templates

    def role(self, role_id: str) -> RoleText | None:
        """The role of that id, if this city has it."""
        return next((role for role in self.roles if role.id == role_id), None)

    def level(self, level_id: str) -> LevelText:
        """The level of that id."""
        return next(level for level in self.levels if level.id == level_id)

    def map_features(self) -> list[dict[str, Any]]:
        """The district polygons as GeoJSON features (empty when the pack brings no map)."""
        file = self.folder / "districts.geojson"
        if not file.exists():
            return []
        features: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["features"]
        return features


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def read_pack(folder: Path, *, production: bool = False) -> CityPack:
    """Read and check a city pack; in production its demonstration half stays unread."""
    data = _toml(folder / "pack.toml")
    demo = None if production else _toml(folder / "demo.toml") or None
    systems, unread = site_texts.read(folder, production=production)
    return CityPack.model_validate(
        {
            **data,
            "folder": folder,
            "roles": _toml(folder / "roles.toml").get("role", []),
            "systems": systems,
            "unread_systems": unread,
            "reporting": report_texts.read(folder),
            "holidays": _toml(folder / "holidays.toml").get("year", []),
            "matters": matter_texts.read(folder),
            "resources": resource_texts.read(folder),
            "messages": message_texts.read(
                folder, sandbox="" if production else settings().sandbox_url
            ),
            "evaluation": scheme_texts.read(folder),
            "flows": flow_texts.read(folder),
            "orders": order_texts.read(folder),
            "dispatch": dispatch_texts.read(folder),
            "intake": intake_texts.read(folder),
            "findings": finding_texts.read(folder),
            "forms": form_texts.read(folder),
            "province": province_texts.read(
                folder, sandbox="" if production else settings().sandbox_url
            ),
            "replies": reply_texts.read(folder),
            "briefing": briefing_texts.read(folder),
            "standing": standing_texts.read(folder),
            "demo": demo,
        }
    )


@lru_cache(maxsize=4)
def _cached(folder: Path, production: bool, _sandbox: str) -> CityPack:
    return read_pack(folder, production=production)


def pack() -> CityPack:
    """The city pack of this deployment."""
    here = settings()
    return _cached(here.city_pack, here.production, here.sandbox_url)


def forget() -> None:
    """Read the pack anew at the next call: for tests and for changed settings."""
    _cached.cache_clear()
