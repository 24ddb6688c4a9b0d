"""How the simulation is started: command line for what is open, environment for what is secret."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.allocation import Scale
from sandbox.messengers import REFERENCES as MESSENGERS
from sandbox.population import DEFAULT_SEED
from sandbox.province.service import NEEDS as PROVINCE
from sandbox.systems import references

PREFIX, TICKET, LINK = "SANDBOX_SECRET_", "_TICKET", "_LINK"
_TRUE = {"1", "true", "yes", "on", "t", "y"}


class Refused(Exception):
    """The simulation does not start; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Everything that a start needs to know."""

    host: str
    port: int
    sftp_port: int
    scale: Scale
    seed: int
    pack: Path
    database_url: str  # empty: systems that offer views stay out
    credentials: Mapping[str, str] = field(repr=False)  # what callers have to show, by reference
    portal_url: str = ""  # empty: nobody can be sent here with a ticket
    ticket_passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    link_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_options(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Read the command line and the environment, or refuse."""
    if environment.get("PORTAL_PRODUCTION", "").strip().lower() in _TRUE:
        raise Refused("模拟系统不得与生产环境同时运行（PORTAL_PRODUCTION 已启用），未启动。")
    given = _parser().parse_args(arguments)
    return Options(
        host=given.host,
        port=given.port,
        sftp_port=given.sftp_port,
        scale=Scale(given.scale),
        seed=given.seed,
        pack=given.pack,
        database_url=environment.get("SANDBOX_DATABASE_URL", ""),
        credentials=_credentials(environment),
        portal_url=environment.get("SANDBOX_PORTAL_URL", "").rstrip("/"),
        ticket_passwords=_by_system(environment, TICKET),
        link_secrets=_by_system(environment, LINK),
    )


def _by_system(environment: Mapping[str, str], ending: str) -> dict[str, str]:
    """The secrets of one kind by the system they belong to."""
    return {
        name.removeprefix(PREFIX).removesuffix(ending).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name.endswith(ending)
    }


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    names = {name: PREFIX + name.upper() for name in references()}
    missing = [one for one in names.values() if not environment.get(one)]
    if missing:
        raise Refused(f"缺少模拟系统的凭据，请设置环境变量：{'、'.join(missing)}，未启动。")
    # Nobody has to have a way to a phone or a province: without its credentials it is not served.
    others = (*MESSENGERS, *PROVINCE)
    ways = {name: environment.get(PREFIX + name.upper(), "") for name in others}
    return {name: environment[one] for name, one in names.items()} | {
        name: value for name, value in ways.items() if value
    }


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m sandbox", description="模拟上级业务系统（演示与测试用）"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8600)
    parser.add_argument("--sftp-port", type=int, default=0, help="0：任取一个空闲端口")
    parser.add_argument("--scale", choices=[scale.value for scale in Scale], default="demo")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--pack", type=Path, required=True, help="城市包目录")
    return parser
