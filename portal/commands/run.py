"""``python -m portal run``: everything on one machine, stopped together with Ctrl-C."""

import json
import os
import secrets as random_secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from portal import settings as settings_module
from portal.commands import seed
from portal.settings import (
    APP_ADDRESS,
    ROOT,
    SFTP_ADDRESS,
    ensure_system_secrets,
    secrets,
    settings,
)
from portal.store import citypack, deployment, engine, migrate
from portal.store.citypack import pack
from portal.store.cluster import APP, OWNER, Cluster, ClusterError, die_with_parent
from portal.store.deployment import WrongDeploymentError
from portal.wiring import build

HOST_KEY = "host_key"
_DATABASE = "portal"
_SANDBOX_DATABASE = "sandbox"
_JOBS = "后台任务"
_AGAIN_SECONDS = 5


class StartError(Exception):
    """Something did not come up; the message says what and what to do."""


def say(line: str) -> None:
    """A line for whoever watches the terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


# -- database -----------------------------------------------------------------------------------


def _kept(file: Path) -> str:
    """A password that is made once and kept in a private file."""
    if not file.exists():
        settings_module.write_private(file, random_secrets.token_urlsafe(24))
    return file.read_text(encoding="utf-8")


@contextmanager
def _own_database() -> Iterator[dict[str, str]]:
    """The cluster in ``var``: gives the environment for the other processes."""
    var = settings().var_dir
    var.mkdir(parents=True, exist_ok=True)
    with Cluster(var / "pg" / "data") as server:
        owner, app = _kept(var / "pg" / "owner.password"), _kept(var / "pg" / "app.password")
        server.ensure_role(OWNER, owner)
        server.ensure_role(APP, app)
        server.ensure_database(_DATABASE, OWNER)
        migrate.upgrade(server.url(OWNER, owner, _DATABASE))
        address = var / APP_ADDRESS
        address.unlink(missing_ok=True)
        settings_module.write_private(address, server.url(APP, app, _DATABASE))
        environment = {"DATABASE_URL": server.url(APP, app, _DATABASE)}
        if not settings().production:
            environment |= _sandbox_database(server, owner)
        try:
            yield environment
        finally:
            address.unlink(missing_ok=True)


def _sandbox_database(server: Cluster, owner: str) -> dict[str, str]:
    """A database for the simulated systems, and its readers' address without password."""
    ensure_system_secrets(_references())
    for reader in (name for name in _references() if name.endswith("_reader")):
        server.ensure_role(reader, secrets().system(reader))
    server.ensure_database(_SANDBOX_DATABASE, OWNER)
    return {
        "SANDBOX_DATABASE_URL": server.url(OWNER, owner, _SANDBOX_DATABASE),
        "PORTAL_SANDBOX_DATABASE_URL": (
            f"postgresql://127.0.0.1:{server.port}/{_SANDBOX_DATABASE}"
        ),
    }


def _references() -> list[str]:
    """The credentials that callers show; a host key is shown to us."""
    held = [one.credentials for one in pack().systems]
    held += [one.credentials for one in pack().messages.channels]
    held.append(pack().province.credentials)
    return sorted({name for one in held for name in one.values()} - _host_keys())


def _signing() -> list[str]:
    """The keys with which programs sign what they push."""
    return sorted({one.secret for one in pack().intake.pusher if one.secret})


def _host_keys() -> set[str]:
    return {one.credentials[HOST_KEY] for one in pack().systems if HOST_KEY in one.credentials}


# -- children -----------------------------------------------------------------------------------


