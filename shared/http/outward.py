"""
The outward HTTP client: one per process.

A call ends in an answer of any status, or in one of three errors by what the caller may do next:

* Unavailable     nothing of a write left us (no connection), or a read got no answer: ask again later
* OutcomeUnknown  a write left us and no answer came: it may have happened
* TooLate         `send_before` had passed when the request was about to leave: nothing was sent
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import nullcontext
from functools import cache, partial
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
import structlog
from opentelemetry.trace import SpanKind
from prometheus_client import Histogram

from shared.http.kept import KeptConnections
from shared.http.messages import Answer, Request
from shared.kernel.clock import Clock
from shared.kernel.errors import OutcomeUnknown, Unavailable
from shared.kernel.ports import TooLate
from shared.runtime.telemetry import span

MAX_ANSWER_BYTES = 20 * 1024 * 1024
_CONNECT_SECONDS = 5.0
_NOT_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError, httpx.UnsupportedProtocol
)  # fmt: skip

# What is said of every request, unless it says so itself.
_ALWAYS = {"accept": "*/*", "accept-encoding": "gzip, deflate"}

# The certificates we trust, read once in a process.
_trusted = cache(partial(httpx.create_ssl_context, trust_env=False))

SECONDS = Histogram("http_out_seconds", "Calls out, by operation and what came of them.", ["operation", "outcome"])

log = structlog.get_logger()


class _TooLong(Exception):
    """The answer is larger than anything we ask for."""


class Outward:
    """
    Requests over httpx's transport, which does no more than that.

    No redirect is followed, no proxy or credential is read from the environment, and no cookie is kept: the next call
    may be another seller's.
    """

    def __init__(self, clock: Clock, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """`transport`: instead of the network, an application in this process (tests)."""
        self._clock = clock
        self._kept = KeptConnections(_trusted())
        self._instead = transport

    async def close(self) -> None:
        await self._kept.close()
        if self._instead is not None:
            await self._instead.aclose()

    async def call(self, request: Request) -> Answer:
        """The far side's answer, whatever its status. Raises Unavailable, OutcomeUnknown, TooLate."""
        started = time.perf_counter()
        facts = {"http.request.method": request.method, "server.address": request.host}
        with span(request.operation, kind=SpanKind.CLIENT, facts=facts):
            try:
                answer = await self._send(request)
            except (Unavailable, OutcomeUnknown, TooLate) as error:
                _tell(request, started, type(error).__name__, error=error.__cause__ or error)
                raise
            _tell(request, started, f"{answer.status // 100}xx", status=answer.status, request_id=answer.request_id)
        return answer

    async def post_form(
        self,
        url: str,
        form: Mapping[str, str],
        *,
        operation: str,
        effect: Literal["read", "write"],
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 20,
    ) -> Answer:
        """A form post, such as a token endpoint takes; as `call`."""
        request = Request(
            "POST",
            url,
            operation,
            effect,
            headers=headers or {},
            body=urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded",
            timeout_seconds=timeout_seconds,
        )
        return await self.call(request)

    async def _send(self, request: Request) -> Answer:
        leaving = _Leaving(request, self._clock)
        if self._instead is not None:
            leaving.now()
        try:
            async with asyncio.timeout(request.timeout_seconds):
                return await self._exchange(request, leaving)
        except _NOT_SENT as error:
            raise Unavailable(f"the request to {request.host} did not leave", code="unreachable") from error
        except TimeoutError as error:
            raise _no_answer(request, leaving, "did not answer in time") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise _no_answer(request, leaving, "broke the connection off") from error
        except _TooLong as error:
            raise _no_answer(request, leaving, "answered more than we read") from error

    async def _exchange(self, request: Request, leaving: "_Leaving") -> Answer:
        connect = min(_CONNECT_SECONDS, request.timeout_seconds)
        limits = httpx.Timeout(request.timeout_seconds, connect=connect, pool=connect)
        sent = httpx.Request(
            request.method,
            request.full_url,
            headers=_headers(request),
            content=request.body,
            extensions={"timeout": limits.as_dict(), "trace": leaving.watch},
        )
        async with nullcontext(self._instead) if self._instead else self._kept.one(sent.url) as transport:
            response = await transport.handle_async_request(sent)
            try:
                body = await _read(response)
            finally:
                await response.aclose()
        return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


def _headers(request: Request) -> dict[str, str]:
    kind = {"content-type": request.content_type} if request.content_type else {}
    return _ALWAYS | {name.lower(): value for name, value in request.headers.items()} | kind


class _Leaving:
    """Knows whether a request has begun to leave, and stops it at that moment if it is too late."""

    def __init__(self, request: Request, clock: Clock) -> None:
        self._send_before = request.send_before_monotonic
        self._clock = clock
        self.begun = False

    async def watch(self, event: str, _info: Mapping[str, Any]) -> None:
        """httpcore's trace: the first byte leaves right after this event."""
        if event == "http11.send_request_headers.started":
            self.now()

    def now(self) -> None:
        if self._send_before is not None and self._clock.monotonic() >= self._send_before:
            raise TooLate
        self.begun = True


def _no_answer(request: Request, leaving: _Leaving, what: str) -> Unavailable | OutcomeUnknown:
    said = f"{request.host} {what}"
    if request.effect == "write" and leaving.begun:
        return OutcomeUnknown(said, code="no_answer")
    return Unavailable(said, code="no_answer")


async def _read(response: httpx.Response) -> bytes:
    pieces: list[bytes] = []
    length = 0
    async for piece in response.aiter_bytes():
        length += len(piece)
        if length > MAX_ANSWER_BYTES:
            raise _TooLong
        pieces.append(piece)
    return b"".join(pieces)


def _tell(request: Request, started: float, outcome: str, **facts: Any) -> None:
    seconds = time.perf_counter() - started
    SECONDS.labels(request.operation, outcome).observe(seconds)
    level = log.warning if "error" in facts else log.info
    level(
        "http.out",
        operation=request.operation,
        host=request.host,
        outcome=outcome,
        milliseconds=round(seconds * 1000, 1),
        **facts,
    )
