"""A simulated system behind SOAP 1.1, from its declaration; the WSDL is written from the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.distort import Clock, Register, local
from sandbox.kit.book import moment_of
from sandbox.kit.declared import Row, Simulated
from sandbox.kit.envelopes import BrokenRequest, Call, Envelopes
from sandbox.kit.events import between
from sandbox.kit.rest import LARGEST_PAGE
from sandbox.tasks import TaskBook

Kind = Literal["person", "things", "tasks", "task", "act", "ping"]
_ELEMENTS: Mapping[Kind, str] = {"tasks": "TASK", "task": "TASK", "act": "TASK"}
_NUMBERS = "NUM"
_TYPES = {"TASK": "TaskRow", _NUMBERS: "NumberRow"}


@dataclass(frozen=True, kw_only=True)
class SoapOp:
    """One operation: ``names`` maps what is meant to the argument it comes in."""

    kind: Kind
    name: str
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SoapFace:
    """A system behind SOAP: its columns, the names of its leading values, its codes."""

    path: str
    namespace: str
    ops: Sequence[SoapOp]
    columns: Sequence[str] = ()
    task_columns: Sequence[str] = ()
    thing_columns: Sequence[str] = ()  # where persons have a row of another shape
    charset: str = "UTF-8"
    code: str = "CODE"
    message: str = "MSG"
    as_of: str = "SJSJ"
    total: str = "TOTAL"
    codes: Mapping[str, str] = field(default_factory=dict)  # good missing parameter busy
    # unknown finished refused
    needs: tuple[str, ...] = ("username", "password")


class SoapService:
    """Serves one declared system; needs a user name and password in the header."""

    def __init__(
        self,
        system: Simulated,
        face: SoapFace,
        credentials: Mapping[str, str],
        clock: Clock,
        *,
        register: Register | None,
        book: TaskBook | None,
        things: Callable[[], list[Row]],
    ) -> None:
        self._system, self._face, self._clock = system, face, clock
        self._known = f"{credentials['username']}\n{credentials['password']}".encode()
        self._register, self._book, self._things = register, book, things
        self.envelopes = Envelopes(namespace=face.namespace, charset=face.charset)
        self._ops = {op.name: op for op in face.ops}

    def routes(self) -> list[Route]:
        """One path: the WSDL by GET, the operations by POST."""
        path = self._face.path
        return [
            Route(path, self._wsdl, methods=["GET"]),
            Route(path, self._call, methods=["POST"]),
        ]

    def busy(self) -> Response:
        """The system's own internal error."""
        op = self._face.ops[0].name
        return self.envelopes.answer(op, self._head("busy", "系统繁忙"))

    async def _wsdl(self, request: Request) -> Response:
        if "wsdl" not in {name.lower() for name in request.query_params}:
            return Response("?wsdl", status_code=404, media_type="text/plain")
        address = str(request.url.replace(query=""))
        return Response(written(self._face, address), media_type="text/xml; charset=utf-8")

    async def _call(self, request: Request) -> Response:
        try:
            call = self.envelopes.read(await request.body())
        except BrokenRequest:
            return self.envelopes.fault("soapenv:Client", "请求报文不符合约定", "REQUEST")
        given = f"{call.username}\n{call.password}".encode()
        if not compare_digest(given, self._known):
            return self.envelopes.fault("wsse:FailedAuthentication", "用户名或口令错误", "AUTH")
        op = self._ops.get(call.operation)
        if op is None:
            return self.envelopes.fault("soapenv:Client", "请求报文不符合约定", "REQUEST")
        return await run_in_threadpool(self._serve, op, call)

    def _serve(self, op: SoapOp, call: Call) -> Response:
        given = {meant: call.arguments.get(name, "").strip() for meant, name in op.names.items()}
        try:
            rows, total = self._rows(op, given)
        except (ValueError, TypeError):
            return self.envelopes.answer(op.name, self._head("parameter", "参数格式错误"))
        except LookupError as error:
            kind, words = error.args
            return self.envelopes.answer(op.name, self._head(kind, words))
        head = self._head("good", "成功", total)
        element = _element_of(self._face, op)
        return self.envelopes.answer(op.name, head, rows, element=element)

    def _rows(self, op: SoapOp, given: Mapping[str, str]) -> tuple[list[Row], int | None]:
        if op.kind == "ping":
            return [], None
        if op.kind == "person":
            return self._person(given), None
        if op.kind == "things":
            found = between(self._things(), given)
            return _window([self._shown(one) for one in found], given)
        return self._errand(op.kind, given)

    def _person(self, given: Mapping[str, str]) -> list[Row]:
        number, people, register = given.get("id_number", ""), self._system.people, self._register
        if people is None or register is None or len(number) not in (15, 18):
            raise ValueError("id_number")
        found = register.find(number) if len(number) == 18 else register.find_old(number)
        if found is None:
            raise LookupError("missing", "查无此人")
        return [people.full(register, found)]

    def _errand(self, kind: Kind, given: Mapping[str, str]) -> tuple[list[Row], int | None]:
        errands, book = self._system.errands, self._book
        if errands is None or book is None:
            raise ValueError("no tasks")
        if kind == "tasks":
            found = book.since(moment_of(given.get("since", ""), errands.style))
            return _window([errands.row(one) for one in found], given)
        if kind == "task":
            one = book.get(given.get("task", ""))
            if one is None:
                raise LookupError("unknown", "未查询到该任务")
            return [errands.row(one)], None
        if not given.get("key"):
            raise ValueError("key")
        done = book.act(
            key=given["key"],
            task_id=given.get("task", ""),
            by=given.get("by", ""),
            outcome=given.get("outcome", ""),
            note=given.get("note", ""),
        )
        if done.task is None or done.verdict not in ("done", "again"):
            kinds = {"unknown": "unknown", "finished": "finished"}
            raise LookupError(kinds.get(done.verdict, "refused"), done.words or "任务不存在")
        return [errands.row(done.task)], None

    def _shown(self, row: Row) -> Row:
        return {name: one for name, one in row.items() if not name.startswith("_")}

    def _head(self, kind: str, words: str, total: int | None = None) -> list[tuple[str, str]]:
        face, moment = self._face, local(self._clock())
        head = [(face.code, face.codes[kind]), (face.message, words)]
        head.append((face.as_of, f"{moment:{self._system.as_of_style}}"))
        return head if total is None else [*head, (face.total, str(total))]


