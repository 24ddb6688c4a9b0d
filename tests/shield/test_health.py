"""The two health addresses tell the truth."""

from collections.abc import Mapping

from starlette.applications import Starlette

from portal.shield import health
from tests.shield.wire import Answer, fetch


def ask(path: str, **found: tuple[bool, str]) -> Answer:
    return fetch(Starlette(routes=health.routes(lambda: found)), path)


def test_alive_says_so_and_no_more() -> None:
    answer = ask("/healthz", database=(False, "数据库不可用"))
    assert (answer.status, answer.body) == (200, b'{"status":"ok"}')


def test_fit_for_work_when_everything_is_there() -> None:
    answer = ask("/readyz", database=(True, "可用"), upstream=(True, "运行中"))
    assert answer.status == 200
    assert b'"ready"' in answer.body


def test_one_missing_part_makes_it_unfit_and_is_named() -> None:
    answer = ask("/readyz", database=(True, "可用"), migrations=(False, "数据库结构不是最新"))
    assert answer.status == 503
    assert "数据库结构不是最新" in answer.body.decode()


def test_not_knowing_is_not_being_ready() -> None:
    def broken() -> Mapping[str, tuple[bool, str]]:
        raise ConnectionError("secret address")

    answer = fetch(Starlette(routes=health.routes(broken)), "/readyz")
    assert answer.status == 503
    assert b"secret" not in answer.body


def test_many_askers_cost_one_question() -> None:
    asked: list[int] = []

    def readiness() -> Mapping[str, tuple[bool, str]]:
        asked.append(1)
        return {"database": (True, "可用")}

    app = Starlette(routes=health.routes(readiness))
    assert {fetch(app, "/readyz").status for _ in range(5)} == {200}
    assert len(asked) == 1
