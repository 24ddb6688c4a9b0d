"""Systems behind SOAP, through zeep's public synchronous API in a small pool of threads.

The answer of a foreign server is never trusted: no DTD, no entities, no schema from another host,
no redirect, a size limit and a time limit on every read.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import zeep
import zeep.exceptions
import zeep.helpers
import zeep.transports
from lxml.etree import LxmlError
from requests.adapters import HTTPAdapter
from zeep.wsse.username import UsernameToken

from portal.connectors import wire
from portal.connectors.calls import SoapCall
from portal.connectors.contract import OurMistake, SystemFault, TheirFault, TimedOut, Unreachable
from portal.connectors.endpoint import below, same_origin
from portal.connectors.manifest import Call, SoapManifest
from portal.connectors.registry import System
from portal.connectors.schemes import UsernameAuth
from portal.connectors.sign import credential, user_name
from portal.connectors.template import Values, fill
from portal.connectors.transport import Trace

CHUNK = 64 * 1024
DOCUMENTS = 30  # a WSDL with all its schemas; a circle of imports would never end
STRICT = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, xml_huge_tree=False)


@dataclass(frozen=True)
class _Reply:
    """As much of an HTTP answer as zeep looks at."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str | None = None


class _Wire(zeep.transports.Transport):
    """zeep's transport with our limits; the thread that calls says which trace it belongs to."""

    def __init__(self, system: System) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            session=_session(system.parallel)
        )
        limits = system.manifest.limits
        self._endpoint = system.site.endpoint
        self._encoding = system.manifest.envelope.encoding
        self._seconds = float(limits.timeout_seconds)
        self._max_bytes = limits.max_kilobytes * 1024
        self.current = threading.local()

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> _Reply:
        reply = self._request("POST", address, message, headers, self.current.trace)
        if reply.status_code != 500:  # a Fault travels as 500 and is understood by zeep
            wire.refuse_status(reply.status_code, reply.headers.get("Retry-After"))
        wire.refuse_html(reply.content)
        wire.refuse_broken_text(wire.decode(reply.content, self._encoding))
        return reply

    def load(self, url: str) -> bytes:
        """Load the WSDL and its schemas: from the endpoint's own host or not at all."""
        if not same_origin(url, self._endpoint):
            raise OurMistake(detail="the WSDL points to another host")
        self.current.documents += 1
        if self.current.documents > DOCUMENTS:
            raise TheirFault(detail="the WSDL imports without end")
        reply = self._request("GET", url, None, {}, None)
        wire.refuse_status(reply.status_code, reply.headers.get("Retry-After"))
        if reply.status_code != 200:
            raise OurMistake(detail=f"no WSDL: status {reply.status_code}")
        wire.refuse_html(reply.content)
        return reply.content

    def _request(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        trace: Trace | None,
    ) -> _Reply:
        until = time.monotonic() + self._seconds
        if trace:
            trace.sent()
        try:
            with self.session.request(
                method,
                url,
                data=body,
                headers=dict(headers),
                timeout=self._seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                if trace:
                    trace.returned()
                content = self._read(response, until)
        except (requests.Timeout, TimeoutError) as error:
            raise TimedOut(detail=type(error).__name__) from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise TheirFault(wire.CUT_OFF, detail="the body ended early") from error
        except requests.ConnectionError as error:
            raise Unreachable(detail=type(error).__name__) from error
        except (requests.RequestException, ValueError) as error:
            raise TheirFault(detail=type(error).__name__) from error
        if trace:
            trace.size += len(content)
        return _Reply(response.status_code, response.headers, content)

    def _read(self, response: requests.Response, until: float) -> bytes:
        """Read with a limit on size and on the whole time, so that a dripping server ends."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(CHUNK):
            size += len(part)
            if size > self._max_bytes:
                raise TheirFault(wire.TOO_BIG, detail=f"more than {self._max_bytes} bytes")
            if time.monotonic() > until:
                raise TimedOut(detail="the answer drips")
            parts.append(part)
        return b"".join(parts)


def _session(parallel: int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=parallel, max_retries=0))
    return session


class SoapTransport:
    """Calls one SOAP system."""

    def __init__(self, system: System) -> None:
        if not isinstance(system.manifest, SoapManifest):
            raise OurMistake(detail="not a SOAP manifest")
        self._system = system
        self._manifest = system.manifest
        self._wire = _Wire(system)
        self._threads = ThreadPoolExecutor(system.parallel, thread_name_prefix=f"soap-{system.id}")
        self._loading = threading.Lock()
        self._service: Any = None

    async def exchange(self, call: Call, values: Values, trace: Trace) -> Any:
        """Make one call in a thread; a cancelled one leaves its thread to end by itself."""
        if not isinstance(call, SoapCall):
            raise OurMistake(detail="not a SOAP call")
        arguments = {key: one for key, one in fill(call.arguments, values).items()}
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, self._call, call.operation, arguments, trace
        )

    async def close(self) -> None:
        """Let go of connections; threads still reading end at their own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._wire.session.close()

    def _call(self, operation: str, arguments: dict[str, Any], trace: Trace) -> Any:
        self._wire.current.trace, self._wire.current.documents = trace, 0
        try:
            answer = getattr(self._ready_service(), operation)(**arguments)
        except SystemFault:
            raise
        except zeep.exceptions.Fault as error:
            raise self._fault(error) from error
        except AttributeError as error:
            raise OurMistake(detail=f"no operation {operation!r}") from error
        except (zeep.exceptions.ValidationError, TypeError) as error:
            raise OurMistake(detail="the arguments do not fit the WSDL") from error
        except (zeep.exceptions.Error, LxmlError, ValueError, StopIteration) as error:
            self._service = None  # perhaps the WSDL has changed: read it again next time
            raise TheirFault(wire.CUT_OFF, detail=type(error).__name__) from error
        return zeep.helpers.serialize_object(answer, dict)  # type: ignore[no-untyped-call]

    def _ready_service(self) -> Any:
        """The service of the WSDL, loaded once, bound to our endpoint whatever the WSDL says."""
        with self._loading:
            if self._service is None:
                endpoint, manifest = self._system.site.endpoint, self._manifest
                client: Any = zeep.Client(  # type: ignore[no-untyped-call]
                    below(endpoint, manifest.wsdl),
                    wsse=self._token(),
                    transport=self._wire,
                    settings=STRICT,
                )
                ports = [
                    port for one in client.wsdl.services.values() for port in one.ports.values()
                ]
                if not ports:
                    raise TheirFault(detail="the WSDL names no port")
                self._service = client.create_service(
                    ports[0].binding.name, below(endpoint, manifest.service)
                )
            return self._service

    def _token(self) -> UsernameToken | None:
        auth = self._manifest.auth
        if not isinstance(auth, UsernameAuth):
            return None
        return UsernameToken(  # type: ignore[no-untyped-call]
            user_name(self._system, auth),
            credential(self._system, auth.password),
            use_digest=auth.digest,
        )

    def _fault(self, error: zeep.exceptions.Fault) -> SystemFault:
        """A Fault as the manifest reads it, else by whose fault its code says it is."""
        code = str(error.code or "")
        named = self._system.judge.named_fault({"fault": {"code": code, "text": error.message}})
        if named:
            return named
        ours = code.rpartition(":")[2] in {"Client", "Sender"}
        return OurMistake(detail="Client fault") if ours else TheirFault(detail="Server fault")
