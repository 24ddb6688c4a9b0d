"""Thirty-seven business systems in one process: each answers about anybody after 50 ms."""

import argparse
import asyncio
import json

from aiohttp import web

SECONDS = 0.05
SLOW_SECONDS = 2.0
SLOW = "slow"  # the system that keeps everybody waiting
DOWN = "down"  # the system that is always away
_HANG = "hang"
_FOR_EVER = 3600.0


def hanging(count: int) -> list[str]:
    """The ids of systems that take a question and never answer."""
    return [f"{_HANG}{number}" for number in range(1, count + 1)]


def _row(person: str) -> dict[str, str]:
    """A record of ordinary size: what a social insurance desk holds about one person."""
    return {
        "rybh": "P0000004711",
        "xm": "才让卓玛",
        "zjhm": person,
        "xb": "2",
        "csrq": "19530412",
        "lxdh": "13900000000",
        "hjdz": "某区某镇某社区幸福路一号院三号楼二单元五零一室",
        "xzdz": "某区某镇某社区幸福路一号院三号楼二单元五零一室",
        "hjqh": "110101001001",
        "cbzt": "1",
        "cbrq": "20120301",
        "jfys": "126",
        "jfdc": "500.00",
        "dyje": "212.50",
        "yhzh": "6228000000000000000",
        "rzrq": "2026/03/15",
        "rzjg": "1",
        "jbrq": "2026/03/15",
        "jbr": "王某",
        "bz": "无",
    }


async def answer(request: web.Request) -> web.Response:
    """One system's answer about one person."""
    system = request.match_info["system"]
    if system == DOWN:
        return web.Response(status=503)
    if system.startswith(_HANG):
        await asyncio.sleep(_FOR_EVER)
    await asyncio.sleep(SLOW_SECONDS if system == SLOW else SECONDS)
    row = _row(request.query.get("zjhm", ""))
    body = {"code": "0", "msg": "成功", "sjsj": "2026-11-22 23:30:00", "result": {"list": [row]}}
    return web.Response(
        body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json"
    )


def main() -> None:
    """Serve on the given port until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    app = web.Application()
    app.router.add_get("/{system}/person", answer)
    app.router.add_get("/healthz", lambda _request: web.Response(text="ok"))
    web.run_app(app, host="127.0.0.1", port=parser.parse_args().port, print=None, access_log=None)


if __name__ == "__main__":
    main()
