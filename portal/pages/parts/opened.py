"""An opened dossier of a tab: its head, the answers so far, what is shown in full for a while."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from auth.principal import Principal
from portal import wiring
from portal.functions.records import (
    Dossier,
    MaskedAnswer,
    Purpose,
    Records,
    Standing,
    ThingDossier,
    Things,
    Unmasked,
)
from portal.look import states
from portal.pages.background import Gathering
from portal.pages.parts import memory

_KEY = "dossier"
Place = tuple[str, int, str]  # system, number of the record, name of the field


@dataclass
class Opened:
    """What this tab holds of one person or thing, all of it masked but for ``values``."""

    dossier: Dossier | ThingDossier
    gathering: Gathering[MaskedAnswer] = field(default_factory=Gathering)
    values: dict[Place, Unmasked] = field(default_factory=dict)
    looking: bool = False
    standing: dict[tuple[str, str], Standing] = field(default_factory=dict)  # by system and field

    @property
    def person(self) -> Dossier:
        """The dossier where only a person's makes sense."""
        if not isinstance(self.dossier, Dossier):
            raise TypeError("not a person's dossier")
        return self.dossier

    @property
    def of_person(self) -> bool:
        """Whether it is a 一人一档."""
        return isinstance(self.dossier, Dossier)

    @property
    def function(self) -> Records | Things:
        """The function that answers for it."""
        return wiring.app().records if self.of_person else wiring.app().things

    def is_for(self, subject_id: str, purpose: Purpose) -> bool:
        """Whether this is the dossier of that person or thing for that purpose."""
        return self.dossier.subject_id == subject_id and self.dossier.purpose == purpose

    def fetch(self, who: Principal) -> None:
        """Ask the systems; asked again, those that answered a moment ago answer from the cache."""
        function, subject = self.function, self.dossier.subject_id
        purpose = self.dossier.purpose

        def source() -> Iterator[MaskedAnswer]:
            return function.stream(who, subject, purpose)

        self.gathering.start(source, lambda answer: answer.system_id)

    def look_up(self, who: Principal) -> None:
        """What was asked about this person's values, and what came of it."""
        if not self.of_person:
            return
        dossier = self.dossier
        self.standing = wiring.app().disputes.about(who, dossier.subject_id, dossier.purpose)

    def drop_expired(self) -> None:
        """Forget the values whose time is over."""
        self.values = {place: one for place, one in self.values.items() if states.left(one.until)}


def open_for(who: Principal, subject_id: str, purpose: Purpose, *, thing: bool = False) -> Opened:
    """The dossier; opened once, and on every later run only admitted anew."""
    held = memory.recall(who, _KEY)
    if isinstance(held, Opened) and held.is_for(subject_id, purpose):
        held.function.admit(who, subject_id, purpose)
        return held
    app = wiring.app()
    dossier: Dossier | ThingDossier
    if thing:
        dossier = app.things.open(who, subject_id, purpose)
    else:
        dossier = app.records.open_dossier(who, subject_id, purpose)
    opened = Opened(dossier=dossier)
    memory.keep(who, _KEY, opened)
    opened.look_up(who)
    opened.fetch(who)
    opened.gathering.wait_a_moment()
    return opened


def held(who: Principal) -> Opened | None:
    """The dossier this tab has open, admitted anew; ``None`` when there is none."""
    found = memory.recall(who, _KEY)
    if not isinstance(found, Opened):
        return None
    found.function.admit(who, found.dossier.subject_id, found.dossier.purpose)
    return found


def close(who: Principal) -> None:
    """Forget the dossier."""
    memory.keep(who, _KEY, None)
