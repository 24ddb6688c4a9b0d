"""Answers again as a recorded system did, by the index of its exchanges.

Of the recordings of the same method and path the one fits whose parameters agree most; what is new
with every request (keys, names, moments) differs from all of them alike. What was said about the
person of the recordings is never said about another.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import psycopg
from lxml import etree
from psycopg import sql

from tests.connectors.scripted import Reply, Request

FIXTURES = Path(__file__).parent / "fixtures"
RECORDED = sorted(file.parent.name for file in FIXTURES.glob("*/exchanges.json"))


@lru_cache
def index(system_id: str) -> dict[str, Any]:
    """The index of one system: whom it knows, and what was asked and said."""
    text = (FIXTURES / system_id / "exchanges.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def replay(request: Request) -> Reply:
    """Answer as the recorded system did."""
    system_id = request.path.split("/")[1]
    asked = _parameters(request.body) | request.query
    known = [
        one
        for one in index(system_id).get("exchanges", [])
        if (one["method"], one["path"]) == (request.method, request.path)
        and not one["name"].startswith("error_")
    ]
    whose = index(system_id).get("known", "")
    fitting = [one for one in known if _same_person(whose, asked, one)] or known
    if not fitting:
        return Reply(status=404)
    best = max(reversed(fitting), key=lambda one: _agreement(asked, one))
    body = (FIXTURES / system_id / best["file"]).read_bytes()
    kind = "text/xml" if best["file"].endswith(("xml", "wsdl")) else "application/json"
    return Reply(status=best["status"], body=body, headers={"Content-Type": kind})


def _same_person(whose: str, asked: dict[str, str], one: dict[str, Any]) -> bool:
    about_them = bool(whose) and whose in one["asked"] + one["query"]
    return not about_them or whose in asked.values()


def _agreement(asked: dict[str, str], one: dict[str, Any]) -> int:
    recorded = _parameters(one["asked"].encode()) | dict(parse_qsl(one["query"], True))
    return sum(asked.get(name) == value for name, value in recorded.items())


def _parameters(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    if body.lstrip().startswith(b"<"):
        (payload,) = etree.fromstring(body).findall("{*}Body/*")
        told = {"": etree.QName(payload).localname}
        return told | {etree.QName(one).localname: one.text or "" for one in payload}
    if body.lstrip().startswith(b"{"):
        return {name: str(one) for name, one in json.loads(body).items()}
    return dict(parse_qsl(body.decode()))


def recorded_views(url: str) -> None:
    """The recorded rows of every view, as tables that its reader may read."""
    for system_id in RECORDED:
        about = index(system_id)
        if "schema" not in about:
            continue
        with psycopg.connect(url) as connection:
            schema, reader = sql.Identifier(about["schema"]), sql.Identifier(about["reader"])
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, reader))
            for view, file in about["views"].items():
                text = (FIXTURES / system_id / file).read_text(encoding="utf-8")
                table = sql.Identifier(about["schema"], view)
                _fill(connection, table, json.loads(text))
                connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(table, reader))


def _fill(
    connection: psycopg.Connection[Any], table: sql.Identifier, rows: list[dict[str, str]]
) -> None:
    columns = sql.SQL(", ").join(
        sql.SQL('{} text COLLATE "C"').format(sql.Identifier(one)) for one in rows[0]
    )
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, columns))
    marks = sql.SQL(", ").join(sql.Placeholder() * len(rows[0]))
    insert = sql.SQL("INSERT INTO {} VALUES ({})").format(table, marks)
    connection.cursor().executemany(insert, [list(one.values()) for one in rows])
