"""What a client may send beside a body: over a real socket, to an application that tells what it was given."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.runtime.serve import http_part
from tests.ports import free_port

CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


@dataclass
class Told:
    """Answers with the size of the body and the names of headers, once it has all of them."""

    port: int
    asked: list[tuple[int, list[str]]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        size, more = 0, scope["type"] == "http"
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        self.asked.append((size, sorted(name.decode() for name, _ in scope["headers"])))
        body = json.dumps(self.asked[-1]).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def answers(self, *parts: bytes) -> bytes:
        """All that comes back for these bytes, until the other side closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
        answer = b""
        with suppress(ConnectionError):
            answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture
async def app() -> AsyncIterator[Told]:
    stop, told = asyncio.Event(), Told(free_port())

    async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await told(scope, receive, send)

    serving = asyncio.ensure_future(http_part(without_lifespan, "127.0.0.1", told.port)(stop))
    async with asyncio.timeout(60):
        while True:
            with suppress(ConnectionRefusedError):
                (await asyncio.open_connection("127.0.0.1", told.port))[1].close()
                break
            await asyncio.sleep(0.01)
        yield told
        stop.set()
        await serving


@pytest.mark.parametrize(
    "without_end",
    [b"x-%d: " + b"a" * 8000 + b"\r\n", b"a" * 8000],
    ids=["header after header", "a header that does not end"],
)
async def test_headers_are_cut_off(app: Told, without_end: bytes) -> None:
    """Refused, and nobody was asked. Seen red with httptools as it is: a mebibyte of them was read."""
    answer = await app.answers(b"GET / HTTP/1.1\r\nhost: x\r\nx-first: ", *[without_end] * 130, b"\r\n\r\n")
    assert (answer[:12], app.asked) in ((b"HTTP/1.1 400", []), (b"", []))


async def test_a_long_address_is_cut_off(app: Told) -> None:
    """It counts like a header."""
    answer = await app.answers(b"GET /", *[b"a" * 8000] * 20, b" HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (answer[:12], app.asked) in ((b"HTTP/1.1 400", []), (b"", []))


async def test_trailers_are_cut_off(app: Told) -> None:
    """After a body that began: the connection goes. Seen red with httptools as it is."""
    answer = await app.answers(CHUNKED + b"1\r\na\r\n0\r\nx-trailer: ", *[b"a" * 8000] * 130, b"\r\n\r\n")
    assert answer == b""


async def test_a_trailer_is_no_header(app: Told) -> None:
    """Or whoever comes through a proxy would say who they are. Seen red with httptools as it is."""
    trailer = b"authorization: Bearer x\r\nx-forwarded-for: 1.2.3.4\r\n"
    answer = await app.answers(CHUNKED, b"1\r\na\r\n", b"0\r\n" + trailer + b"\r\n", LAST)
    assert answer.count(b"HTTP/1.1 200") == 2
    assert app.asked[0] == (1, ["host", "transfer-encoding"])


async def test_a_body_is_no_header(app: Told) -> None:
    """However long, in however small chunks; and a second request on the connection is counted from its start."""
    small = b"".join(b"1\r\na\r\n" for _ in range(50_000)) + b"0\r\n\r\n"
    large = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 300000\r\n\r\n" + b"b" * 300_000
    long_header = b"GET / HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * 40_000 + b"\r\n\r\n"
    answer = await app.answers(CHUNKED + small, large, long_header, long_header, LAST)
    assert answer.count(b"HTTP/1.1 200") == 5
    assert [size for size, _ in app.asked] == [50_000, 300_000, 0, 0, 0]