@contextmanager
def _child(name: str, command: list[str], environment: dict[str, str]) -> Iterator[None]:
    """A process of ours that ends with us; its end is the end of all."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - the supervisor has no other thread yet
    )
    _children[name] = process
    try:
        yield
    finally:
        _children.pop(name, None)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_children: dict[str, "subprocess.Popen[bytes]"] = {}


def _ended() -> str | None:
    """The name of a child that has ended on its own."""
    return next((name for name, one in _children.items() if one.poll() is not None), None)


def _first_to_end() -> str:
    """Wait until a child ends on its own; the jobs count last, for the pages live without them."""
    while not (ended := [name for name, one in _children.items() if one.poll() is not None]):
        time.sleep(0.5)
    return min(ended, key=lambda name: name == _JOBS)


def _wait_for(url: str, name: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _ended():
            raise StartError(f"{_ended()}未能启动，请查看上方输出。")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise StartError(f"{name}在 {seconds:.0f} 秒内没有就绪。")


def _sandbox_environment(environment: dict[str, str]) -> dict[str, str]:
    given = {f"SANDBOX_SECRET_{name.upper()}": secrets().system(name) for name in _references()}
    return {**environment, **given, "SANDBOX_PORTAL_URL": settings().public_url}


def _apply(environment: dict[str, str]) -> None:
    """Let this process see the settings that the others get."""
    os.environ.update(environment)
    engine.dispose()
    settings_module.reload()
    citypack.forget()


def _start_sandbox(stack: ExitStack, environment: dict[str, str], scale: str) -> None:
    address = urlsplit(settings().sandbox_url)
    command = [sys.executable, "-m", "sandbox", "--port", str(address.port), "--scale", scale]
    command += ["--pack", str(settings().city_pack)]
    stack.enter_context(_child("模拟业务系统", command, _sandbox_environment(environment)))
    _wait_for(settings().sandbox_url, "模拟业务系统", 300)
    environment["PORTAL_SANDBOX_SFTP_URL"] = _meet_file_server(stack, address.hostname or "")


def _meet_file_server(stack: ExitStack, host: str) -> str:
    """Take the simulated file server's host key from its owner, as one would on paper."""
    desk = f"{settings().sandbox_url}/_control/sftp"
    with urllib.request.urlopen(desk, timeout=5) as answer:  # noqa: S310 - our own address
        told = json.load(answer)
    for name in _host_keys():
        settings_module.keep_system_secret(name, told["host_key"])
    url = f"sftp://{host}:{told['port']}"
    left = settings().var_dir / SFTP_ADDRESS
    left.unlink(missing_ok=True)
    settings_module.write_private(left, url)
    stack.callback(left.unlink, missing_ok=True)
    _apply({"PORTAL_SANDBOX_SFTP_URL": url})
    return url


def _seed() -> None:
    wired = build()
    wired.gateway.start()
    try:
        seed.seed(wired, say)
    finally:
        wired.gateway.stop()


def serve(stack: ExitStack, environment: dict[str, str]) -> None:
    """Start the portal itself and wait until it answers."""
    address = urlsplit(settings().public_url)
    port = os.environ.get("PORTAL_PORT") or str(address.port or 8501)
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.port", port]
    own = {**environment, "STREAMLIT_SERVER_COOKIE_SECRET": secrets().cookie_secret}
    own.pop("SANDBOX_DATABASE_URL", None)
    os.environ.pop("SANDBOX_DATABASE_URL", None)
    stack.enter_context(_child("门户", command, own))
    _wait_for(f"http://127.0.0.1:{port}/healthz", "门户", 120)


def _start_jobs(stack: ExitStack, environment: dict[str, str]) -> None:
    """Start what runs behind the pages; how it fares is said on the operator's page."""
    own = {name: value for name, value in environment.items() if name != "SANDBOX_DATABASE_URL"}
    stack.enter_context(_child(_JOBS, [sys.executable, "-m", "portal", "jobs"], own))


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def run(scale: str) -> int:
    """Start all, wait for Ctrl-C, stop all. Gives the exit status."""
    for one in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a script's "&" starts us deaf to it
        signal.signal(one, _stop)
    with ExitStack() as stack:
        try:
            _run(stack, scale)
        except KeyboardInterrupt:
            say("正在停止……")
            return 0
        except (StartError, ClusterError, WrongDeploymentError) as error:
            say(f"启动失败：{error}")
            return 1


def _run(stack: ExitStack, scale: str) -> NoReturn:
    environment: dict[str, str] = {}
    if not os.environ.get("DATABASE_URL"):
        say("启动数据库……")
        environment = stack.enter_context(_own_database())
    elif settings().owner_url:
        migrate.upgrade(settings().owner_url)
    _apply(environment)
    if settings().production:
        deployment.require(deployment.PRODUCTION)
    else:
        ensure_system_secrets([*_references(), *_signing()])
        say("启动模拟业务系统……")
        _start_sandbox(stack, environment, scale)
        say("准备演示数据（首次约一分钟）……")
        _seed()
    say("启动门户……")
    serve(stack, environment)
    if settings().jobs == "apart":
        _start_jobs(stack, environment)
    say(f"已就绪：{settings().public_url}　（按 Ctrl-C 停止）")
    _watch(stack, environment)


def _watch(stack: ExitStack, environment: dict[str, str]) -> NoReturn:
    """Until something that cannot be done without has ended; the jobs are started anew."""
    while (name := _first_to_end()) == _JOBS:
        say(f"{name}意外退出，{_AGAIN_SECONDS} 秒后重新启动；页面照常可用。")
        time.sleep(_AGAIN_SECONDS)  # what ends at once must not be started all the time
        _start_jobs(stack, environment)
    raise StartError(f"{name}意外退出，其余部分随之停止。")
