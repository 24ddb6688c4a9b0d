"""The pension system's monthly numbers per place of registration, under its field codes."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.distort import compact
from sandbox.kit.statistics import Place, Statistics, registered
from sandbox.pension.records import Records
from sandbox.people import Person

_YEAR = timedelta(days=365)


def numbers(records: Records) -> Statistics:
    """Counted from what the system says of each person."""

    def uncertified(person: Person, today: date) -> bool:
        row = records.full(person)
        if row["AAC084"] != "1":
            return False
        last = (row["BAC150"] or "").replace("/", "")
        return row["BAC151"] != "1" or last < compact(today - _YEAR)

    def drawing(place: Place) -> int:
        return place.count(lambda one: records.full(one)["AAC084"] == "1")

    def waiting(place: Place) -> int:
        return place.count(lambda one: uncertified(one, place.world.today))

    return Statistics(
        system="pension",
        where=registered,
        number="BTJ001",
        region="AAB301",
        day="BTJ002",
        newest="BTJ003",
        style="%Y/%m/%d",
        retired=True,
        stocks={"BTJ011": drawing, "BTJ012": waiting},
    )
