"""Every answer carries the headers that protect the browser and none that names the server."""

import pytest

from portal.shield.headers import Headers
from tests.shield.wire import fetch, plain

PROTECTIONS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize("path", ["/", "/idp/authorize", "/nowhere", "/media/x.png", "/healthz"])
@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_every_answer_is_protected_whatever_it_is(path: str, status: int) -> None:
    answer = fetch(Headers(plain(status), https=False), path)
    assert {name: answer.header(name) for name in PROTECTIONS} == PROTECTIONS
    assert answer.header("permissions-policy")
    assert answer.header("content-security-policy")


def test_the_application_alone_protects_nothing() -> None:
    assert fetch(plain(), "/").header("content-security-policy") is None


def test_no_script_runs_but_our_own_files() -> None:
    policy = fetch(Headers(plain(), https=False), "/").header("content-security-policy") or ""
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == "'self'"
    assert rules["object-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["form-action"] == "'self'"
    assert "unsafe-eval" not in policy
    assert not any("http" in rule for rule in rules.values())


def test_a_file_somebody_made_cannot_act_as_a_page_of_ours() -> None:
    policy = fetch(Headers(plain(), https=False), "/media/a.html").header("content-security-policy")
    assert policy is not None
    assert "sandbox" in policy and "default-src 'none'" in policy


@pytest.mark.parametrize(("https", "present"), [(True, True), (False, False)])
def test_the_secure_wire_is_demanded_where_there_is_one(https: bool, present: bool) -> None:
    answer = fetch(Headers(plain(), https=https), "/")
    assert (answer.header("strict-transport-security") is not None) is present


def test_nothing_is_offered_to_other_origins_and_nobody_is_named() -> None:
    inner = plain(server="uvicorn", access_control_allow_origin="*")
    answer = fetch(Headers(inner, https=False), "/app/static/icon.png")
    assert answer.header("server") is None
    assert answer.header("access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("path", "status", "rule"),
    [
        ("/", 200, "no-store"),
        ("/media/x.png", 200, "no-store"),
        ("/healthz", 200, "no-store"),
        ("/static/js/a.js", 200, "public, immutable"),
        ("/static/js/none.js", 404, "no-store"),
        ("/app/static/zh.js", 200, "public, max-age=86400"),
    ],
)
def test_only_files_named_by_their_content_are_kept(path: str, status: int, rule: str) -> None:
    inner = plain(status, cache_control="public, immutable")
    assert fetch(Headers(inner, https=False), path).header("cache-control") == rule
