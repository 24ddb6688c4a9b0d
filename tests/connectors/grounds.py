"""Two grounds to stand the manifests on: recorded fixtures replayed, and the running sandbox.

Both speak the real protocols; what differs is who answers. A new manifest needs a folder of
fixtures and a replay below, else the conformance suite says what is missing.
"""

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from portal.connectors.children import is_child
from portal.connectors.contract import Subject
from portal.connectors.registry import Registry, System, load_registry
from portal.settings import ROOT, Settings, settings
from portal.store import divisions
from portal.store.citypack import CityPack, SystemSite, read_pack
from sandbox.files.server import FileServer
from tests.conftest import TestCluster
from tests.connectors import replaying
from tests.connectors.scripted import Reply, Request, ScriptedServer, scripted_server

FIXTURES = Path(__file__).parent / "fixtures"
READER = "grid_reader"
HOST_KEY = "sandbox_host_key"
NOBODY = Subject(id="s-0", id_number="110101199003070134", name="无名", region_code="110101")


def city() -> CityPack:
    """The city pack of this project, with its demonstration half."""
    return _read(Settings().city_pack, settings().sandbox_url)


@lru_cache(maxsize=4)
def _read(folder: Path, _sandbox: str) -> CityPack:
    # A pack is frozen, and every test of these asks for it.
    return read_pack(folder)


def secrets_of(pack: CityPack) -> dict[str, str]:
    """A credential for every reference of the pack; the host key is the server's own.

    Readers are roles of the whole cluster: one word for them, whichever tests share it.
    """
    names = {name for site in pack.systems for name in site.credentials.values()} - {HOST_KEY}
    readers = {name: f"{name}-of-tests" for name in names if name.endswith("_reader")}
    return {name: f"test-{name}" for name in sorted(names)} | readers


SECRETS = secrets_of(city())
READERS = sorted(name for name in SECRETS if name.endswith("_reader"))


def file_accounts() -> dict[str, str]:
    """The accounts of the systems that put out files."""
    sites = [site.credentials for site in city().systems if HOST_KEY in site.credentials.values()]
    return {SECRETS[one["username"]]: SECRETS[one["password"]] for one in sites}


def person(id_number: str, name: str = "某人") -> Subject:
    """A person to ask about; systems are asked by identity number."""
    return Subject(id=id_number[-6:], id_number=id_number, name=name, region_code=id_number[:6])


@dataclass
class Ground:
    """Somewhere to ask all systems, and people that each of them knows."""

    name: str
    http_url: str
    database_url: str
    sftp_url: str
    host_key: str
    known: dict[str, list[Subject]]
    turn: Callable[..., None] | None = None
    server: ScriptedServer | None = None
    secrets: dict[str, str] = field(default_factory=lambda: dict(SECRETS))

    def registry(self, timeouts: Mapping[str, float] = MappingProxyType({})) -> Registry:
        """The systems of the city pack, standing on this ground; some with less patience."""
        pack = city()
        loaded = load_registry(
            [self._moved(site) for site in pack.systems],
            retired_codes=pack.retired_codes,
            secret=lambda name: {"sandbox_host_key": self.host_key, **self.secrets}[name],
        )
        return Registry(
            _within(one, timeouts[one.id]) if one.id in timeouts else one
            for one in loaded.systems.values()
        )

    def _moved(self, site: SystemSite) -> SystemSite:
        secret = {"password", "reader"} & set(site.credentials)
        on_database = bool(secret) and "username" not in site.credentials
        endpoint = self.database_url if on_database else f"{self.http_url}/{site.id}"
        if "host_key" in site.credentials:
            endpoint = self.sftp_url
        return site.model_copy(update={"endpoint": endpoint})


def _within(system: System, seconds: float) -> System:
    """The system with another time limit."""
    limits = system.manifest.limits.model_copy(update={"timeout_seconds": seconds})
    return replace(system, manifest=system.manifest.model_copy(update={"limits": limits}))


# --- the recorded fixtures ---------------------------------------------------------------------


def raw(system: str, name: str) -> Reply:
    """A recorded answer; its status may be part of its name (``person_missing.404.json``)."""
    (file,) = [
        one
        for one in (FIXTURES / system).iterdir()
        if one.name.split(".")[0] == name
        and one.suffix in {".json", ".xml", ".wsdl"}
        and "request" not in one.name
    ]
    status = re.search(r"\.(\d{3})\.", file.name)
    return Reply(status=int(status[1]) if status else 200, body=file.read_bytes())


