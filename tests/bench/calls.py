"""
i: calls out. What one costs this process while a hundred are under way, of a far side on loopback that answers at once.

The rival is httpx's transport with a pool of its own, which keeps 20 connections as it comes, or all of them.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

from shared.http.messages import Request
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from tests.bench.figures import ROUNDS, Figure, medians
from tests.bench.place import Place

_AT_ONCE = 100
_TARGET = 2.0
_FAR_SIDE = """
import asyncio

async def answer(reader, writer):
    while await reader.readline():
        while await reader.readline() != b"\\r\\n":
            pass
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\n{}")

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
Call = Callable[[], Awaitable[object]]


async def measure(place: Place) -> list[Figure]:
    calls = 5000 if place.long else 1000
    async with _far_side() as url:
        ours, as_it_comes, keeping = await medians(
            ROUNDS, lambda: _ours(url, calls), lambda: _rival(url, calls, 20), lambda: _rival(url, calls, _AT_ONCE)
        )
    times = min(as_it_comes, keeping) / ours
    return [
        Figure(
            "i",
            f"processor time of a call out, {_AT_ONCE} at once",
            f"{ours:.2f} ms",
            f"httpx's pool: {as_it_comes:.2f} ms keeping 20 connections, {keeping:.2f} ms keeping all "
            f"(ours is {times:.1f} times as fast)",
            f">= {_TARGET:.0f} times",
            times >= _TARGET,
        )
    ]


async def _ours(url: str, calls: int) -> float:
    outward = Outward(SystemClock())
    try:
        return await _milliseconds(lambda: outward.call(Request("GET", url, "bench", "read")), calls)
    finally:
        await outward.close()


async def _rival(url: str, calls: int, kept: int) -> float:
    limits = httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=kept)
    async with httpx.AsyncHTTPTransport(limits=limits) as transport:

        async def call() -> None:
            response = await transport.handle_async_request(httpx.Request("GET", url))
            await response.aread()
            await response.aclose()

        return await _milliseconds(call, calls)


async def _milliseconds(call: Call, calls: int) -> float:
    """Of this process, for each."""

    async def one_after_another() -> None:
        for _ in range(calls // _AT_ONCE):
            await call()

    started = time.process_time()
    await asyncio.gather(*(one_after_another() for _ in range(_AT_ONCE)))
    return (time.process_time() - started) * 1000 / calls


@asynccontextmanager
async def _far_side() -> AsyncIterator[str]:
    """In a process of its own: its work is not ours."""
    running = await asyncio.create_subprocess_exec(sys.executable, "-c", _FAR_SIDE, stdout=asyncio.subprocess.PIPE)
    assert running.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await running.stdout.readline())}/"
    finally:
        running.terminate()
        await running.wait()
