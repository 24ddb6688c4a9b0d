"""Group ``dossier``: a real one, over every transport, and how soon a clerk sees it.

The simulated systems answer at once, which no system across a network does; and they share one
processor with each other. So the ratio is also taken with delays as a network would put them in.
"""

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_OID, uuid5

import httpx
import structlog
from playwright.sync_api import Page, sync_playwright

from benchmarks import ground
from benchmarks.figures import Figure, emit, median, percentile
from benchmarks.house import House, login_of
from benchmarks.stage import Timing
from portal import wiring
from portal.connectors.contract import Asker, State, Subject
from portal.connectors.gateway import Gateway
from portal.store.citypack import pack
from tests.browser import steps

PURPOSE, ROLE = "counter", "community_clerk"
RUNS = 20
ALONE = 3
WARM = 3
NEAREST_MS, FARTHEST_MS = 100, 300  # delays over the systems, evenly
PEOPLE = 200
BORN_BEFORE = 2005  # of children there are conclusions only

# From the click to the first answer, and to the last, as the browser has drawn them.
_CLICK = """async (nth) => {
  const links = [...document.querySelectorAll('a.go.open')];
  const link = links[nth % links.length];
  const seen = {}; const began = performance.now();
  link.click();
  return await new Promise((done, fail) => {
    const look = () => {
      const now = performance.now() - began;
      const said = document.querySelector('.progress b');
      const answered = document.querySelector('.st-key-card-grid .record');
      if (answered && seen.first === undefined) seen.first = now;
      const [got, all] = (said ? said.innerText.match(/\\d+/g) : [0, 1]).map(Number);
      if (seen.first !== undefined && got === all) { seen.last = now; return done(seen); }
      if (now > 20000) return fail(new Error('no dossier after 20 s'));
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}"""


@dataclass(kw_only=True)
class Real:
    """The systems of the demonstration as one post may ask them, and people they know."""

    gateway: Gateway
    sandbox: str
    people: Iterator[Subject]

    @property
    def systems(self) -> tuple[str, ...]:
        """Whom a dossier for this purpose asks; nobody here has the family's authorisation."""
        everyone = self._asker(tuple(self.gateway.registry.readable((ROLE,), PURPOSE)))
        return tuple(one.system_id for one in self.gateway.planned(everyone))

    def _asker(self, systems: Sequence[str]) -> Asker:
        everything = self.gateway.registry.readable((ROLE,), PURPOSE)
        return Asker(
            actor="bench",
            unit="bench",
            prefixes=("",),
            permission_digest="bench",
            purpose=PURPOSE,
            readable={one: everything[one] for one in systems},
        )

    async def ask(self, systems: Sequence[str], person: Subject) -> Timing:
        """Ask these systems about somebody and take note of when each answered."""
        asker = self._asker(systems)
        timing, started = Timing(), time.perf_counter()
        async for answer in self.gateway.ask_all(asker, person):
            timing.note(answer, started)
        self.gateway.settle()
        if not set(timing.states) <= {State.RETURNED, State.NOT_FOUND}:
            raise RuntimeError(f"not every system answered: {timing.states}")
        return timing

    def delay(self, system: str, milliseconds: int) -> None:
        """Put a system farther away; nought brings it back."""
        mode = {"mode": "slow", "delay_ms": milliseconds} if milliseconds else {"mode": "normal"}
        httpx.post(f"{self.sandbox}/_control/{system}", json=mode).raise_for_status()


def _people(sandbox: str) -> Iterator[Subject]:
    """Grown people of the demonstration, ever new ones until all were asked about."""
    demo = pack().demo
    for code in demo.focus if demo else ():
        answer = httpx.get(f"{sandbox}/_control/people", params={"region": code, "limit": PEOPLE})
        for one in answer.json()["people"]:
            if int(one["id_number"][6:10]) < BORN_BEFORE:
                yield Subject(
                    id=str(uuid5(NAMESPACE_OID, one["id_number"])),
                    id_number=one["id_number"],
                    name=one["name"],
                    region_code=one["region"],
                )


async def _near(real: Real) -> None:
    """All of them at once, against the slowest of them asked alone about somebody else."""
    alone: dict[str, list[float]] = {}
    for system in real.systems:
        for _ in range(ALONE):
            alone.setdefault(system, []).append((await real.ask([system], next(real.people))).last)
    slowest = max(alone, key=lambda one: median(alone[one]))
    ratios = [await _ratio(real, slowest) for _ in range(RUNS)]
    _emit("at_once.vs_slowest", median(ratios), "x", RUNS)


async def _far(real: Real) -> None:
    """The same when every system answers as from across a network."""
    systems = real.systems
    step = (FARTHEST_MS - NEAREST_MS) // (len(systems) - 1)
    for place, system in enumerate(systems):
        real.delay(system, NEAREST_MS + place * step)
    try:
        ratios = [await _ratio(real, systems[-1]) for _ in range(RUNS)]
    finally:
        for system in systems:
            real.delay(system, 0)
    _emit("across_network.vs_slowest", median(ratios), "x", RUNS, "<= 1.3")


async def _ratio(real: Real, slowest: str) -> float:
    alone = (await real.ask([slowest], next(real.people))).last
    return (await real.ask(real.systems, next(real.people))).last / alone


def _emit(name: str, value: float, unit: str, runs: int, target: str | None = None) -> None:
    emit(Figure(figure=f"dossier.{name}", value=value, unit=unit, runs=runs, target=target))


async def _fan_out(real: Real) -> None:
    for _ in range(WARM):
        await real.ask(real.systems, next(real.people))
    await _near(real)
    await _far(real)


def _watch(page: Page) -> list[dict[str, float]]:
    """Open the dossier of every open case once; the first opening warms and does not count."""
    seen: list[dict[str, float]] = []
    links = page.locator("a.go.open")
    links.first.wait_for()
    for nth in range(links.count()):
        seen.append(page.evaluate(_CLICK, nth))
        steps.open_page(page, "首页")
        links.first.wait_for()
        steps.settled(page)
    return seen[1:]


def _on_screen(house: House) -> None:
    with sync_playwright() as playwright, steps.chromium(playwright) as browser:
        size = dict(zip(("width", "height"), steps.OFFICE, strict=True))
        page = steps.window(browser, viewport=size).new_page()
        steps.sign_in(page, house.base, login_of("community"))
        seen = _watch(page)
    firsts = [one["first"] for one in seen]
    _emit("first_on_screen", median(firsts), "ms", len(seen), "<= 300")
    _emit("first_on_screen_p95", percentile(firsts, 0.95), "ms", len(seen))
    _emit("all_on_screen", median([one["last"] for one in seen]), "ms", len(seen))


def run(house: House) -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    _on_screen(house)
    with ground.environment(DATABASE_URL=house.server_environment()["DATABASE_URL"]):
        gateway = wiring.build().gateway
        gateway.start()
        try:
            sandbox = os.environ["PORTAL_SANDBOX_URL"]
            real = Real(gateway=gateway, sandbox=sandbox, people=_people(sandbox))
            asyncio.run(_fan_out(real))
        finally:
            gateway.stop()
