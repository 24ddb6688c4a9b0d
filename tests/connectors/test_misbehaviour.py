"""Systems on a bad day: each fault has its state and its words, and stays where it is."""

from pathlib import Path

import pytest

from portal.connectors.contract import Capability, State
from portal.connectors.registry import read_manifests
from tests.connectors import grounds
from tests.connectors.desk import desk_on
from tests.connectors.grounds import Ground
from tests.connectors.support import has_chinese

SYSTEMS = sorted(
    key for key, one in read_manifests().items() if Capability.RECORDS in one.capabilities
)

# --- recorded errors ---------------------------------------------------------------------------

RECORDED_ERRORS = {
    ("subsistence", "error_app_key"): State.REFUSED,
    ("subsistence", "error_busy"): State.FAULT,
    ("subsistence", "error_parameter"): State.FAULT,
    ("medical_insurance", "error_expired_token"): State.REFUSED,
    ("medical_insurance", "error_invalid_client"): State.REFUSED,
    ("medical_insurance", "error_invalid_parameter"): State.FAULT,
    ("medical_insurance", "error_rate_limit"): State.REFUSED,
    ("medical_insurance", "error_system"): State.FAULT,
    ("pension", "error_busy"): State.FAULT,
    ("pension", "error_parameter"): State.FAULT,
    ("pension", "fault_auth"): State.REFUSED,
    ("pension", "fault_client"): State.FAULT,
    ("pension", "fault_server"): State.FAULT,
}


@pytest.mark.parametrize(("system_id", "name"), list(RECORDED_ERRORS))
def test_every_recorded_error_becomes_its_state(
    configured: Path, recorded: Ground, system_id: str, name: str
) -> None:
    def with_error(request: grounds.Request) -> grounds.Reply:
        mine = request.path.startswith(f"/{system_id}/")
        set_up = request.method == "GET" or request.path.endswith("/token")
        return grounds.raw(system_id, name) if mine and not set_up else grounds.replay(request)

    assert recorded.server is not None
    recorded.server.play(with_error)
    try:
        with desk_on(recorded) as desk:
            subject = recorded.known[system_id][0]
            answers = desk.ask(subject)
            assert answers[system_id].state is RECORDED_ERRORS[system_id, name]
            assert has_chinese(answers[system_id].message)
            assert all(
                one.state in {State.RETURNED, State.NOT_FOUND}
                for key, one in answers.items()
                if key != system_id
            )
    finally:
        recorded.server.play(grounds.replay)


# --- the running sandbox misbehaves ----------------------------------------------------------

HTTP = ("subsistence", "medical_insurance", "pension")
# One of each dialect among the systems that came later: key, token, signature, SOAP in GBK, view.
LATER = ("social_assistance", "gov_service", "elderly_care", "family_economy")
MISBEHAVIOUR: list[tuple[str, str, State | None]] = [
    *((one, "down", State.FAULT) for one in HTTP),
    *((one, "reset", State.FAULT) for one in HTTP),
    *((one, "html", State.FAULT) for one in HTTP),
    *((one, "truncated", State.FAULT) for one in HTTP),
    *((one, "error200", State.FAULT) for one in HTTP),
    *((one, "wrong_encoding", State.FAULT) for one in HTTP),
    *((one, "rate_limit", State.REFUSED) for one in HTTP),
    *((one, "garbage", State.FAULT) for one in (*HTTP, *LATER, "medical_assistance")),
    *((one, "flapping", State.FAULT) for one in LATER),
    ("elderly_care", "down", State.FAULT),
    ("elderly_care", "rate_limit", State.REFUSED),
    *((one, "error200", State.FAULT) for one in LATER),
    ("family_economy", "truncated", State.FAULT),
    ("medical_insurance", "expire_token", State.REFUSED),
    ("gov_service", "expire_token", State.REFUSED),
    ("medical_assistance", "down", None),
    ("grid", "down", None),  # open connections break, new ones are refused
    ("grid", "garbage", State.FAULT),
]


@pytest.mark.parametrize(("system_id", "mode", "state"), MISBEHAVIOUR)
@pytest.mark.parametrize("when", ["from the start", "after a success"])
def test_a_misbehaving_system_is_told_apart_and_disturbs_nobody(
    configured: Path, sandbox: Ground, system_id: str, mode: str, state: State | None, when: str
) -> None:
    turn = sandbox.turn
    assert turn is not None
    first, second = sandbox.known[system_id][:2]
    try:
        with desk_on(sandbox) as desk:
            if when == "after a success":  # with the WSDL, the token and the pool in place
                assert desk.ask(second)[system_id].state is State.RETURNED
            turn(system_id, mode)
            answers = desk.ask(first)
            allowed = {state} if state else {State.FAULT, State.REFUSED}
            assert answers[system_id].state in allowed, answers[system_id].message
            assert answers[system_id].records == ()
            assert has_chinese(answers[system_id].message)
            others = {one.state for key, one in answers.items() if key != system_id}
            assert others <= {State.RETURNED, State.NOT_FOUND}
            assert desk.calls(system_id) <= 2, "retries are bounded"
            turn(system_id, "normal")
            if mode != "rate_limit":  # which asked for some seconds of peace
                assert desk.ask(first)[system_id].state is State.RETURNED, "nothing was kept"
    finally:
        turn(system_id, "normal")


