"""The simulated world: one seed and pack always give the same persons, households and homes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random

from sandbox.addresses import Addresses, Dwelling
from sandbox.allocation import Scale, allocate
from sandbox.enterprises import Enterprises
from sandbox.households import Draft, compose
from sandbox.identity import IdentityNumbers, Phones, old_style
from sandbox.material import material
from sandbox.names import Family, Namer
from sandbox.people import Household, Marital, Person, Relation, Role, Tie
from sandbox.region import Region
from sandbox.traits import RETIREMENT, Traits, allowance, day_between, draw

DEFAULT_SEED = 20240930
WORLD_DAY = date(2026, 6, 30)


@dataclass(frozen=True, kw_only=True)
class World:
    """Everyone who lives in the simulated city, on one day."""

    region: Region
    seed: int
    today: date
    persons: Sequence[Person]
    households: Sequence[Household]

    @cached_property
    def by_number(self) -> Mapping[str, Person]:
        """Everyone by identity number: one index for all systems."""
        return {person.id_number: person for person in self.persons}

    @cached_property
    def by_old_number(self) -> Mapping[str, Person]:
        """Everyone who was ever given a fifteen-digit number, by that."""
        return {old_style(p.id_number): p for p in self.persons if p.id_number[6:8] == "19"}

    @cached_property
    def enterprises(self) -> Enterprises:
        """Who works here as a unit."""
        return Enterprises(self.region, self.seed, self.households)

    def household_of(self, person: Person) -> Household:
        """The household that a person lives in."""
        return self.households[person.household]

    def lives_alone(self, person: Person) -> bool:
        """An elder with nobody else in the household."""
        alone = len(self.household_of(person).members) == 1
        return alone and person.age(self.today) >= RETIREMENT


def build(
    region: Region,
    *,
    scale: Scale = Scale.DEMO,
    seed: int = DEFAULT_SEED,
    today: date = WORLD_DAY,
) -> World:
    """Build the world of a region."""
    plan = allocate(region, scale, Random(seed))
    builder = _Builder(region, seed, today, plan)
    for code in sorted(plan):
        builder.settle(code, plan[code])
    return World(
        region=region,
        seed=seed,
        today=today,
        persons=builder.persons,
        households=builder.households,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Home:
    """What the members of a household share while they are being made."""

    dwelling: Dwelling
    since: date
    registered: Relation
    issued: str
    family: Family
    local: bool
    owned: bool


class _Builder:
    def __init__(self, region: Region, seed: int, today: date, plan: Mapping[str, int]) -> None:
        self._region = region
        self._today = today
        self._random = Random(seed)
        self._namer = Namer(self._random)
        self._addresses = Addresses(region, self._random)
        self._numbers = IdentityNumbers()
        places = material("places")
        self._elsewhere: list[str] = places["issued_elsewhere"]
        self._phones = Phones(places["phone_prefixes"])
        self._codes = tuple(code for code, residents in sorted(plan.items()) if residents)
        self.persons: list[Person] = []
        self.households: list[Household] = []

    def settle(self, code: str, residents: int) -> None:
        """Fill a community with households until it has its residents."""
        while residents > 0:
            drafts = compose(self._random, residents)
            self._move_in(code, drafts)
            residents -= len(drafts)

    def _move_in(self, code: str, drafts: list[Draft]) -> None:
        random = self._random
        births = [self._birth(draft) for draft in drafts]
        traits = [
            draw(random, draft, born, self._today)
            for draft, born in zip(drafts, births, strict=True)
        ]
        home = self._home(code, drafts[0], births[0])
        village = self._region.is_village(code)
        kind = allowance(random, list(zip(drafts, traits, strict=True)), village=village)
        first = len(self.persons)
        number = len(self.households)
        names = self._names(drafts, births, home.family)
        for draft, name, born, trait in zip(drafts, names, births, traits, strict=True):
            self.persons.append(self._person(number, draft, name, born, trait, home))
        self.households.append(
            Household(
                no=number,
                region=code,
                dwelling=home.dwelling.address,
                grid=home.dwelling.grid,
                members=tuple(range(first, len(self.persons))),
                allowance=kind,
                allowance_since=self._allowance_since(home) if kind else None,
            )
        )

    def _names(self, drafts: list[Draft], births: list[date], family: Family) -> list[str]:
        """A name for each member; two of one household do not share one."""
        names: list[str] = []
        for draft, born in zip(drafts, births, strict=True):
            name = ""
            while not name or name in names:
                name = self._namer.name(family, born.year, male=draft.male, by_blood=draft.by_blood)
            names.append(name)
        return names

    def _birth(self, draft: Draft) -> date:
        latest = self._today.replace(year=self._today.year - draft.age, day=28)
        return latest - timedelta(days=self._random.randint(0, 360))

    def _home(self, code: str, head: Draft, born: date) -> _Home:
        random = self._random
        dwelling = self._addresses.dwelling(code)
        years = min(int(random.expovariate(1 / 9)), head.age - 18, 40)
        since = max(
            born, self._today - timedelta(days=365 * max(0, years) + random.randint(1, 360))
        )
        origin = random.random()
        local, outsider = origin < 0.76, origin >= 0.92
        issued = self._issuing(code)
        if local:
            place = Relation(tie=Tie.REGISTERED, region=code, address=dwelling.address, since=since)
        elif outsider:
            issued = random.choice(self._elsewhere)
            place = Relation(tie=Tie.REGISTERED, region=issued + "000000", address="", since=None)
        else:
            other = self._addresses.dwelling(random.choice(self._codes))
            issued = self._issuing(other.region)
            since_there = day_between(random, born, since)
            place = Relation(
                tie=Tie.REGISTERED, region=other.region, address=other.address, since=since_there
            )
        return _Home(
            dwelling=dwelling,
            since=since,
            registered=place,
            issued=issued,
            family=self._namer.family(),
            local=local,
            owned=random.random() < (0.72 if local else 0.3),
        )

    def _issuing(self, code: str) -> str:
        """The county part of a number; counties that were renamed issued under the old code."""
        return self._region.retired(self._region.district_of(code).code)

    def _person(
        self,
        household: int,
        draft: Draft,
        name: str,
        born: date,
        traits: Traits,
        home: _Home,
    ) -> Person:
        random = self._random
        issued = home.issued
        if not draft.by_blood and random.random() < 0.25:
            issued = random.choice(self._elsewhere)
        elif born.year >= self._today.year - 5 and home.local:
            issued = self._region.district_of(home.dwelling.region).code
        workplace, employer = self._work(traits, born)
        relations = [*self._living(born, home), *workplace]
        if home.owned and draft.role is Role.HEAD:
            relations.append(self._owning(home))
        return Person(
            no=len(self.persons),
            id_number=self._numbers.issue(issued, born, male=draft.male),
            name=name,
            male=draft.male,
            born=born,
            phone=self._phones.issue() if self._has_phone(draft.age) else None,
            household=household,
            role=draft.role,
            marital=draft.marital if draft.age >= 20 else Marital.SINGLE,
            relations=tuple(relations),
            employer=employer,
            disability=traits.disability,
            chronic=traits.chronic,
            insurance=traits.insurance,
            insured_since=traits.insured_since,
            pension_since=traits.pension_since,
        )

    def _living(self, born: date, home: _Home) -> list[Relation]:
        random = self._random
        since = max(born, home.since)
        dwelling = home.dwelling
        registered = home.registered
        if registered.since is not None and registered.since < born:
            registered = Relation(
                tie=Tie.REGISTERED,
                region=registered.region,
                address=registered.address,
                since=born,
            )
        relations = [
            registered,
            Relation(tie=Tie.LIVING, region=dwelling.region, address=dwelling.address, since=since),
        ]
        recent = (self._today - since).days < 6 * 365
        if recent and since > born and random.random() < 0.5:
            before = self._addresses.dwelling(random.choice(self._codes))
            relations.append(
                Relation(
                    tie=Tie.LIVING,
                    region=before.region,
                    address=before.address,
                    since=day_between(random, born, since),
                    until=since,
                )
            )
        return relations

    def _owning(self, home: _Home) -> Relation:
        bought = home.since - timedelta(days=self._random.randint(0, 400))
        dwelling = home.dwelling
        return Relation(
            tie=Tie.OWNING, region=dwelling.region, address=dwelling.address, since=bought
        )

    def _work(self, traits: Traits, born: date) -> tuple[list[Relation], str | None]:
        if not traits.employed:
            return [], None
        code = self._random.choice(self._codes)
        start = traits.insured_since or date(born.year + 20, 1, 1)
        relation = Relation(
            tie=Tie.WORKING, region=code, address=self._addresses.workplace(code), since=start
        )
        return [relation], self._addresses.employer()

    def _has_phone(self, age: int) -> bool:
        rate = 0.05 if age < 12 else 0.97 if age < 70 else 0.6
        return self._random.random() < rate

    def _allowance_since(self, home: _Home) -> date:
        start = max(home.since, date(2015, 1, 1))
        return day_between(self._random, start, self._today).replace(day=1)
