"""One suite that every manifest passes: on its recorded dialect and against the running sandbox."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from portal.connectors import conformance, trial
from portal.connectors.contract import Answer, Capability, Mask, RosterEntry, State, SubjectKind
from portal.connectors.manifest import FilesManifest
from portal.connectors.registry import read_manifests
from portal.store.clock import local
from sandbox.systems import catalogue, references
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import FIXTURES, NOBODY, Ground, city
from tests.connectors.support import has_chinese

MANIFESTS = read_manifests()
ALL = sorted(MANIFESTS)
SYSTEMS = [one for one in ALL if Capability.RECORDS in MANIFESTS[one].capabilities]
FILES = [one for one in ALL if MANIFESTS[one].transport == "files"]
COUNTED = [one for one in ALL if "counts" in MANIFESTS[one].calls]
# Those of them that say nothing of anybody.
NAMELESS = [one for one in COUNTED if "person" not in MANIFESTS[one].calls]
ROSTERS = [one for one in ALL if Capability.ROSTER in MANIFESTS[one].capabilities]
DOORS = [one for one in ALL if MANIFESTS[one].transport == "jump"]
# What the simulation never fills; the recorded dialect has it.
ALWAYS_EMPTY = {"subsistence": {"remark"}, "pension": {"remark"}}
RETIRED = tuple(city().retired_codes.values())


@pytest.fixture(params=["recorded", "sandbox"])
def ground(request: pytest.FixtureRequest) -> Ground:
    """Every rule holds on both grounds."""
    found: Ground = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def desk(configured: Path, ground: Ground) -> Iterator[Desk]:
    with desk_on(ground) as made:
        yield made


def fields(answer: Answer) -> dict[str, str | None]:
    return {one.name: one.value for record in answer.records for one in record.fields}


# --- what is there -----------------------------------------------------------------------------


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_a_manifest_has_its_recorded_dialect_and_a_place_in_both_grounds(
    system_id: str, ground: Ground
) -> None:
    names = {file.name.split(".")[0] for file in (FIXTURES / system_id).iterdir()}
    wanted = {"person_found", "person_missing", "probe"}
    wanted |= {"roster_page_1"} if system_id in ROSTERS else set()
    assert wanted <= names
    assert ground.known.get(system_id), f"{ground.name} knows nobody in {system_id}"
    assert ground.registry().system(system_id).serves(Capability.RECORDS)


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_every_declared_field_is_filled_for_somebody(
    system_id: str, ground: Ground, desk: Desk
) -> None:
    seen: Counter[str] = Counter()
    # What it says of households, houses and enterprises is held to the same in test_things.
    wanted = set(ground.registry().system(system_id).told[SubjectKind.PERSON])
    for subject in ground.known[system_id][:200]:
        answer = desk.ask_one(system_id, subject)
        seen.update(name for name, value in fields(answer).items() if value)
        if wanted - set(seen) <= ALWAYS_EMPTY.get(system_id, set()):
            return
    missing = wanted - set(seen)
    if ground.name == "recorded":  # one person cannot have everything
        assert len(missing) <= len(wanted) / 4, missing
    else:
        assert not missing, missing


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_a_known_person_is_returned_well_formed(system_id: str, ground: Ground, desk: Desk) -> None:
    for subject in ground.known[system_id][:8]:
        answer = desk.ask_one(system_id, subject)
        assert list(conformance.known_person(answer, subject, datetime.now(UTC))) == []
        assert answer.simulated
        assert "id_number" in fields(answer)


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_dates_codes_and_amounts_come_out_in_one_style(
    system_id: str, ground: Ground, desk: Desk
) -> None:
    for subject in ground.known[system_id][:8]:
        answer = desk.ask_one(system_id, subject)
        assert list(conformance.styles(answer, MANIFESTS[system_id])) == []


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_a_person_unknown_to_a_system_is_said_to_be(system_id: str, desk: Desk) -> None:
    answer = desk.ask(NOBODY)[system_id]
    assert list(conformance.unknown_person(answer)) == []
    assert has_chinese(answer.message)


@pytest.mark.parametrize("system_id", ALL)
def test_a_probe_answers(system_id: str, desk: Desk) -> None:
    health = desk.gateway.probe(system_id)
    assert list(conformance.probe(health)) == []


@pytest.mark.parametrize("system_id", ROSTERS)
def test_a_roster_is_whole_valid_and_without_doubles(
    system_id: str, ground: Ground, desk: Desk
) -> None:
    roster = desk.gateway.roster(system_id)
    entries: list[RosterEntry] = list(roster)
    told = conformance.roster(entries, roster.unreadable, today=date.today(), retired=RETIRED)
    assert list(told) == []
    assert {one.id_number for one in ground.known[system_id]} <= {one.id_number for one in entries}


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_wrong_credentials_are_a_refusal_with_the_others_intact(
    system_id: str, configured: Path, sandbox: Ground
) -> None:
    site = next(one for one in sandbox.registry().systems.values() if one.id == system_id).site
    broken = Ground(**{**vars(sandbox), "secrets": dict(sandbox.secrets)})
    for reference in site.credentials.values():
        broken.secrets[reference] = "wrong"
    subject = sandbox.known[system_id][0]
    with desk_on(broken) as desk:
        answers = desk.ask(subject)
        assert answers[system_id].state is State.REFUSED
        assert has_chinese(answers[system_id].message)
        assert "wrong" not in str(answers)
        others = {one.state for key, one in answers.items() if key != system_id}
        assert others <= {State.RETURNED, State.NOT_FOUND}


# --- systems that name nobody ------------------------------------------------------------------


def test_every_system_is_of_a_kind_that_this_suite_knows() -> None:
    assert sorted({*SYSTEMS, *FILES, *COUNTED, *DOORS}) == ALL
    assert len(ALL) == 37
    fields = Counter(manifest.field for manifest in MANIFESTS.values())
    assert min(fields[one] for one in ("party", "governance", "service")) >= 2


@pytest.mark.parametrize("system_id", [*FILES, *NAMELESS])
def test_a_system_that_gives_numbers_gives_no_person(system_id: str, ground: Ground) -> None:
    manifest = MANIFESTS[system_id]
    assert manifest.roster is None and "person" not in manifest.calls
    assert not [one for one in manifest.records if one.of is not SubjectKind.HOUSE]
    named = {one.mask for one in manifest.fields.values()} & {Mask.NAME, Mask.ID_NUMBER, Mask.PHONE}
    assert not named, "what it says of houses names nobody"
    assert not {"person", "roster"} & set(manifest.calls)
    system = ground.registry().system(system_id)
    assert not system.serves(Capability.RECORDS)
    assert system.serves(Capability.REPORTS)
    assert not ground.known.get(system_id)


# Added up by hand; what there is counts in the newest row of a place only.
SUMS = {
    "hotline": {
        "hotline_received": 5,
        "hotline_urgency": 5,
        "hotline_finished": 2,
        "hotline_unfinished": 3,
    },
    "subsistence": {
        "subsistence_edge_households": 11,
        "subsistence_joined": 3,
        "subsistence_left": 2,
        "subsistence_reviewed": 20,
        "subsistence_unfit": 2,
    },
    "medical_insurance": {
        "hardship_insurance_due": 43,
        "hardship_insured": 41,
        "newborn_insured": 4,
        "insured_elsewhere": 10,
    },
    "pension": {"pension_drawing": 259, "pension_uncertified": 30},
    "grid": {
        "grids": 12,
        "grids_general": 11,
        "grids_special": 1,
        "grid_staff_full": 10,
        "grid_staff_part": 6,
        "grid_staff_missing": 1,
        "grid_visits": 465,
        "grid_events": 74,
        "grid_events_own": 46,
        "grid_events_passed": 28,
        "grid_events_closed": 65,
        "disputes_found": 8,
        "disputes_settled": 7,
        "moved_in": 10,
        "moved_out": 6,
    },
}


SELDOM = {"subsistence": 100}  # this office decides at a quarter's end only


@pytest.mark.parametrize("system_id", COUNTED)
def test_rows_are_counted_by_place_and_day(system_id: str, ground: Ground, desk: Desk) -> None:
    recorded = ground.name == "recorded"
    today = local(datetime.now(UTC)).date()
    back = timedelta(days=SELDOM.get(system_id, 20))
    first = date(2026, 11, 1) if recorded else today - back
    told = desk.gateway.tally(system_id, first, today)
    assert list(conformance.counted(told, RETIRED)) == []
    if not recorded or system_id in NAMELESS:  # a small town has not everything
        assert all(one.counts for one in told.counted)
    assert all(count.number > 0 for one in told.counted for count in one.counts)
    if recorded and system_id in SUMS:
        sums = {one.measure.id: sum(n.number for n in one.counts) for one in told.counted}
        assert sums == {**dict.fromkeys(sums, 0), **SUMS[system_id]}


WHOLE = {
    "party_members": {
        "party_organisations": 7,
        "party_members": 1167,
        "party_members_away": 16,
    },
    "committee_cadres": {
        "committee_posts": 30,
        "committee_units": 4,
        "committee_members": 28,
        "committee_vacancies": 2,
        "committee_terms_ending": 11,
    },
}


def total_line(system_id: str, manifest: FilesManifest) -> dict[str, int]:
    """The sums of a recorded file, added up without the product's own reader."""
    drop = manifest.drop
    (file,) = [one for one in (FIXTURES / system_id / drop.folder).iterdir() if one.suffix != ".ok"]
    if drop.format == "xlsx":
        lines = [list(row) for row in load_workbook(file).active.iter_rows(values_only=True)]
    else:
        text = file.read_bytes().decode(drop.encoding)
        lines = [line.split(",") for line in text.splitlines()]
    head, rows = lines[0], lines[1:-1]  # the last line is a trailer in each of them
    return {
        one.id: sum(int(row[head.index(drop.columns[one.of.source])]) for row in rows)
        if one.of is not None
        else len(rows)
        for one in manifest.measures
    }


