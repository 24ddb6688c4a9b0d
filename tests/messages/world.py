"""A channel played by the test, and people with phones and deputies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from auth.principal import Principal
from auth.tables import account, deputy
from portal.connectors.messaging import Accepted, Outgoing, Report
from portal.store import clock, crypto
from portal.store.engine import begin
from tests import people

WILLOW = "990102001001"
UNIT = f"com-{WILLOW}"
PHONE, OTHER_PHONE = "13900000009", "13900000008"


@dataclass
class FakeChannel:
    """A way to a phone that keeps what it was given, and fails as it is told."""

    id: str
    name: str
    reporting: bool = True
    fault: Exception | None = None
    after_taking: Exception | None = None  # it took it, and the answer was lost
    came: Counter[str] = field(default_factory=Counter)
    shown: list[Outgoing] = field(default_factory=list)
    told: dict[str, Report] = field(default_factory=dict)

    def send(self, one: Outgoing) -> Accepted:
        if self.fault is not None:
            raise self.fault
        self.came[one.key] += 1
        if self.came[one.key] == 1:
            self.shown.append(one)
        if self.after_taking is not None:
            raise self.after_taking
        return Accepted(foreign_id=f"{self.id}-{one.key}")

    def reports(self, ids: Sequence[str]) -> Sequence[Report]:
        return [self.told[one] for one in ids if one in self.told]

    def arrived(self, delivered: bool = True) -> None:
        """Everything it was given has arrived, or nothing has."""
        for one in self.shown:
            number = f"{self.id}-{one.key}"
            reason = "" if delivered else "未能送达"
            self.told[number] = Report(foreign_id=number, delivered=delivered, reason=reason)


def holder(
    login: str = "wang",
    name: str = "王小梅",
    phone: str | None = PHONE,
    role: str = "community_clerk",
) -> tuple[UUID, UUID]:
    """Somebody who holds a post in the community; gives account and post."""
    person = people.add_account(login, name)
    post = people.add_post(person, UNIT, roles=[role], prefixes=[WILLOW], main=True)
    give_phone(person, phone)
    return person, post


def give_phone(person: UUID, phone: str | None) -> None:
    """Their number."""
    sealed = crypto.encrypt(phone) if phone else None
    with begin() as connection:
        connection.execute(update(account).where(account.c.id == person).values(phone=sealed))


def stand_in(post: UUID, person: UUID, items: Sequence[str] = ("tasks.act",)) -> None:
    """Somebody stands in for who holds that post."""
    now = clock.now()
    with begin() as connection:
        connection.execute(
            insert(deputy).values(
                id=uuid4(),
                post_id=post,
                account_id=person,
                items=list(items),
                starts=now - timedelta(days=1),
                ends=now + timedelta(days=30),
                reason="外出",
                granted_by="wang",
                granted_at=now,
            )
        )


def operator() -> Principal:
    """Who runs the platform."""
    return people.principal(roles=("operator",), prefixes=("9901",), unit_id="dept-civil",
                            kind="department", level="city", region_code="9901")  # fmt: skip
