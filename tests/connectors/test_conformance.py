"""One suite that every manifest passes: on its recorded dialect and against the running sandbox."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from portal.connectors import conformance, trial
from portal.connectors.contract import Answer, Capability, RosterEntry, State
from portal.connectors.registry import read_manifests
from portal.store.clock import local
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import FIXTURES, NOBODY, Ground, city
from tests.connectors.support import has_chinese

MANIFESTS = read_manifests()
ALL = sorted(MANIFESTS)
SYSTEMS = [one for one in ALL if Capability.RECORDS in MANIFESTS[one].capabilities]
FILES = [one for one in ALL if MANIFESTS[one].transport == "files"]
COUNTED = [one for one in ALL if "counts" in MANIFESTS[one].calls]
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
    assert {"person_found", "person_missing", "probe", "roster_page_1"} <= names
    assert ground.known.get(system_id), f"{ground.name} knows nobody in {system_id}"
    assert ground.registry().system(system_id).serves(Capability.RECORDS)


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_every_declared_field_is_filled_for_somebody(
    system_id: str, ground: Ground, desk: Desk
) -> None:
    seen: Counter[str] = Counter()
    wanted = set(MANIFESTS[system_id].fields)
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
    for subject in ground.known[system_id][:20]:
        answer = desk.ask_one(system_id, subject)
        assert list(conformance.known_person(answer, subject, datetime.now(UTC))) == []
        assert answer.simulated
        assert {"id_number", "name", "gender", "birth_date"} <= fields(answer).keys()


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_dates_codes_and_amounts_come_out_in_one_style(
    system_id: str, ground: Ground, desk: Desk
) -> None:
    for subject in ground.known[system_id][:20]:
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


@pytest.mark.parametrize("system_id", SYSTEMS)
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
    assert sorted({*SYSTEMS, *FILES, *COUNTED}) == ALL
    fields = Counter(manifest.field for manifest in MANIFESTS.values())
    assert min(fields[one] for one in ("party", "governance", "service")) >= 2


@pytest.mark.parametrize("system_id", [*FILES, *COUNTED])
def test_a_system_that_gives_numbers_gives_no_person(system_id: str, ground: Ground) -> None:
    manifest = MANIFESTS[system_id]
    assert not manifest.records and manifest.roster is None and not manifest.fields
    assert not {"person", "roster"} & set(manifest.calls)
    system = ground.registry().system(system_id)
    assert not system.serves(Capability.RECORDS)
    assert system.serves(Capability.REPORTS)
    assert not ground.known.get(system_id)


@pytest.mark.parametrize("system_id", COUNTED)
def test_rows_are_counted_by_place_and_day(system_id: str, ground: Ground, desk: Desk) -> None:
    recorded = ground.name == "recorded"
    today = local(datetime.now(UTC)).date()
    first = date(2026, 11, 1) if recorded else today - timedelta(days=20)
    told = desk.gateway.tally(system_id, first, today)
    assert list(conformance.counted(told, RETIRED)) == []
    assert all(one.counts for one in told.counted)
    assert all(count.number > 0 for one in told.counted for count in one.counts)
    if recorded:
        sums = {one.measure.id: sum(n.number for n in one.counts) for one in told.counted}
        assert sums == {"hotline_received": 5, "hotline_finished": 2}


@pytest.mark.parametrize("system_id", FILES)
def test_files_are_read_checked_and_counted(system_id: str, ground: Ground, desk: Desk) -> None:
    system = ground.registry().system(system_id)
    landed, tally = trial.read_file(desk.gateway, system)
    assert list(conformance.landed(landed, RETIRED)) == []
    counted = {one.measure.id: sum(n.number for n in one.counts) for one in tally.results()}
    if ground.name == "recorded":
        wanted = {
            "party_members": {"party_organisations": 7, "party_members": 1167},
            "committee_cadres": {
                "committee_members": 28,
                "committee_vacancies": 2,
                "committee_terms_ending": 11,
            },
        }
        assert counted == wanted[system_id]
    else:
        assert all(counted.values())


@pytest.mark.parametrize("system_id", [*FILES, *COUNTED])
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