@pytest.mark.parametrize("system_id", FILES)
def test_files_are_read_checked_and_counted(system_id: str, ground: Ground, desk: Desk) -> None:
    system = ground.registry().system(system_id)
    manifest = system.manifest
    assert isinstance(manifest, FilesManifest)
    landed, tally = trial.read_file(desk.gateway, system)
    assert list(conformance.landed(landed, RETIRED)) == []
    counted = {one.measure.id: sum(n.number for n in one.counts) for one in tally.results()}
    if ground.name == "recorded":
        wanted = WHOLE.get(system_id) or total_line(system_id, manifest)
        assert counted == wanted
    else:
        assert all(counted.values())


@pytest.mark.parametrize("system_id", [*FILES, *NAMELESS])
def test_wrong_credentials_of_a_system_that_gives_numbers_are_a_refusal(
    system_id: str, configured: Path, sandbox: Ground
) -> None:
    site = sandbox.registry().system(system_id).site
    broken = Ground(**{**vars(sandbox), "secrets": dict(sandbox.secrets)})
    for name, reference in site.credentials.items():
        if name != "host_key":
            broken.secrets[reference] = "wrong"
    with desk_on(broken) as desk:
        health = desk.gateway.probe(system_id)
        assert health.state is State.REFUSED
        assert has_chinese(health.message)


