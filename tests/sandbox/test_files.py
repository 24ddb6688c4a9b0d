"""The file server: what it puts out, and each way of doing it wrong."""

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from portal.store.sheets import read_sheet
from sandbox.files.numbers import Numbers
from sandbox.files.publish import (
    CSV_MODES,
    FILE_MODES,
    OF_ONE,
    SERVER_MODES,
    CommitteeFiles,
    PartyFiles,
    Publisher,
)
from sandbox.files.server import FileServer
from sandbox.misbehaviour import HTTP_MODES, Mode
from sandbox.region import Region
from tests.sandbox.support import FIXTURES, NOON


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    made = FileServer(tmp_path, {"p": "right", "c": "right"})
    made.start()
    yield made
    made.stop()


@pytest.fixture
def party(server: FileServer, region: Region) -> Publisher:
    made = Publisher(server, "p", PartyFiles(Numbers(region=region, seed=1)), lambda: NOON)
    made.open()
    return made


def names(server: FileServer) -> list[str]:
    return sorted(one.name for one in (server.root / "p" / "out").iterdir())


def test_the_first_file_has_the_recorded_dialect_and_its_marker(
    server: FileServer, party: Publisher
) -> None:
    name = "DYTJ_20261031_01.csv"
    assert names(server) == [name, f"{name}.ok"]
    data = (server.root / "p" / "out" / name).read_bytes()
    recorded = (FIXTURES / "party_members" / "out" / name).read_bytes()
    assert data.splitlines()[0] == recorded.splitlines()[0]
    rows = len(data.splitlines()) - 2
    assert data.decode("gbk").endswith(f"#END,{rows}\r\n")
    marker = (server.root / "p" / "out" / f"{name}.ok").read_text()
    assert hashlib.sha256(data).hexdigest() in marker


def test_a_workbook_has_the_recorded_dialect(server: FileServer, region: Region) -> None:
    made = Publisher(server, "c", CommitteeFiles(Numbers(region=region, seed=1)), lambda: NOON)
    made.open()
    (file,) = (server.root / "c" / "lwhz").iterdir()
    recorded = FIXTURES / "committee_cadres" / "lwhz" / "LWHZ_202610.xlsx"
    assert file.name == recorded.name
    ours, theirs = read_sheet(file.read_bytes()), read_sheet(recorded.read_bytes())
    assert (ours.title, ours.header) == (theirs.title, theirs.header)
    assert ours.rows[-1].cells[0] == "合计"


@pytest.mark.parametrize("mode", sorted(CSV_MODES - SERVER_MODES - {Mode.NORMAL}))
def test_each_mode_puts_out_something_else(
    server: FileServer, party: Publisher, mode: Mode
) -> None:
    before = names(server)
    party.turn(mode, 0)
    after = names(server)
    assert set(after) > set(before)
    assert not [one for one in after if one.endswith(".tmp")]
    party.turn(Mode.NORMAL, 0)
    assert len(names(server)) == len(after) + 2, "back to normal: one more good delivery"


def test_the_modes_of_files_are_not_those_of_http() -> None:
    assert not HTTP_MODES & (FILE_MODES - OF_ONE - {Mode.NORMAL, Mode.TRUNCATED})


def test_another_host_key_is_shown_and_the_right_one_again(
    server: FileServer, party: Publisher
) -> None:
    def shown() -> str:
        key = asyncio.run(asyncssh.get_server_host_key("127.0.0.1", server.port))
        assert key is not None
        return key.export_public_key().decode().strip()

    right = server.host_key
    assert shown() == right
    party.turn(Mode.CHANGED_HOST_KEY, 0)
    assert shown() != right
    party.turn(Mode.NORMAL, 0)
    assert shown() == right


def test_nothing_can_be_written_and_nobody_leaves_the_folder(server: FileServer) -> None:
    async def play() -> None:
        key = asyncssh.import_public_key(server.host_key)
        async with (
            asyncssh.connect(
                "127.0.0.1",
                server.port,
                known_hosts=([key], [], []),
                username="p",
                password="right",
                client_keys=None,
                config=None,
            ) as connection,
            connection.start_sftp_client() as sftp,
        ):
            assert await sftp.listdir("/../..") == await sftp.listdir("/")
            for work in (
                sftp.mkdir("x"),
                sftp.open("x", "w"),
                sftp.remove("out"),
                sftp.rename("out", "y"),
            ):
                with pytest.raises(asyncssh.SFTPError):
                    await work

    asyncio.run(play())
