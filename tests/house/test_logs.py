"""A log line says what failed and where, and never whom it was about."""

from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from portal import logs

SECRET = "110101199003078873"


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    of_the_tests = structlog.get_config()
    logs.configure()
    yield
    structlog.configure(**of_the_tests)


def test_a_traceback_shows_neither_variables_nor_the_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(id_number: str) -> None:
        raise ValueError(f"wrong: {id_number}")

    logs.configure()
    try:
        fail(SECRET)
    except ValueError:
        structlog.get_logger("t").exception("page failed", number="a1")
    line = capsys.readouterr().err
    assert SECRET not in line
    assert "ValueError" in line
    assert "test_logs.py" in line
    assert "a1" in line


def test_an_exception_handed_over_is_treated_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    structlog.get_logger("t").warning("job failed", exc_info=ValueError(SECRET))
    line = capsys.readouterr().err
    assert SECRET not in line
    assert "ValueError" in line


def test_a_logger_made_earlier_writes_on_when_its_stream_was_closed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = StringIO()
    with monkeypatch.context() as turned:
        turned.setattr("sys.stderr", first)
        logs.configure()
        kept = structlog.get_logger("t")
        kept.info("before")
    said = first.getvalue()
    first.close()
    kept.info("after")
    assert "before" in said
    assert "after" in capsys.readouterr().err
