"""Recordings and simulated systems are held to what neither of them was made from.

Views and files to tables written by hand, SOAP to the recorded WSDL by the schema validator of
libxml2, numbers of persons and enterprises to the check characters of their national standards.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from lxml import etree
from psycopg.rows import dict_row
from stdnum.cn import uscc

from sandbox.files.publish import Publisher
from sandbox.files.server import FileServer
from sandbox.kit.book import register_of
from sandbox.kit.drop import DropFace, Files
from sandbox.kit.soap import SoapFace
from sandbox.kit.views import ViewDatabase, ViewFace
from sandbox.population import World
from sandbox.systems import declared
from tests.conftest import TestCluster
from tests.connectors.record import heard_http, small_world
from tests.sandbox.agreements import CSV, FILES, STATUS, VIEWS, Table, faults, identity
from tests.sandbox.support import FIXTURES, NOON

SYSTEMS = {one.id: one for one in declared()}
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"
PERSON = re.compile(r"(?<![0-9A-Za-z])\d{6}(?:19|20)\d\d[01]\d[0-3]\d\d{3}[\dX](?![0-9A-Za-z])")
ENTERPRISE = re.compile(r"(?<![0-9A-Za-z])9[1-3]\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])")


def written(value: object) -> str:
    return "" if value is None else str(value)


def test_every_system_with_views_or_files_has_its_agreement() -> None:
    faces = {one.id: one.face for one in SYSTEMS.values()}
    views = {
        (name, view.name)
        for name, face in faces.items()
        if isinstance(face, ViewFace)
        for view in face.views
    }
    assert views == set(VIEWS)
    assert {name for name, face in faces.items() if isinstance(face, DropFace)} == set(FILES)


def test_recorded_views_are_as_agreed() -> None:
    for (system, view), table in VIEWS.items():
        rows = json.loads((FIXTURES / system / f"{view}.json").read_text(encoding="utf-8"))
        assert rows and faults(table, rows) == [], system
        status = json.loads((FIXTURES / system / "probe.json").read_text(encoding="utf-8"))
        assert faults(Table(STATUS, ("zt",)), status) == [], system


def test_what_the_reader_of_a_view_sees_today_is_as_agreed(
    cluster: TestCluster, world: World
) -> None:
    name = cluster.new_database("agreements")
    for (system_id, view), table in VIEWS.items():
        system = SYSTEMS[system_id]
        face = system.face
        assert isinstance(face, ViewFace)
        cluster.server.ensure_role(face.reader, f"{face.reader}-of-tests")
        register = register_of(system, world)
        people = (
            [system.people.full(register, one) for one in register.members]
            if (register and system.people)
            else []
        )
        things = list(system.things(world, lambda: NOON)) if system.things else []
        base = ViewDatabase(cluster.owner_url(name), face, f"{face.reader}-of-tests")
        base.install({"people": people, "things": things}, lambda: NOON)
        url = cluster.server.url(face.reader, f"{face.reader}-of-tests", name)
        with psycopg.connect(url, row_factory=dict_row, connect_timeout=5) as reader:
            rows = reader.execute(f"SELECT * FROM {face.schema}.{view}".encode()).fetchall()
            status = reader.execute(f"SELECT * FROM {face.schema}.v_status".encode()).fetchall()
        assert rows and faults(table, rows)[:5] == [], system_id
        assert faults(Table(STATUS, ("zt",)), status) == [], system_id


def as_csv(system: str, file: Path) -> list[dict[str, str]]:
    """The rows of a CSV whose last line and marker are right."""
    encoding, end = CSV[system]
    content = file.read_bytes()
    head, *rows, last = csv.reader(io.StringIO(content.decode(encoding), newline=""))
    assert last == [end, str(len(rows))]
    marker = dict(
        line.split("=") for line in file.with_name(f"{file.name}.ok").read_text().splitlines()
    )
    assert marker == {
        "SHA256": hashlib.sha256(content).hexdigest(),
        "ROWS": str(len(rows)),
        "SIZE": str(len(content)),
    }
    return [dict(zip(head, row, strict=True)) for row in rows]


def as_workbook(table: Table, file: Path) -> list[dict[str, str]]:
    """The rows of a workbook whose last one adds up those that are numbers."""
    with closing(openpyxl.load_workbook(file, read_only=True)) as book:
        (sheet,) = book.worksheets
        head, *rows, last = sheet.iter_rows(values_only=True)
    assert last[0] == "合计"
    for place, name in enumerate(head):
        amounts = [row[place] for row in rows]
        if all(isinstance(one, int) for one in amounts):
            assert last[place] == sum(amounts), name  # type: ignore[arg-type]
    assert any(isinstance(one, int) for one in last)
    return [dict(zip(map(written, head), map(written, row), strict=True)) for row in rows]


def rows_of(system: str, folder: Path) -> list[dict[str, str]]:
    (file,) = (one for one in folder.rglob("*") if one.suffix in (".csv", ".xlsx"))
    return as_csv(system, file) if system in CSV else as_workbook(FILES[system], file)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    made = FileServer(tmp_path_factory.mktemp("drops"), dict.fromkeys(FILES, "one"))
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("system_id", sorted(FILES))
def test_a_file_is_as_agreed_recorded_and_today(
    system_id: str, world: World, folders: FileServer
) -> None:
    recorded = rows_of(system_id, FIXTURES / system_id)
    assert recorded and faults(FILES[system_id], recorded) == []
    face = SYSTEMS[system_id].face
    assert isinstance(face, DropFace)
    kind = Files(system_id, face, world.region, world.seed)
    Publisher(folders, system_id, kind, lambda: NOON).open()
    today = rows_of(system_id, folders.root / system_id)
    assert today and faults(FILES[system_id], today)[:5] == []


def schema_of(system: str) -> etree.XMLSchema:
    found = etree.parse(FIXTURES / system / "service.wsdl").find(f".//{SCHEMA}")
    assert found is not None
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


def content_of(envelope: bytes) -> etree._Element:
    """What stands in the body, by itself."""
    body = etree.fromstring(envelope).find(f"{SOAP}Body")
    assert body is not None
    (content,) = body
    return etree.fromstring(etree.tostring(content))


WITH_WSDL = sorted(one.parent.name for one in FIXTURES.glob("*/service.wsdl"))


@pytest.mark.parametrize("system_id", WITH_WSDL)
def test_recorded_envelopes_keep_to_their_wsdl(system_id: str) -> None:
    schema, seen = schema_of(system_id), 0
    for file in sorted((FIXTURES / system_id).glob("*.xml")):
        content = content_of(file.read_bytes())
        if content.tag != f"{SOAP}Fault":
            schema.assertValid(content)
            seen += 1
    assert seen >= 3
    stranger = content_of((FIXTURES / system_id / "probe.xml").read_bytes())
    etree.SubElement(stranger, "{urn:another}OTHER").text = "1"
    assert not schema.validate(stranger)


def test_what_soap_systems_ask_and_say_today_keeps_to_the_recorded_wsdl() -> None:
    town = small_world()
    live = [one for one in SYSTEMS.values() if isinstance(one.face, SoapFace)]
    assert {one.id for one in live} == set(WITH_WSDL) - {"pension"}
    for system in live:
        schema = schema_of(system.id)
        heard = [one for _, one in heard_http(system, town)[0] if one["asked"]]
        assert len(heard) >= 3
        for one in heard:
            schema.assertValid(content_of(one["asked"].encode()))
            answer = content_of(one["told"])
            assert answer.tag.endswith("}Fault") or schema.validate(answer), system.id


def test_recorded_numbers_carry_the_check_characters_of_their_standards() -> None:
    persons, enterprises = set[str](), set[str]()
    for file in FIXTURES.rglob("*"):
        if file.suffix not in (".json", ".xml", ".csv") or file.name == "exchanges.json":
            continue
        text = file.read_bytes().decode(
            "gb18030" if b"GBK" in file.read_bytes() else "utf-8", "replace"
        )
        persons |= set(PERSON.findall(text))
        enterprises |= set(ENTERPRISE.findall(text))
    assert len(persons) > 20 and enterprises
    assert [one for one in sorted(persons) if not identity(one)] == []
    assert [one for one in sorted(enterprises) if not uscc.is_valid(one)] == []


GOOD = {"区划": "630102101000", "单位": "韵家口镇"} | dict.fromkeys(
    ("督办事项数", "已办结数", "逾期数"), "1"
)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([GOOD | {"逾期数": "0"}], 0),
        ([GOOD], 1),  # one done and one late of one
        ([GOOD | {"逾期数": "00"}], 1),
        ([GOOD | {"区划": "630102101"}], 1),
        ([GOOD | {"单位": ""}], 1),
        ([GOOD | {"逾期数": "0"}] * 2, 1),
        ([GOOD | {"备注": ""}], 1),
    ],
)
def test_what_is_not_as_agreed_is_told(rows: list[Mapping[str, Any]], told: int) -> None:
    assert len(faults(FILES["supervision_710"], rows)) == told
