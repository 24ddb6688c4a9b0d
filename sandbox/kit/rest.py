"""A simulated system behind REST and JSON, from its declaration.

An operation says where it lies and under which names its values come; the envelope says how an
answer looks and how each kind of failure is put. Values are looked for in the path, the query and a
body of JSON or form fields; ``header:Name`` is looked for among the headers.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.distort import Clock, Register, local
from sandbox.kit.book import moment_of
from sandbox.kit.declared import Row, Simulated, put
from sandbox.kit.events import between
from sandbox.kit.signatures import Signatures
from sandbox.kit.tokens import LIFETIME_SECONDS, Tokens, Verdict
from sandbox.misbehaviour import Switch
from sandbox.population import World
from sandbox.tasks import Outcome, TaskBook

LARGEST_PAGE = 500
Kind = Literal["person", "people", "things", "tasks", "task", "act", "ping", "look_up"]


@dataclass(frozen=True, kw_only=True)
class AppKey:
    """A fixed key in a header."""

    header: str = "X-App-Key"
    needs: tuple[str, ...] = ("app_key",)


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """Client credentials at a path of its own; tokens live two minutes."""

    path: str = "/oauth2/token"
    needs: tuple[str, ...] = ("client_id", "client_secret")


@dataclass(frozen=True, kw_only=True)
class Signed:
    """HMAC over the whole request, with a timestamp and a nonce."""

    needs: tuple[str, ...] = ("app_id", "secret")


@dataclass(frozen=True, kw_only=True)
class Op:
    """One operation: ``names`` maps what is meant to the name it has on the wire."""

    kind: Kind
    path: str
    method: Literal["GET", "POST"] = "GET"
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Said:
    """How one kind of failure is put: the system's code, its words, and the HTTP status."""

    code: Any
    words: str
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Where things lie in an answer. Paths are dotted; a missing one is left out."""

    code: str
    good: Any
    rows: str
    message: str | None = None
    total: str | None = None
    cursor: str | None = None
    as_of: str | None = None
    one: bool = False  # a single row is an object, not a list of one
    encoding: str = "utf-8"
    constant: Row = field(default_factory=dict)
    faults: Mapping[str, Said] = field(default_factory=dict)  # missing parameter key token busy
    # limited unknown finished refused

    def answer(self, rows: list[Any] | dict[str, Any], **known: Any) -> Response:
        """A good answer; ``known`` may hold total, cursor, as_of and words."""
        body: dict[str, Any] = {**self.constant}
        put(body, self.code, self.good)
        if self.message:
            put(body, self.message, known.get("words", "成功"))
        put(body, self.rows, rows)
        for name in ("total", "cursor", "as_of"):
            path = getattr(self, name)
            if path and name in known:
                put(body, path, known[name])
        return self.written(body, 200)

    def fault(self, kind: str, words: str | None = None) -> Response:
        """A failure in the system's own way."""
        said = self.faults[kind]
        body: dict[str, Any] = {**self.constant}
        put(body, self.code, said.code)
        put(body, self.message or "message", words or said.words)
        return self.written(body, said.status)

    def written(self, body: Any, status: int) -> Response:
        """The bytes, in the system's encoding."""
        text = json.dumps(body, ensure_ascii=False)
        return Response(
            text.encode(self.encoding, errors="replace"),
            status_code=status,
            media_type="application/json",
            headers={"content-type": f"application/json; charset={self.encoding}"},
        )


@dataclass(frozen=True, kw_only=True)
class RestFace:
    """A system behind REST."""

    auth: AppKey | OAuth | Signed
    envelope: Envelope
    ops: Sequence[Op]

    @property
    def needs(self) -> tuple[str, ...]:
        """The credentials of the way in."""
        return self.auth.needs


class Guard(Protocol):
    """Says which failure a caller's proof amounts to, or nothing."""

    def refusal(self, request: Request, body: bytes) -> str | None: ...


class _KeyGuard:
    def __init__(self, auth: AppKey, key: str) -> None:
        self._header, self._key = auth.header, key

    def refusal(self, request: Request, body: bytes) -> str | None:
        return None if request.headers.get(self._header) == self._key else "key"


class _TokenGuard:
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def refusal(self, request: Request, body: bytes) -> str | None:
        verdict = self._tokens.check(request.headers.get("Authorization", ""))
        return None if verdict is Verdict.GOOD else "token"


class _SignatureGuard:
    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    def refusal(self, request: Request, body: bytes) -> str | None:
        return "key" if self._signatures.refusal(request, body) else None