def known_id(system: str) -> str:
    """The identity number that the recorded question was about (the portal asks with 18 digits)."""
    return "630102195304129822"


def replay_subsistence(request: Request) -> Reply:
    if request.headers.get("x-app-key") != SECRETS["subsistence_app_key"]:
        return raw("subsistence", "error_app_key")
    for end, name in (("/ping", "probe"), ("/tjfx/list", "counts_page_1")):
        if request.path.endswith(end):
            return raw("subsistence", name)
    if request.path.endswith("/rwzx/submit"):
        body = json.loads(request.body)
        return raw("subsistence", _verdict(body["rwbh"], body["hcjg"] == "2", body["hcyj"]))
    if "/sqsl/" in request.path:
        return _application(request)
    if request.path.endswith("/rwzx/list"):
        page = request.query.get("pageNumber")
        return raw("subsistence", f"tasks_page_{page}" if page else "task_found")
    if request.path.endswith("/list"):
        page = int(request.query["pageNumber"])
        return raw("subsistence", f"roster_page_{page}" if page < 3 else "roster_past_the_end")
    if "jtbh" in (asked := json.loads(request.body)):
        first = json.loads(raw("subsistence", "household_found").body)["result"]["pageData"]
        known = asked["jtbh"] == first["records"][0]["jtbh"]
        return raw("subsistence", "household_found" if known else "person_missing")
    found = json.loads(request.body) == {"sfzh": known_id("subsistence")}
    return raw("subsistence", "person_found" if found else "person_missing")


def _application(request: Request) -> Reply:
    if request.path.endswith("/submit"):
        whole = all(json.loads(request.body)[name] for name in ("lxdh", "sqly"))
        return raw("subsistence", "apply_done" if whole else "apply_refused")
    known = request.query["slbh"].startswith("SL")
    return raw("subsistence", "progress_found" if known else "progress_missing")


def replay_medical_insurance(request: Request) -> Reply:
    if request.path.endswith("/oauth2/token"):
        good = request.headers.get("authorization", "").startswith("Basic ")
        return raw("medical_insurance", "token" if good else "error_invalid_client")
    token = json.loads(raw("medical_insurance", "token").body)["access_token"]
    if request.headers.get("authorization") != f"Bearer {token}":
        return raw("medical_insurance", "error_expired_token")
    if request.path.endswith("/health"):
        return raw("medical_insurance", "probe")
    if request.path.endswith("/actions"):
        body = json.loads(request.body)
        told = _verdict(request.path.split("/")[-2], body["outcome"] == "UNREACHED", body["remark"])
        return raw("medical_insurance", told)
    if request.path.endswith("/statistics"):
        return raw("medical_insurance", "counts_page_1")
    if "/work-items/" in request.path:
        return raw("medical_insurance", "task_found")
    if request.path.endswith("/work-items"):
        first = "cursor" not in request.query
        return raw("medical_insurance", "tasks_page_1" if first else "tasks_page_2")
    if request.method == "GET":
        first = "cursor" not in request.query
        return raw("medical_insurance", "roster_page_1" if first else "roster_page_2")
    found = json.loads(request.body)["certNo"] == known_id("medical_insurance")
    return raw("medical_insurance", "person_found" if found else "person_missing")


def replay_pension(request: Request) -> Reply:
    if request.method == "GET":
        return raw("pension", "service")
    text = request.body.decode()
    if SECRETS["pension_password"] not in text:
        return raw("pension", "fault_auth")
    if "FinishTask" in text:
        found = re.search(r"BAZ001>(\w+)<", text)
        told = _verdict(found[1] if found else "", "BAZ005>0<" in text, "AAE013" in text)
        return raw("pension", told)
    if "QueryNumbers" in text:
        return raw("pension", "counts_page_1")
    if "GetTask" in text:
        return raw("pension", "task_found")
    if "QueryTasks" in text:
        return raw("pension", "tasks_page_1")
    if "QueryRoster" in text:
        first = re.search(r"STARTROW>1<", text) is not None
        return raw("pension", "roster_page_1" if first else "roster_page_2")
    if "QueryPerson" in text:
        found = f">{known_id('pension')}<" in text
        return raw("pension", "person_found" if found else "person_missing")
    return raw("pension", "probe")


def _verdict(task_id: str, bad: bool, reason: object) -> str:
    """Which recording answers a command: the second task of every system is finished already."""
    if task_id.endswith("2"):
        return "act_finished"
    return "act_refused" if bad and not reason else "act_done"


