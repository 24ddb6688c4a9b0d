"""Fetching what the province has issued: each form by itself, so that none stops the others."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from portal.connectors.contract import RetryLater, SignInAgain, SystemFault
from portal.connectors.province import Province
from portal.connectors.province.words import Issued, Listed
from portal.functions.tasks import rules
from portal.store import claims

log = structlog.get_logger(__name__)


class Register(Protocol):
    """Where what was issued is kept."""

    def mark(self) -> str: ...

    def wanted(self, listed: Sequence[Listed]) -> Sequence[Listed]: ...

    def waiting(self) -> Sequence[Listed]: ...

    def take(self, listed: Listed, one: Issued) -> str: ...

    def unreadable(self, listed: Listed, why: str) -> None: ...

    def fetched(self, mark: str) -> None: ...

    def failed(self, problem: str) -> None: ...


def pull(province: Province, register: Register) -> int:
    """Take in what is new; gives how many forms were looked at. One process does it at a time.

    From where on to ask moves only when everything was asked for.
    """
    with claims.alone("province.pull") as mine:
        if not mine:
            return 0
        try:
            return _pull(province, register)
        except SystemFault as fault:
            log.info("the province could not be asked", fault=type(fault).__name__)
            register.failed(rules.words(fault))
            return 0


def _pull(province: Province, register: Register) -> int:
    mark = register.mark()
    lines = [one for page in province.issued(mark) for one in page]
    listed = [one for one in lines if one is not None]
    wanted = {(one.number, one.edition): one for one in register.waiting()}
    wanted |= {(one.number, one.edition): one for one in register.wanted(listed)}
    late: RetryLater | None = None
    for one in sorted(wanted.values(), key=lambda one: (one.changed, one.number, one.edition)):
        try:
            issued = province.form(one)
        except SignInAgain:
            raise  # nor would the next one be answered
        except RetryLater as fault:
            late = fault  # the others may come all the same; this one is asked for again
        except SystemFault as fault:
            register.unreadable(one, rules.words(fault))
        else:
            register.take(one, issued)
    if late is not None:
        raise late
    if unread := len(lines) - len(listed):
        register.failed(f"省级清单中有 {unread} 行无法识别，其余报表已取")
        return len(wanted)
    register.fetched(max([mark, *(one.changed for one in listed)]))
    return len(wanted)
