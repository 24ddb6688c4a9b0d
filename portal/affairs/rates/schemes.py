"""The only writer of evaluation schemes: read which one holds, write the next version, never undo.

A scheme holds from a month on. A month that is closed keeps the scheme it was closed with, and a
version may not begin before the first month that is still open: rules change only what is to come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, func, insert, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.rates.tables import rate_month, rate_scheme
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scheme_texts import Scheme
from portal.store.scope import Reach, acting_as, scoped

VIEW, SETTINGS = "orders.view", "orders.settings"
SERVICE = "service:rates"
LEAST_WORDS, MOST_WORDS = 4, 300


class RatesError(Exception):
    """Nothing was done; the message says why and what was kept."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Version:
    """A scheme with where it comes from; version 0 is the city pack's own."""

    version: int
    starts: date | None
    scheme: Scheme
    words: str
    made_at: datetime | None
    by: str

    @property
    def default(self) -> bool:
        """Whether nobody has decided it yet."""
        return self.version == 0

    @property
    def named(self) -> str:
        """Which version it is, in words: one that nobody has decided has no number."""
        return "系统默认，可修改" if self.default else f"第{self.version}版"


def whole_city() -> Reach:
    """How the service that counts and closes sees: every place, no unit."""
    return Reach(prefixes=(pack().region_code,), unit_id=None, actor=SERVICE)


def packs_own() -> Version:
    """The scheme the city pack brings."""
    scheme = pack().evaluation.scheme
    if scheme is None:
        raise RatesError("城市包没有考评方案（schemes.toml），请联系平台运维。")
    words = f"城市包自带（{pack().default_note}）"
    return Version(version=0, starts=None, scheme=scheme, words=words, made_at=None, by="城市包")


def _version(row: Row[Any]) -> Version:
    return Version(
        version=row.version,
        starts=row.starts,
        scheme=Scheme.model_validate(row.body),
        words=row.words,
        made_at=row.made_at,
        by=f"{row.unit_name} {row.actor_name}",
    )


def holding(connection: Connection, month: date) -> Version:
    """The scheme that holds for a month: of those that have begun, the newest."""
    query = (
        select(rate_scheme)
        .where(rate_scheme.c.starts <= month)
        .order_by(rate_scheme.c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return packs_own() if row is None else _version(row)


def history(principal: Principal, most: int = 20) -> tuple[Version, ...]:
    """The versions that were ever made, the newest first, down to the city pack's."""
    permissions.check(principal, VIEW)
    query = select(rate_scheme).order_by(rate_scheme.c.version.desc()).limit(most)
    with scoped(principal.reach) as connection:
        return (*map(_version, connection.execute(query)), packs_own())


def first_open(connection: Connection) -> date | None:
    """The first month that no closed one reaches; ``None`` while none is closed."""
    last = connection.execute(select(func.max(rate_month.c.starts))).scalar()
    return None if last is None else _next(last)


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def read(given: Mapping[str, Any]) -> Scheme:
    """A scheme as somebody typed it, or what is wrong with it, in words."""
    try:
        return Scheme.model_validate(given)
    except ValidationError as error:
        raise RatesError("；".join(map(_said, error.errors())) + "。已填内容已保留。") from None


_FIELDS = {
    "blue_from": "蓝区下限", "yellow_from": "黄区下限", "bottom_percent": "后百分之几",
    "falls_to_yellow": "连续下降期数", "basically_satisfied": "基本满意折算",
    "small_sample": "样本不足的件数", "weight": "权重", "name": "名称", "rule": "口径",
    "least_orders": "预警最少件数", "rise_percent": "预警升幅", "resolved_below": "预警解决率",
    "same_class_least": "同类预警件数", "rates": "指标",
}  # fmt: skip


def _said(error: Any) -> str:
    """One fault in words: our own sentence, or which field holds what it cannot."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    names = [_FIELDS[part] for part in error["loc"] if part in _FIELDS]
    return f"“{names[-1] if names else '方案'}”的值不能用：{str(error['input'])[:20]}"


def edit(principal: Principal, scheme: Scheme, starts: date, words: str, seen: int) -> int:
    """Write the next version; ``seen`` is the one it was made from. Gives its number."""
    _settles(principal)
    said = " ".join(words.split())
    if not LEAST_WORDS <= len(said) <= MOST_WORDS:
        raise RatesError(
            f"请写明修改了什么、为什么（{LEAST_WORDS} 至 {MOST_WORDS} 个字），已填内容已保留。"
        )
    if starts.day != 1:
        raise RatesError("方案从某月1日起执行，请选择月份，已填内容已保留。")
    with scoped(principal.reach) as connection:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("rates"))))
        newest = connection.execute(
            select(rate_scheme).order_by(rate_scheme.c.version.desc()).limit(1)
        ).first()
        _not_overtaken(newest, seen)
        _not_behind(connection, newest, starts)
        version = 1 + (newest.version if newest else 0)
        with acting_as(connection, SERVICE):
            connection.execute(
                insert(rate_scheme).values(
                    version=version,
                    starts=starts,
                    body=scheme.model_dump(mode="json"),
                    words=said,
                    made_at=clock.now(),
                    actor=str(principal.login),
                    actor_name=principal.name,
                    unit_name=principal.unit.name,
                )
            )
    audit.append(
        action="rates.scheme",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"number": str(version), "reason": said},
    )
    return version


def _settles(principal: Principal) -> None:
    """A scheme is the whole city's: only a unit of the city decides it."""
    permissions.check(principal, SETTINGS)
    if principal.unit.region_code != pack().region_code:
        permissions.refuse(principal, SETTINGS, "考评方案由市级单位设置。")


def _not_overtaken(newest: Row[Any] | None, seen: int) -> None:
    if newest is not None and newest.version != seen:
        at = f"{clock.local(newest.made_at):%m-%d %H:%M}"
        raise RatesError(
            f"{newest.unit_name} {newest.actor_name}已于{at}改为第{newest.version}版"
            f"（{newest.words}），请对照后再保存，已填内容已保留。"
        )


def _not_behind(connection: Connection, newest: Row[Any] | None, starts: date) -> None:
    """Never before a closed month, nor before the version it takes the place of."""
    open_ = first_open(connection)
    if open_ is not None and starts < open_:
        raise RatesError(
            f"{starts.year}年{starts.month}月已结账，方案最早从{open_.year}年{open_.month}月起执行，"
            "已填内容已保留。"
        )
    if newest is not None and starts < newest.starts:
        raise RatesError(
            f"第{newest.version}版从{newest.starts.year}年{newest.starts.month}月起执行，"
            "新方案不能早于它，已填内容已保留。"
        )


def may_settle(principal: Principal) -> bool:
    """Whether this post decides the scheme: for drawing a page."""
    city = principal.unit.region_code == pack().region_code
    return city and permissions.allowed(principal, SETTINGS)
