"""The supervisor: what it does when a part ends that should not have."""

import subprocess
import sys
from contextlib import ExitStack

import pytest

from portal.commands import run

ENDED = [sys.executable, "-c", ""]
ALIVE = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def _part(name: str, command: list[str], stack: ExitStack) -> "subprocess.Popen[bytes]":
    process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE))
    run._children[name] = process
    stack.callback(run._children.pop, name, None)
    if command is ENDED:
        process.wait()
    return process


def test_the_jobs_are_started_anew_and_the_pages_live_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []
    with ExitStack() as stack:

        def start(_stack: ExitStack, environment: dict[str, str]) -> None:
            """The second time the portal ends together with them: then all is over."""
            started.append(environment["DATABASE_URL"])
            run._children.pop(run._JOBS)
            _part(run._JOBS, ENDED, stack)
            if len(started) == 2:
                run._children.pop("门户")
                _part("门户", ENDED, stack)

        monkeypatch.setattr(run, "_start_jobs", start)
        monkeypatch.setattr(run, "_AGAIN_SECONDS", 0)
        _part("门户", ALIVE, stack)
        _part(run._JOBS, ENDED, stack)
        with pytest.raises(run.StartError, match="门户意外退出，其余部分随之停止"):
            run._watch(stack, {"DATABASE_URL": "one"})
    assert started == ["one", "one"]
    assert capsys.readouterr().out.count("后台任务意外退出") == 2
