"""接入质量: what a manifest claims must be borne out by its rules."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from portal.connectors import quality
from portal.connectors.manifest import Manifest
from portal.connectors.quality import CHECKS, Facts, Running, Verdict
from portal.connectors.registry import ManifestError, read_manifest, read_manifests
from portal.settings import ROOT
from portal.store.citypack import read_pack
from tests.connectors.support import site, write_manifests

MANIFESTS = read_manifests()
SITES = {one.id: one for one in read_pack(ROOT / "city" / "xining").systems}
TODAY = date(2026, 11, 24)


def facts_of(system_id: str) -> Facts:
    return Facts(
        manifest=MANIFESTS[system_id],
        site=SITES[system_id],
        today=TODAY,
        recorded=quality.recorded(system_id),
    )


@pytest.mark.parametrize("system_id", sorted(MANIFESTS))
def test_what_a_manifest_claims_is_supported(system_id: str) -> None:
    assert [(one.rule.id, one.reason) for one in quality.unsupported(facts_of(system_id))] == []


def test_every_rule_has_a_way_to_check_it_and_every_check_a_rule() -> None:
    automatic = {one.id for one in quality.book().rule if one.how == "automatic"}
    assert automatic == set(CHECKS)
    assert {one.level for one in quality.book().rule} == {1, 2, 3}


def test_the_recordings_hold_for_a_claim_made_with_the_wrong_ones() -> None:
    poor = replace(facts_of("subsistence"), recorded=frozenset({"probe", "person_found"}))
    found = {one.rule.id: one.reason for one in quality.unsupported(poor)}
    assert set(found) == {"recorded", "recorded_errors"}
    assert "person_missing、roster_page_1" in found["recorded"]


def made(tmp_path: Path, *changes: tuple[str, str]) -> Manifest:
    def change(text: str) -> str:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return text

    folder = write_manifests(tmp_path, ["a"], change)
    return read_manifest(folder / "service" / "a.toml")


AS_OF = ('success = "code', 'as_of = { from = "time", convert = ["moment:iso"] }\nsuccess = "code')
ALL = frozenset({"probe", "person_found", "person_missing", "roster_page_1", "error_busy"})
GOOD_RUN = Running(calls=1000, failed=5, p95_ms=900)


def facts(manifest: Manifest, **changes: object) -> Facts:
    whole = Facts(
        manifest=manifest,
        site=site("a", approval_no="青数函〔2026〕1号", approval_until="2027-12-31"),
        today=TODAY,
        recorded=ALL,
        running=GOOD_RUN,
        stated={"samples": "比对30人一致", "sign_off": "李某签字"},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def missed(given: Facts) -> set[str]:
    return {one.rule.id for one in quality.assess(given) if not one.good}


def test_a_system_that_meets_everything_reaches_the_highest(tmp_path: Path) -> None:
    checked = quality.assess(facts(made(tmp_path, AS_OF)))
    assert quality.reached(checked) == 3
    assert {one.verdict for one in checked} == {Verdict.DONE, Verdict.IRRELEVANT}


@pytest.mark.parametrize(
    ("changes", "rule", "level"),
    [
        ([("stale_minutes = 60\n", "")], "stale_limit", 0),
        ([("timeout_seconds = 5\n", "")], "time_limit", 0),
        ([('paging = {{ kind = "page", size = 2 }}', "")], "paging", 1),
        ([('\nsuccess = "code', '\n# success = "code'), ('denied = "code', '# denied = "code')],
         "error_words", 1),
    ],
)  # fmt: skip
def test_what_a_manifest_leaves_out_costs_its_level(
    tmp_path: Path, changes: list[tuple[str, str]], rule: str, level: int
) -> None:
    clean = [(old.replace("{{", "{").replace("}}", "}"), new) for old, new in changes]
    recorded = ALL - {"error_busy"} if rule == "error_words" else ALL
    given = facts(made(tmp_path, AS_OF, *clean), recorded=recorded)
    assert rule in missed(given)
    assert quality.reached(quality.assess(given)) == level


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"site": site("a", legal_basis="")}, "legal_basis"),
        ({"recorded": None}, "recorded"),
        ({"recorded": ALL - {"roster_page_1"}}, "recorded"),
        ({"recorded": ALL - {"error_busy"}}, "recorded_errors"),
        ({"site": site("a")}, "approval"),
        ({"site": site("a", approval_no="x", approval_until="2026-11-23")}, "approval"),
        ({"site": site("a", approval_no="x", approval_until="待定")}, "approval"),
        ({"running": None}, "answers"),
        ({"running": Running(calls=49, failed=0, p95_ms=1)}, "answers"),
        ({"running": Running(calls=1000, failed=11, p95_ms=1)}, "answers"),
        ({"running": Running(calls=1000, failed=0, p95_ms=4001)}, "pace"),
        ({"stated": {"samples": "比对30人一致"}}, "sign_off"),
    ],
)
def test_what_the_world_does_not_bear_out_costs_it_too(
    tmp_path: Path, changes: dict[str, object], rule: str
) -> None:
    assert rule in missed(facts(made(tmp_path, AS_OF), **changes))


@pytest.mark.parametrize("least", [1000])
def test_the_bounds_are_data(tmp_path: Path, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = quality.book().model_copy(update={"least_calls": least + 1})
    monkeypatch.setattr(quality, "book", lambda: strict)
    assert {"answers", "pace"} <= missed(facts(made(tmp_path, AS_OF)))


def test_an_exemption_has_a_reason_and_a_rule(tmp_path: Path) -> None:
    exempt = (
        "[limits]",
        '[quality]\nlevel = 2\nexempt = { as_of = "对方不提供数据时间" }\n[limits]',
    )
    given = facts(made(tmp_path, exempt))
    told = {one.rule.id: (one.verdict, one.reason) for one in quality.assess(given)}
    assert told["as_of"] == (Verdict.EXEMPT, "对方不提供数据时间")
    assert quality.unsupported(given) == ()
    for bad, words in (
        (exempt[1].replace("对方不提供数据时间", "略"), "quality.exempt.as_of"),
        (exempt[1].replace("as_of", "beauty"), "没有名为“beauty”的接入质量规则"),
    ):
        with pytest.raises(ManifestError, match=re.escape(words)):
            made(tmp_path / words, ("[limits]", bad))


def test_a_claim_beyond_what_is_there_is_found_out(tmp_path: Path) -> None:
    claim = made(tmp_path, ("[limits]", "[quality]\nlevel = 2\n[limits]"))
    assert [one.rule.id for one in quality.unsupported(facts(claim))] == ["as_of"]


def test_a_command_without_its_number_would_be_done_twice() -> None:
    rule: Callable[[Facts], str] = CHECKS["idempotent"]
    given = facts_of("subsistence")
    assert rule(given) == ""
    act = given.manifest.calls["act"]
    body = {k: v for k, v in act.body.items() if "{key}" not in str(v)}  # type: ignore[union-attr]
    bare = act.model_copy(update={"body": body, "headers": {}, "query": {}})
    calls = {**given.manifest.calls, "act": bare}
    changed = replace(given, manifest=given.manifest.model_copy(update={"calls": calls}))
    assert "{key}" in rule(changed)
