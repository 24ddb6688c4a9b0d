"""What the medical insurance platform holds about a person, in its own words."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from sandbox.distort import LOCAL_TIME, Register, dotted, iso
from sandbox.material import material
from sandbox.names import MIDDLE_DOT
from sandbox.people import Person, Relation, Role, Tie
from sandbox.population import World
from sandbox.traits import EMPLOYEES, day_between

_DOTS = (MIDDLE_DOT, MIDDLE_DOT, "•")
_SUBSIDIES = {"1": "低保对象", "2": "低保对象", "3": "特困人员"}
_RESIDENT_FEE = 400


class Records:
    """Everyone who is insured, less some whom the platform lost."""

    def __init__(self, world: World) -> None:
        self.register = Register(
            world,
            "medical_insurance",
            misses=0.04,
            holds=lambda person: person.insurance is not None,
        )

    def number(self, person: Person) -> str:
        """The platform's own number: its order is the roster's."""
        return f"{person.no + 1:020d}"

    def full(self, person: Person) -> dict[str, Any]:
        """The whole record."""
        subsidy = self._subsidy(person)
        payment = self._payment(person, subsidy)
        record = self.brief(person)
        record.update(
            paidYear=self.register.world.today.year - (payment == "UNPAID"),
            paymentStatus=payment,
            subsidyCategory=subsidy,
            personalContribution=self._contribution(person, payment),
            chronicDiseases=self._chronic(person),
        )
        return record

    def brief(self, person: Person) -> dict[str, Any]:
        """The record as the roster has it."""
        paused = self.register.happens(person, "paused", 0.03)
        return {
            "psnNo": self.number(person),
            "certType": "01",
            "certNo": person.id_number,
            "psnName": self._name(person),
            "gender": "男性" if person.male else "女性",
            "birthDate": person.born.isoformat(),
            "mobile": self._mobile(person),
            "insuranceType": person.insurance,
            "insuranceStatus": "2" if paused else "1",
            "insuredSince": iso(person.insured_since),
            "registeredResidence": self._registered(person),
            "currentResidence": self._residence(person),
            "employment": self._employment(person),
            "updatedAt": self._updated(person),
        }

    def _name(self, person: Person) -> str:
        dot = self.register.chance(person, "dot").choice(_DOTS)
        return dotted(self.register.surname(person, 0.2), dot)

    def _mobile(self, person: Person) -> str | None:
        if person.phone is None or self.register.happens(person, "mobile", 0.12):
            return self.register.nothing(person, "no mobile", (None, None, ""))
        return person.phone

    def _place(self, place: Relation) -> dict[str, str | None]:
        region = self.register.world.region
        return {
            "regionCode": place.region,
            "address": region.written_out(place.region, place.address),
            "since": iso(place.since),
        }

    def _registered(self, person: Person) -> dict[str, str | None] | None:
        place = person.current(Tie.REGISTERED)
        outside = place is None or place.region not in self.register.world.region.divisions
        return None if place is None or outside else self._place(place)

    def _residence(self, person: Person) -> dict[str, str | None] | None:
        if self.register.happens(person, "no residence", 0.25):
            return None
        return self._place(self.register.home(person, stale=0.5))

    def _employment(self, person: Person) -> dict[str, str | None] | None:
        place = person.current(Tie.WORKING)
        if place is None or person.insurance != EMPLOYEES:
            return None
        return {"employer": person.employer, **self._place(place)}

    def _subsidy(self, person: Person) -> str | None:
        if person.insurance == EMPLOYEES:
            return None
        household = self.register.world.household_of(person)
        if household.allowance is not None:
            return _SUBSIDIES[household.allowance]
        return "重度残疾人" if person.disability in (1, 2) else None

    def _payment(self, person: Person, subsidy: str | None) -> str:
        if subsidy is not None:
            return "EXEMPT"
        return "UNPAID" if self.register.happens(person, "unpaid", 0.06) else "PAID"

    def _contribution(self, person: Person, payment: str) -> float | int | None:
        if payment == "UNPAID":
            return None
        if payment == "EXEMPT":
            return 0
        if person.insurance == EMPLOYEES and person.role is not Role.PARENT:
            return round(self.register.chance(person, "wage").uniform(900, 4200), 2)
        return _RESIDENT_FEE

    def _chronic(self, person: Person) -> list[dict[str, str]]:
        names: dict[str, str] = material("places")["chronic"]
        chance = self.register.chance(person, "chronic")
        today = self.register.world.today
        return [
            {
                "code": code,
                "name": names[code],
                "approvedOn": day_between(chance, today - timedelta(days=3650), today).isoformat(),
            }
            for code in person.chronic
        ]

    def _updated(self, person: Person) -> str:
        chance = self.register.chance(person, "updated")
        today = self.register.world.today
        day = day_between(chance, today - timedelta(days=900), today)
        moment = time(chance.randint(8, 17), chance.randint(0, 59), chance.randint(0, 59))
        return datetime.combine(day, moment, LOCAL_TIME).isoformat()