class RestService:
    """Serves one declared system."""

    def __init__(
        self,
        system: Simulated,
        face: RestFace,
        credentials: Mapping[str, str],
        clock: Clock,
        switch: Switch,
        *,
        register: Register | None,
        book: TaskBook | None,
        things: Callable[[], list[Row]],
        world: World,
    ) -> None:
        self._system, self._face, self._clock, self._world = system, face, clock, world
        self._register, self._book, self._things = register, book, things
        self.tokens: Tokens | None = None
        self._switch = switch
        self._guard = self._guarding(credentials)

    def _guarding(self, credentials: Mapping[str, str]) -> Guard:
        auth = self._face.auth
        if isinstance(auth, AppKey):
            return _KeyGuard(auth, credentials["app_key"])
        if isinstance(auth, Signed):
            known = (credentials["app_id"], credentials["secret"])
            return _SignatureGuard(Signatures(*known, self._clock))
        known = (credentials["client_id"], credentials["client_secret"])
        self.tokens = Tokens(*known, self._clock, self._switch)
        return _TokenGuard(self.tokens)

    def routes(self) -> list[Route]:
        """The endpoints, the token's among them."""
        routes = [Route(op.path, self._endpoint(op), methods=[op.method]) for op in self._face.ops]
        if isinstance(self._face.auth, OAuth):
            routes.append(Route(self._face.auth.path, self._token, methods=["POST"]))
        return routes

    def busy(self) -> Response:
        """The system's own internal error."""
        return self._face.envelope.fault("busy")

    def limited(self) -> Response:
        """Asked too often."""
        answer = self._face.envelope.fault("busy")
        answer.status_code = 429
        return answer

    def garbled(self, body: bytes) -> bytes:
        """An answer of the right shape with nonsense in its rows."""
        envelope = self._face.envelope
        told = json.loads(body.decode(envelope.encoding))
        return json.dumps(_nonsense(told, envelope.rows.split("."))).encode(envelope.encoding)

    def wrongly(self, body: bytes) -> bytes:
        """The answer in the other encoding, whatever the header goes on to say."""
        own = self._face.envelope.encoding
        return body.decode(own).encode("gbk" if own == "utf-8" else "utf-8", errors="replace")

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", errors="replace"))
        tokens = self.tokens
        known = tokens and tokens.client_is_known(request.headers.get("Authorization", ""))
        if tokens is None or not known:
            return self._face.envelope.written({"error": "invalid_client"}, 401)
        if form.get("grant_type") != ["client_credentials"]:
            return self._face.envelope.written({"error": "unsupported_grant_type"}, 400)
        granted = {
            "access_token": tokens.issue(),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
        }
        return self._face.envelope.written(granted, 200)

    def _endpoint(self, op: Op) -> Callable[[Request], Any]:
        serve = getattr(self, _SERVED[op.kind])

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            refused = self._guard.refusal(request, body)
            if refused:
                return self._face.envelope.fault(refused)
            given = _values(op, request, body)
            if given is None:
                return self._face.envelope.fault("parameter")
            try:
                answer: Response = await run_in_threadpool(serve, given)
            except (ValueError, TypeError):
                return self._face.envelope.fault("parameter")
            return answer

        return endpoint

    # --- the operations ------------------------------------------------------------------------

    def _ping(self, given: Mapping[str, str]) -> Response:
        return self._face.envelope.answer({}, as_of=self._as_of())

    def _person(self, given: Mapping[str, str]) -> Response:
        envelope, people = self._face.envelope, self._system.people
        number = given.get("id_number", "")
        if people is None or self._register is None or len(number) not in (15, 18):
            return envelope.fault("parameter")
        find = self._register.find if len(number) == 18 else self._register.find_old
        person = find(number)
        if person is None:
            missing = "missing" in envelope.faults
            return envelope.fault("missing") if missing else self._listed([], 0, None)
        if people.verify is not None:
            row = people.verify(self._register, person, given)
        else:
            row = people.full(self._register, person)
        if envelope.one:
            return envelope.answer(dict(row), as_of=self._as_of())
        return self._listed([row], 1, None)

    def _look_up(self, given: Mapping[str, str]) -> Response:
        envelope, look_up = self._face.envelope, self._system.look_up
        if look_up is None:
            raise ValueError("nothing to look up")
        rows = look_up(self._world, given)
        if not rows:
            missing = "missing" in envelope.faults
            return envelope.fault("missing") if missing else self._listed([], 0, None)
        if envelope.one:
            return envelope.answer(dict(rows[0]), as_of=self._as_of())
        return self._listed(rows, len(rows), None)

    def _people(self, given: Mapping[str, str]) -> Response:
        people, register = self._system.people, self._register
        if people is None or register is None:
            raise ValueError("no people")
        row = people.brief or people.full
        members = register.members
        first, last = self._window(given)
        rows = [row(register, one) for one in members[first:last]]
        return self._page(rows, last, len(members))

    def _listing(self, given: Mapping[str, str]) -> Response:
        found = between(self._things(), given)
        first, last = self._window(given)
        rows = [
            {name: one for name, one in row.items() if not name.startswith("_")}
            for row in found[first:last]
        ]
        return self._page(rows, last, len(found))

    def _tasks(self, given: Mapping[str, str]) -> Response:
        errands, book = self._system.errands, self._book
        if errands is None or book is None:
            raise ValueError("no tasks")
        found = book.since(moment_of(given.get("since", ""), errands.style))
        first, last = self._window(given)
        return self._page([errands.row(one) for one in found[first:last]], last, len(found))

    def _task(self, given: Mapping[str, str]) -> Response:
        errands, book = self._system.errands, self._book
        found = book.get(given.get("task", "")) if book else None
        if errands is None or found is None:
            missing = "unknown" in self._face.envelope.faults
            return self._face.envelope.fault("unknown") if missing else self._listed([], 0, None)
        return self._page([errands.row(found)], 1, 1)

    def _act(self, given: Mapping[str, str]) -> Response:
        book, envelope = self._book, self._face.envelope
        if book is None or not given.get("key") or not given.get("action"):
            return envelope.fault("parameter")
        done = book.act(
            key=given["key"],
            task_id=given.get("task", ""),
            by=given.get("by", ""),
            outcome=given.get("outcome", ""),
            note=given.get("note", ""),
        )
        return self._told(done)

    def _told(self, done: Outcome) -> Response:
        envelope, errands = self._face.envelope, self._system.errands
        if done.verdict == "unknown":
            return envelope.fault("unknown")
        if done.verdict == "finished":
            return envelope.fault("finished", f"该任务{done.words}，不能重复提交")
        if done.task is None or errands is None or done.verdict == "refused":
            return envelope.fault("refused", done.words)
        return self._page([errands.row(done.task)], 1, 1)

    # --- pages ---------------------------------------------------------------------------------

    def _window(self, given: Mapping[str, str]) -> tuple[int, int]:
        size = int(given.get("size") or 100)
        if not 1 <= size <= LARGEST_PAGE:
            raise ValueError("size")
        if "cursor" in given:
            first = (
                int(urlsafe_b64decode(given["cursor"] + "==").decode()) if given["cursor"] else 0
            )
        elif "offset" in given:
            first = int(given["offset"] or 0)
        elif "row" in given:
            first = int(given["row"] or 1) - 1
        else:
            first = (int(given.get("page") or 1) - 1) * size
        if first < 0:
            raise ValueError("first")
        return first, first + size

    def _page(self, rows: Sequence[Row], last: int, total: int) -> Response:
        more = urlsafe_b64encode(str(last).encode()).decode().rstrip("=") if last < total else None
        return self._listed(rows, total, more)

    def _listed(self, rows: Sequence[Row], total: int, cursor: str | None) -> Response:
        return self._face.envelope.answer(
            list(rows), total=total, cursor=cursor, as_of=self._as_of()
        )

    def _as_of(self) -> str:
        moment: datetime = local(self._clock())
        if self._system.as_of_style == "iso":
            return moment.isoformat(timespec="seconds")
        return f"{moment:{self._system.as_of_style}}"


