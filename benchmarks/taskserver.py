"""A business system with tasks in a process of its own: accepts every command, once per key."""

import argparse
import json
from datetime import UTC, datetime

from aiohttp import web

SEEN: set[str] = set()


def _said(body: object) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), content_type="application/json")


async def act(request: web.Request) -> web.Response:
    """A command."""
    body = await request.json()
    SEEN.add(body["key"])
    return _said({"code": "0"})


async def task(request: web.Request) -> web.Response:
    """One task: done."""
    row = {
        "id": request.match_info["id"],
        "kind": "核查",
        "title": "入户核查",
        "place": "110101001001",
        "state": "已办",
        "at": datetime.now(UTC).isoformat(),
        "by": "测量",
    }
    return _said({"code": "0", "rows": [row]})


def main() -> None:
    """Serve on the given port until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    app = web.Application()
    app.router.add_post("/{system}/act", act)
    app.router.add_get("/{system}/tasks/{id}", task)
    app.router.add_get("/healthz", lambda _request: web.Response(text="ok"))
    web.run_app(app, host="127.0.0.1", port=parser.parse_args().port, print=None, access_log=None)


if __name__ == "__main__":
    main()