# --- systems that are doors only ---------------------------------------------------------------


@pytest.mark.parametrize("system_id", DOORS)
def test_a_door_offers_entry_and_nothing_else(system_id: str, ground: Ground, desk: Desk) -> None:
    system = ground.registry().system(system_id)
    assert system.manifest.capabilities == {Capability.ENTRY}
    assert system.manifest.entry is not None
    assert set(system.manifest.calls) == {"probe"}
    assert system_id not in desk.asker.readable
    assert desk.gateway.probe(system_id).state is State.RETURNED


@pytest.mark.parametrize(
    ("system_id", "mode"),
    [
        *((one, "error200") for one in DOORS),
        *((one, mode) for one in DOORS[:3] for mode in ("down", "html", "flapping")),
    ],
)
def test_a_door_that_is_not_well_is_said_to_be(
    system_id: str, mode: str, configured: Path, sandbox: Ground
) -> None:
    assert sandbox.turn is not None
    sandbox.turn(system_id, mode)
    try:
        with desk_on(sandbox) as desk:
            health = desk.gateway.probe(system_id)
    finally:
        sandbox.turn(system_id, "normal")
    page = MANIFESTS[system_id].envelope.success == "contains(text, '<title>')"
    if not (mode == "html" and page):  # one web page is like another
        assert health.state is not State.RETURNED
        assert has_chinese(health.message)