def _nonsense(told: Any, path: Sequence[str]) -> Any:
    if path:
        if not isinstance(told, dict) or path[0] not in told:
            return told
        return {**told, path[0]: _nonsense(told[path[0]], path[1:])}
    if isinstance(told, list):
        return [_nonsense(one, ()) for one in told]
    return {name: "※" for name in told} if isinstance(told, dict) else told


def _values(op: Op, request: Request, body: bytes) -> dict[str, str] | None:
    """What was asked, by meaning; None for a body that cannot be read."""
    sent: dict[str, Any] = {**request.query_params, **request.path_params}
    if body:
        told = _body(request, body)
        if told is None:
            return None
        sent |= told
    found: dict[str, str] = {}
    for meant, name in op.names.items():
        if name.startswith("header:"):
            found[meant] = request.headers.get(name.removeprefix("header:"), "")
        else:
            found[meant] = "" if sent.get(name) is None else str(sent[name])
    return found


def _body(request: Request, body: bytes) -> dict[str, Any] | None:
    try:
        if "form" in request.headers.get("content-type", ""):
            pairs = parse_qs(body.decode(), keep_blank_values=True)
            return {name: some[0] for name, some in pairs.items()}
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


_SERVED: Mapping[Kind, str] = {
    "ping": "_ping",
    "look_up": "_look_up",
    "person": "_person",
    "people": "_people",
    "things": "_listing",
    "tasks": "_tasks",
    "task": "_task",
    "act": "_act",
}
