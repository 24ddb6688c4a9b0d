"""How far enrolment has come, per place of registration, as the medical insurance platform says."""

from __future__ import annotations

from datetime import timedelta

from sandbox.kit.statistics import Place, Statistics, registered
from sandbox.population import World
from sandbox.traits import RESIDENTS

_YEAR = timedelta(days=365)


def numbers(world: World) -> Statistics:
    """Counted over everybody who is registered there, insured or not."""

    def in_need(place: Place) -> int:
        return place.count(lambda one: world.household_of(one).allowance is not None)

    def in_need_insured(place: Place) -> int:
        return place.count(
            lambda one: world.household_of(one).allowance is not None and one.insurance is not None
        )

    def newborn(place: Place) -> int:
        return place.count(
            lambda one: one.insurance == RESIDENTS and one.born > world.today - _YEAR
        )

    def elsewhere(place: Place) -> int:
        """Not insured here: some of them pay in another province."""
        return place.count(
            lambda one: one.insurance is None and place.register.happens(one, "elsewhere", 0.4)
        )

    return Statistics(
        system="medical_insurance",
        where=registered,
        number="statNo",
        region="regionCode",
        day="statDate",
        newest="latest",
        marks=(True, False),
        texts=False,
        stocks={
            "hardshipDue": in_need,
            "hardshipInsured": in_need_insured,
            "newbornInsured": newborn,
            "insuredElsewhere": elsewhere,
        },
    )