def _window(rows: list[Row], given: Mapping[str, str]) -> tuple[list[Row], int]:
    size = int(given.get("size") or 100)
    first = int(given["row"]) - 1 if given.get("row") else (int(given.get("page") or 1) - 1) * size
    if first < 0 or not 1 <= size <= LARGEST_PAGE:
        raise ValueError("window")
    return rows[first : first + size], len(rows)


# --- the contract ------------------------------------------------------------------------------


def written(face: SoapFace, address: str) -> str:
    """The WSDL of a service at an address."""
    types = [_row_type("PersonRow", face.columns), _row_type("TaskRow", face.task_columns)]
    if face.thing_columns:
        types.append(_row_type("NumberRow", face.thing_columns))
    elements = "".join(_element(face, op) for op in face.ops)
    messages = "".join(
        f'<wsdl:message name="{op.name}{side}">'
        f'<wsdl:part name="parameters" element="tns:{op.name}{side}"/></wsdl:message>'
        for op in face.ops
        for side in ("", "Response")
    )
    ports = "".join(
        f'<wsdl:operation name="{op.name}"><wsdl:input message="tns:{op.name}"/>'
        f'<wsdl:output message="tns:{op.name}Response"/></wsdl:operation>'
        for op in face.ops
    )
    bindings = "".join(
        f'<wsdl:operation name="{op.name}">'
        f"<soap:operation soapAction={quoteattr(f'{face.namespace}/{op.name}')}/>"
        '<wsdl:input><soap:body use="literal"/></wsdl:input>'
        '<wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>'
        for op in face.ops
    )
    space = quoteattr(face.namespace)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- 模拟数据 -->\n'
        f'<wsdl:definitions name="Service" targetNamespace={space} xmlns:tns={space}'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
        ' xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"><wsdl:types>'
        f'<xsd:schema targetNamespace={space} elementFormDefault="qualified">'
        f"{''.join(types)}{elements}</xsd:schema></wsdl:types>{messages}"
        f'<wsdl:portType name="Port">{ports}</wsdl:portType>'
        '<wsdl:binding name="Binding" type="tns:Port">'
        '<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
        f"{bindings}</wsdl:binding>"
        '<wsdl:service name="Service"><wsdl:port name="Port" binding="tns:Binding">'
        f"<soap:address location={quoteattr(escape(address))}/></wsdl:port></wsdl:service>"
        "</wsdl:definitions>\n"
    )


def _element_of(face: SoapFace, op: SoapOp) -> str:
    if op.kind == "things" and face.thing_columns:
        return _NUMBERS
    return _ELEMENTS.get(op.kind, "ROW")


def _row_type(name: str, columns: Sequence[str]) -> str:
    cells = "".join(_text(one) for one in columns)
    return f'<xsd:complexType name="{name}"><xsd:sequence>{cells}</xsd:sequence></xsd:complexType>'


def _element(face: SoapFace, op: SoapOp) -> str:
    arguments = "".join(_text(one) for one in op.names.values())
    head = "".join(_text(one) for one in (face.code, face.message, face.as_of, face.total))
    element = _element_of(face, op)
    kind = _TYPES.get(element, "PersonRow")
    rows = f'<xsd:element name="{element}" type="tns:{kind}" minOccurs="0" maxOccurs="unbounded"/>'
    return (
        f'<xsd:element name="{op.name}"><xsd:complexType><xsd:sequence>{arguments}'
        "</xsd:sequence></xsd:complexType></xsd:element>"
        f'<xsd:element name="{op.name}Response"><xsd:complexType><xsd:sequence>{head}{rows}'
        "</xsd:sequence></xsd:complexType></xsd:element>"
    )


def _text(name: str) -> str:
    return f'<xsd:element name="{name}" type="xsd:string" minOccurs="0"/>'
