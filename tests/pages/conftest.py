"""A page with a principal of our choice in front and fake systems behind; the rest is real."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest, app_test

from auth import oidc
from auth.principal import Principal
from portal import wiring
from portal.affairs.corrections import offer as corrections
from portal.affairs.forms.offer import FormTasks
from portal.affairs.matters import desk, queries
from portal.connectors.contract import TheirFault, TimedOut
from portal.connectors.gateway import Gateway
from portal.connectors.registry import load_registry
from portal.functions.changes import Notices
from portal.functions.digest import Digests
from portal.functions.entry import Entry
from portal.functions.matters import Filing, Matters
from portal.functions.messages import Messages
from portal.functions.records import Disputes, Records, Things
from portal.functions.reports import Reports
from portal.functions.resources import Resources
from portal.functions.rosters import Rosters
from portal.functions.systems import Systems
from portal.functions.tasks import Tasks
from portal.pages import background
from portal.pages.parts.opened import Opened
from portal.store import citypack
from portal.store.citypack import CityPack
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, NOBODY, FakeTransport, always
from tests.doorway import ENTRY
from tests.pages import standing
from tests.pages.clockwork import Clockwork

ID_NUMBER = support.ID_NUMBER
PAGE = "from portal.pages.catalogue import spec\nspec({path!r}).show()\n"
SHELL = (
    "from auth import oidc\nfrom portal.pages import shell\nshell.run(oidc.principal_from_run())\n"
)


def with_entry(text: str) -> str:
    """The manifest of a test system that people can enter."""
    return text.replace("[limits]\n", ENTRY)


@pytest.fixture(scope="session", autouse=True)
def _scanned_once() -> Iterator[None]:
    """Every run of a page reads what each installed package says of itself; once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@dataclass
class Office:
    """Whoever sits at the desk, and what they open."""

    who: Principal | None
    transports: dict[str, FakeTransport]
    went: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def open(self, path: str, **query: str) -> AppTest:
        """A page in a tab of its own."""
        tab = AppTest.from_string(PAGE.format(path=path), default_timeout=30)
        tab.query_params.update(query)
        return tab.run()

    def enter(self) -> AppTest:
        """The whole of it: frame and home."""
        return AppTest.from_string(SHELL, default_timeout=30).run()


def shown(tab: AppTest) -> str:
    """All that a tab shows as HTML."""
    assert not tab.exception, tab.exception
    return "\n".join(str(one.proto.body) for one in tab.get("html"))


def dossier_of(tab: AppTest) -> Opened:
    """What the tab has open."""
    found = [
        one for one in tab.session_state._state.filtered_state.values() if isinstance(one, Opened)
    ]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def transports() -> dict[str, FakeTransport]:
    """Four systems: one knows the person, one hangs up, one is broken, one knows nobody."""
    return {
        "a": FakeTransport(always(GOOD)),
        "b": FakeTransport(always(TimedOut())),
        "c": FakeTransport(always(TheirFault("对方系统返回了无法识别的内容，请稍后重试。"))),
        "d": FakeTransport(always(NOBODY)),
    }


@pytest.fixture
def office(
    hailing: CityPack,
    tmp_path: Path,
    transports: dict[str, FakeTransport],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:
    """A community clerk's desk in the small second city."""
    registry = load_registry(
        [
            support.site(one, entry=f"http://{one}.test", credentials={"ticket": "t"})
            for one in transports
        ],
        folder=support.write_manifests(tmp_path, list(transports), with_entry),
        secret=lambda _: "x",
    )
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    city = citypack.pack()
    with_sites = city.model_copy(update={"systems": tuple(map(support.site, transports))})
    monkeypatch.setattr("portal.functions.entry.pack", lambda: with_sites)
    notices = Notices(registry=registry)
    ours = (corrections.CorrectionTasks(), FormTasks())
    sources = [wiring._case_of_matters]
    records = Records(gateway=gateway, case_sources=sources, notices=notices)
    matters = Matters(records=records, registry=registry)
    reports = Reports(registry=registry)
    messages = Messages(channels=(), name_of=str, kinds_of=lambda _: ())
    wired = SimpleNamespace(
        gateway=gateway,
        notices=notices,
        records=records,
        things=Things(records=records),
        disputes=Disputes(records=records, take=wiring._file, standing=corrections.about),
        matters=matters,
        filing=Filing(matters=matters, open_case=desk.open_case, numbers=queries.numbers),
        entry=Entry(gateway=gateway),
        reports=reports,
        resources=Resources(registry=registry, reports=reports),
        rosters=Rosters(records=records),
        tasks=Tasks(registry=registry, platform={one.id: one for one in ours}),
        systems=Systems(gateway=gateway),
        messages=messages,
        digests=Digests(messages=messages),
        carriers={},
        adviser=None,
    )
    made = Office(who=people.principal(), transports=transports)

    def switch_page(page: Any, *, query_params: dict[str, str] | None = None) -> NoReturn:
        made.went.append((page.url_path, dict(query_params or {})))
        st.stop()
        raise AssertionError

    st.cache_data.clear()  # what another test's database said
    st.cache_resource.clear()
    monkeypatch.setattr(wiring, "app", lambda: wired)
    monkeypatch.setattr(oidc, "principal_from_run", lambda: made.who)
    monkeypatch.setattr(st, "switch_page", switch_page)
    yield made
    gateway.stop()
    background.settle()


@pytest.fixture
def become(office: Office) -> Callable[..., None]:
    """Let somebody else sit down."""

    def change(**values: Any) -> None:
        office.who = people.principal(**values)

    return change


def without(who: Principal | None, *roles: str) -> Principal:
    """The same person after roles were taken away."""
    assert who is not None
    return replace(who, roles=tuple(one for one in who.roles if one not in roles))


@pytest.fixture(autouse=True)
def _nothing_typed_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    run = AppTest.run
    monkeypatch.setattr(app_test, "LocalScriptRunner", Clockwork)
    Clockwork.held.clear()

    def checked(tab: AppTest, **values: Any) -> AppTest:
        before, clicked = standing.places(tab._tree), standing.clicked(tab._tree)
        made = run(tab, **values)
        if not clicked:
            assert standing.moved(before, standing.places(made._tree)) == []
        return made

    monkeypatch.setattr(AppTest, "run", checked)
