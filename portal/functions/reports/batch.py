"""Many reports as one .zip: all templates of a place, or one template for every place below.

Each report is built under the viewer's own scope like any other. What could not be built is in the
list that lies in the file, with why; the whole is one line in the audit.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO

from auth import audit, permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal.functions.reports import periods, xlsx
from portal.functions.reports.build import VIEW, NoSuchReport, Reports
from portal.store import clock, divisions, listings
from portal.store.citypack import ReportTemplate, pack

MEDIA_TYPE = "application/zip"
MOST = 600
_FORBIDDEN = str.maketrans({char: "_" for char in '\\/:*?"<>|\r\n\t'})


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One report of a batch."""

    template: ReportTemplate
    region: str
    folder: str


@dataclass(kw_only=True)
class Batch:
    """A .zip that is being made; walking over it makes it, one report at a step."""

    reports: Reports
    principal: Principal
    name: str
    region: str
    period: str
    pieces: Sequence[Piece]
    content: bytes = b""
    listed: list[tuple[str, str, str]] = field(default_factory=list)

    def __iter__(self) -> Iterator[int]:
        """How many are done; the content is there after the last."""
        held = BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as parcel:
            for number, piece in enumerate(self.pieces, start=1):
                self._add(parcel, number, piece)
                yield number
            parcel.writestr(_entry("目录.xlsx"), self._list())
        self._record()
        self.content = held.getvalue()

    def _add(self, parcel: zipfile.ZipFile, number: int, piece: Piece) -> None:
        template = piece.template
        try:
            report = self.reports.of_template(self.principal, template, piece.region, self.period)
        except (Denied, NoSuchReport) as refusal:
            self.listed.append((template.name, piece.region, f"没有生成：{refusal.message}"))
            return
        named = f"{piece.folder}/{number:03d}_{xlsx.file_name(report)}".lstrip("/")
        parcel.writestr(_entry(named), xlsx.write(report))
        self.listed.append((report.title, report.region_name, report.missing_words or "已生成"))

    def _list(self) -> bytes:
        page = listings.Page(title="目录", head=("报表", "地区", "说明"), rows=self.listed)
        return listings.write([page], author=self.principal.unit.name)

    def _record(self) -> None:
        audit.append(
            action="reports.export",
            actor=self.principal.login,
            unit_id=self.principal.unit.id,
            region_code=self.region,
            detail={"batch": self.name, "period": self.period, "reports": len(self.pieces)},
        )


def _entry(name: str) -> zipfile.ZipInfo:
    """A file of the parcel, with the time of its making on the clock of this place."""
    at = clock.local(clock.now())
    return zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))


def _place(principal: Principal, region: str, period: str) -> str:
    """The place's name; refused outside the scope, and where the period is none."""
    permissions.check(principal, VIEW, region)
    found = divisions.find(region)
    try:
        periods.parse(period)
    except periods.UnknownPeriodError as error:
        raise NoSuchReport(str(error)) from error
    if found is None or found.code != region:
        raise NoSuchReport("没有这个区划，请从“统一报表”重新选择。")
    return found.name


def of_region(
    reports: Reports, principal: Principal, region: str, period: str, chosen: Sequence[str] = ()
) -> Batch:
    """Every template (or those chosen) for one place."""
    name = _place(principal, region, period)
    fields = {one.id: one.name for one in pack().fields}
    pieces = [
        Piece(template=one, region=region, folder=fields.get(one.field, "").translate(_FORBIDDEN))
        for one in reports.library.templates
        if not chosen or one.id in chosen
    ]
    return _batch(reports, principal, f"{name}全部报表_{period}", region, period, pieces)


def of_places_below(
    reports: Reports, principal: Principal, template: str, region: str, period: str
) -> Batch:
    """One template for a place and for every place directly below it."""
    name = _place(principal, region, period)
    found = reports.library.find(template)
    if found is None:
        raise NoSuchReport("没有这张报表，请从“统一报表”重新选择。")
    codes = [region, *(one.code for one in divisions.children(region))]
    pieces = [Piece(template=found, region=one, folder="") for one in codes]
    title = f"{name}及下级_{found.name}_{period}"
    return _batch(reports, principal, title, region, period, pieces)


def _batch(
    reports: Reports,
    principal: Principal,
    title: str,
    region: str,
    period: str,
    pieces: Sequence[Piece],
) -> Batch:
    if len(pieces) > MOST:
        raise NoSuchReport(f"一次最多打包 {MOST} 张报表，请减少后再试。")
    return Batch(
        reports=reports,
        principal=principal,
        name=title.translate(_FORBIDDEN),
        region=region,
        period=period,
        pieces=pieces,
    )