# Of every dialect one; together, so that the time of one is waited for all.
HANGING = (*HTTP, "grid", "family_economy", "medical_assistance")


@pytest.mark.parametrize("when", ["from the start", "after a success"])
def test_systems_that_hang_are_timed_out_and_disturb_nobody(
    configured: Path, sandbox: Ground, when: str
) -> None:
    turn = sandbox.turn
    assert turn is not None
    subject = sandbox.known[HANGING[0]][0]
    well = {State.RETURNED, State.NOT_FOUND}
    try:
        # Short for who hangs, and long enough for a healthy answer on a busy machine.
        with desk_on(sandbox, timeouts=dict.fromkeys(HANGING, 4.0)) as desk:
            if when == "after a success":
                for one in HANGING:
                    other = sandbox.known[one][1]
                    assert desk.ask_one(one, other).state is State.RETURNED
            for one in HANGING:
                turn(one, "hang")
            answers = desk.ask(subject)
            for one in HANGING:
                assert answers[one].state is State.TIMEOUT, answers[one].message
                assert answers[one].records == ()
                assert has_chinese(answers[one].message)
                assert desk.calls(one) <= 2, "retries are bounded"
            assert {one.state for key, one in answers.items() if key not in HANGING} <= well
            for one in HANGING:
                turn(one, "normal")
            again = desk.ask(subject)
            assert {again[one].state for one in HANGING} <= well, "nothing was kept"
            assert again[HANGING[0]].state is State.RETURNED
    finally:
        for one in HANGING:
            turn(one, "normal")


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_a_slow_system_is_waited_for_within_its_time(
    configured: Path, sandbox: Ground, system_id: str
) -> None:
    turn = sandbox.turn
    assert turn is not None
    try:
        turn(system_id, "slow", 100)
        with desk_on(sandbox) as desk:
            answers = desk.ask(sandbox.known[system_id][0])
        assert answers[system_id].state is State.RETURNED
    finally:
        turn(system_id, "normal")


def test_revoked_tokens_are_replaced_without_anybody_noticing(
    configured: Path, sandbox: Ground
) -> None:
    turn = sandbox.turn
    assert turn is not None
    first, second = sandbox.known["medical_insurance"][:2]
    with desk_on(sandbox) as desk:
        assert desk.ask(first)["medical_insurance"].state is State.RETURNED
        turn("medical_insurance", "normal", revoke_tokens=True)
        assert desk.ask(second)["medical_insurance"].state is State.RETURNED
        assert desk.calls("medical_insurance") == 2


def test_a_system_that_goes_down_and_comes_back_is_used_again(
    configured: Path, sandbox: Ground
) -> None:
    turn = sandbox.turn
    assert turn is not None
    people = sandbox.known["grid"]
    try:
        with desk_on(sandbox) as desk:
            assert desk.ask(people[0])["grid"].state is State.RETURNED
            turn("grid", "down")
            assert desk.ask(people[1])["grid"].state is not State.RETURNED
            turn("grid", "normal")
            assert desk.ask(people[2])["grid"].state is State.RETURNED
    finally:
        turn("grid", "normal")


@pytest.mark.parametrize("system_id", LATER)
def test_a_system_that_disagrees_about_a_person_says_something_else(
    configured: Path, sandbox: Ground, system_id: str
) -> None:
    """Side by side in a dossier: the number is the same, name and telephone are not."""
    turn = sandbox.turn
    assert turn is not None
    subject = sandbox.known[system_id][0]
    try:
        with desk_on(sandbox) as desk:
            before = desk.ask(subject)[system_id]
        turn(system_id, "disagree")
        with desk_on(sandbox) as desk:
            after = desk.ask(subject)[system_id]
    finally:
        turn(system_id, "normal")
    assert after.state is State.RETURNED
    values = [
        {one.name: one.value for one in answer.records[0].fields} for answer in (before, after)
    ]
    assert values[0]["id_number"] == values[1]["id_number"]
    if "name" in values[0]:
        assert values[0]["name"] != values[1]["name"]