# --- restraint ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "system_id", ["corrections", "petitions", "police_nonurgent", "court_mediation"]
)
def test_what_must_not_reach_a_dossier_has_no_way_into_one(
    system_id: str, ground: Ground, desk: Desk
) -> None:
    manifest = MANIFESTS[system_id]
    assert manifest.nature != "ordinary"
    assert not manifest.records and not manifest.fields and manifest.roster is None
    assert not ground.registry().system(system_id).serves(Capability.RECORDS)
    assert system_id not in desk.ask(NOBODY)


@pytest.mark.parametrize(
    ("system_id", "answers"),
    [
        ("population_housing", "verification"),
        ("disabled_persons", "verification"),
        ("family_economy", "conclusion"),
        ("medical_assistance", "conclusion"),
        ("birth_registration", "conclusion"),
    ],
)
def test_a_conclusion_is_all_that_comes_back(
    system_id: str, answers: str, ground: Ground, desk: Desk
) -> None:
    manifest = MANIFESTS[system_id]
    assert manifest.answers == answers
    for subject in ground.known[system_id][:8]:
        for one in desk.ask_one(system_id, subject).records[0].fields:
            rule = manifest.fields[one.name]
            told = rule.conclusion or one.name in {"name", "id_number"}
            assert told or rule.sensitivity == "open", one.name


def test_every_manifest_has_its_counterpart_and_the_pack_its_credentials() -> None:
    """A system that nobody simulates, or a credential that only one side knows, fails here."""
    assert sorted(one.id for one in catalogue()) == ALL
    given = {(name, one) for site in city().systems for name, one in site.credentials.items()}
    shown = {one for name, one in given if name not in ("host_key", "ticket", "link")}
    assert shown == set(references())


@pytest.mark.parametrize("field", ["party", "governance", "service"])
def test_the_list_has_its_fields(field: str) -> None:
    wanted = {"party": 8, "governance": 15, "service": 14}
    assert Counter(one.field for one in MANIFESTS.values())[field] == wanted[field]


def test_every_transport_carries_several() -> None:
    carried = Counter(one.transport for one in MANIFESTS.values())
    assert min(carried[one] for one in ("rest", "soap", "database", "files", "jump")) >= 3
    assert len(DOORS) == 11


@pytest.mark.parametrize("system_id", ALL)
def test_every_system_has_a_door(system_id: str, ground: Ground) -> None:
    system = ground.registry().system(system_id)
    assert Capability.ENTRY in system.manifest.capabilities
    assert system.manifest.entry is not None and system.site.entry


def test_nothing_is_asked_of_the_family_without_its_authorisation(
    ground: Ground, desk: Desk
) -> None:
    assert MANIFESTS["family_economy"].requires_authorisation
    desk.asker = replace(desk.asker, authorised=frozenset())
    answers = desk.ask(ground.known["family_economy"][0])
    assert "family_economy" not in answers
    assert "family_economy" not in {one["system_id"] for one in desk.rows}
    assert desk.gateway.unauthorised(desk.asker) == ["居民家庭经济状况核对系统"]