@lru_cache
def finished_orders() -> frozenset[str]:
    """The recorded orders that were finished before anybody sent a command."""
    rows = json.loads(raw("hotline", "tasks_page_1").body)["result"]["pageData"]["records"]
    return frozenset(one["gdbh"] for one in rows if one["gdzt"] == "3" and not one["hfnr"])


def replay_hotline(request: Request) -> Reply:
    headers = request.headers
    pairs = sorted(request.query.items())
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    digest = hashlib.sha256(request.body).hexdigest()
    lines = (request.method, request.path, query, digest)
    text = "\n".join((*lines, headers["x-timestamp"], headers["x-nonce"]))
    key = SECRETS["hotline_secret"].encode()
    if hmac.new(key, text.encode(), hashlib.sha256).hexdigest() != headers["x-signature"]:
        return raw("hotline", "error_signature")
    if request.path.endswith("/ping"):
        return raw("hotline", "probe")
    if "lsh" in (told := json.loads(request.body or b"{}")):
        finished = told["gdbh"] in finished_orders()
        verdict = "act_refused" if len(told.get("nr") or "") < 5 else "act_done"
        return raw("hotline", "act_finished" if finished else verdict)
    if request.path.endswith("/get"):
        return raw("hotline", "task_found")
    if request.path.endswith("/changed"):
        return raw("hotline", "tasks_page_1")
    page = int(request.query["pageNumber"])
    return raw("hotline", f"worksheets_page_{page}" if page < 3 else "worksheets_past_the_end")


REPLAYS = {
    "hotline": replay_hotline,
    "subsistence": replay_subsistence,
    "medical_insurance": replay_medical_insurance,
    "pension": replay_pension,
}


def replay(request: Request) -> Reply:
    """Answer as the recorded systems did."""
    system = request.path.split("/")[1]
    if system in REPLAYS:
        return REPLAYS[system](request)
    return replaying.replay(request) if system in replaying.RECORDED else Reply(status=404)


def _recorded(name: str) -> str:
    one = json.loads(raw("grid", name).body)[0]
    return f"RETURN QUERY SELECT '{one['DM']}'::text, '{one['XX']}'::text;"


def _finish() -> str:
    """The function that writes, with the recorded answers."""
    return f"""
CREATE FUNCTION zzwg.f_bj(lsh text, rwbh text, czr text, jg text, qk text)
RETURNS TABLE ("DM" text, "XX" text) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF rwbh LIKE '%2' THEN {_recorded("act_finished")}
    ELSIF jg = '2' AND qk IS NULL THEN {_recorded("act_refused")}
    ELSE
        UPDATE zzwg.v_rw SET "ZT" = '1', "BLR" = czr, "BLJG" = jg WHERE "RWBH" = rwbh;
        {_recorded("act_done")}
    END IF;
END $$;
"""


def grid_tables(url: str) -> None:
    """The grid's views as tables holding the recorded rows, readable by its reader."""
    rows = {"v_syrk": [], "v_fw": [], "v_dw": [], "v_zt": [], "v_rw": [], "v_tj": []}  # type: dict[str, list[dict[str, Any]]]
    for name, view in (
        ("roster_page_1", "v_syrk"),
        ("roster_page_2", "v_syrk"),
        ("houses", "v_fw"),
        ("enterprises", "v_dw"),
        ("probe", "v_zt"),
        ("tasks_page_1", "v_rw"),
        ("counts_page_1", "v_tj"),
    ):
        rows[view] += json.loads(raw("grid", name).body)
    for one in rows["v_syrk"]:
        one["ZJHM_CX"] = one["ZJHM"].strip().upper()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA zzwg")
        for view, some in rows.items():
            table = sql.Identifier("zzwg", view)
            kinds = {
                column: "timestamp"
                if any(re.match(r"\d{4}-\d\d-\d\d ", str(one[column])) for one in some)
                else "text"
                for column in some[0]
            }
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
                for name, kind in kinds.items()
            )
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, columns))
            for one in some:
                marks = sql.SQL(", ").join(sql.Placeholder() * len(one))
                connection.execute(
                    sql.SQL("INSERT INTO {} VALUES ({})").format(table, marks), list(one.values())
                )
            connection.execute(
                sql.SQL("GRANT SELECT ON {} TO {}").format(table, sql.Identifier(READER))
            )
        connection.execute(
            sql.SQL("GRANT USAGE ON SCHEMA zzwg TO {}").format(sql.Identifier(READER))
        )
        connection.execute(_finish().encode())


def without_login(url: str) -> str:
    """A database address without the user and password in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}"


@contextmanager
def recorded_ground(cluster: TestCluster) -> Iterator[Ground]:
    """The fixtures behind a small server and in a small database."""
    for reader in READERS:
        cluster.server.ensure_role(reader, SECRETS[reader])
    name = cluster.new_database("grid")
    grid_tables(cluster.owner_url(name))
    replaying.recorded_views(cluster.owner_url(name))
    with scripted_server() as server, recorded_files() as files:
        server.play(replay)
        yield Ground(
            name="recorded",
            http_url=server.url,
            database_url=without_login(cluster.owner_url(name)),
            sftp_url=f"sftp://127.0.0.1:{files.port}",
            host_key=files.host_key,
            known=_known(),
            server=server,
        )


def _known() -> dict[str, list[Subject]]:
    """Whom each recording knows."""
    first = {one: [person(known_id(one))] for one in (*REPLAYS, "grid") if one != "hotline"}
    later = {one: replaying.index(one) for one in replaying.RECORDED}
    return first | {
        name: [person(one["known"], one["name"])] for name, one in later.items() if one["known"]
    }


@contextmanager
def recorded_files() -> Iterator[FileServer]:
    """The recorded files on a real SFTP server, put out long ago."""
    with TemporaryDirectory() as place:
        server = FileServer(Path(place), file_accounts())
        for site in city().systems:
            if HOST_KEY not in site.credentials.values():
                continue
            account = SECRETS[site.credentials["username"]]
            for file in (one for one in (FIXTURES / site.id).glob("*/*") if one.is_file()):
                copy = server.root / account / file.parent.name / file.name
                copy.parent.mkdir(exist_ok=True)
                copy.write_bytes(file.read_bytes())
                os.utime(copy, (1e9, 1e9))
        server.start()
        try:
            yield server
        finally:
            server.stop()


# --- the running sandbox -----------------------------------------------------------------------


def post(url: str, body: dict[str, Any]) -> Any:
    """Tell the sandbox's control desk something."""
    request = urllib.request.Request(  # noqa: S310 - our own sandbox
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def get(url: str) -> Any:
    """Ask the sandbox's control desk something."""
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


@contextmanager
def sandbox_ground(cluster: TestCluster) -> Iterator[Ground]:
    """The sandbox as its own process, on a free port, with a database of its own."""
    for reader in READERS:
        cluster.server.ensure_role(reader, SECRETS[reader])
    name = cluster.new_database("sandbox")
    pack = Settings().city_pack
    environment = {
        **os.environ,
        "SANDBOX_DATABASE_URL": cluster.owner_url(name),
        **{f"SANDBOX_SECRET_{key.upper()}": value for key, value in SECRETS.items()},
    }
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--pack", str(pack)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = re.match(r"sandbox ready (\S+)", process.stdout.readline())
        assert ready, "the sandbox did not start"
        url = ready[1]
        files = get(f"{url}/_control/sftp")

        def turn(system: str, mode: str, delay_ms: int = 0, *, revoke_tokens: bool = False) -> None:
            order = {"mode": mode, "delay_ms": delay_ms, "revoke_tokens": revoke_tokens}
            post(f"{url}/_control/{system}", order)

        try:
            yield Ground(
                name="sandbox",
                http_url=url,
                database_url=without_login(cluster.owner_url(name)),
                sftp_url=f"sftp://127.0.0.1:{files['port']}",
                host_key=files["host_key"],
                known=known_people(url),
                turn=turn,
            )
        finally:
            process.terminate()


def known_people(url: str) -> dict[str, list[Subject]]:
    """Some grown people of every system, by the sandbox's own account of the truth."""
    known: dict[str, list[Subject]] = {}
    today = datetime.now(UTC).date()
    for prefix in city_prefixes():
        for one in get(f"{url}/_control/people?limit=200&region={prefix}")["people"]:
            if is_child(one["id_number"], today):  # told in conclusions only
                continue
            for system in one["systems"]:
                known.setdefault(system, []).append(person(one["id_number"], one["name"]))
    return known


def city_prefixes() -> list[str]:
    """Where to look for people: every district of the city."""
    places = divisions.read_csv(city().folder / "divisions.csv")
    return [one.code for one in places if one.level == "district"]


def in_the_past(moment: datetime, now: datetime) -> bool:
    """Whether a time is aware and not ahead of the clock."""
    return moment.tzinfo is not None and moment <= now
