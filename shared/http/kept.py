"""
Connections kept open between calls, a transport of httpx for each.

One of its own pools for all would look at every connection it keeps, each with a question to the system, whenever a
request begins or ends: with a hundred at once, a call costs twenty times the work. Here the one used last is taken.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext

import httpx

MOST = 600
# One idle for longer is not used again: far sides close theirs after more, so that we never write into one that is
# just being closed, which would make a write's outcome unknown for nothing.
IDLE_SECONDS = 5.0
_LIMITS = httpx.Limits(max_connections=1, keepalive_expiry=IDLE_SECONDS)
_Origin = tuple[bytes, bytes, int | None]


class KeptConnections:
    """At most `MOST` at once, whoever they lead to; `trusted`: the certificates they are held against."""

    def __init__(self, trusted: SSLContext) -> None:
        self._trusted = trusted
        self._turns = asyncio.Semaphore(MOST)
        self._open: set[httpx.AsyncHTTPTransport] = set()
        # By where they lead to, each since when: the longest idle first.
        self._idle: defaultdict[_Origin, deque[tuple[float, httpx.AsyncHTTPTransport]]] = defaultdict(deque)

    @asynccontextmanager
    async def one(self, url: httpx.URL) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        """For one request and its answer, both done with the block. After an error it is not used again."""
        idle = self._idle[url.raw_scheme, url.raw_host, url.port]
        async with self._turns:
            await self._close_older(time.monotonic() - IDLE_SECONDS)
            transport = idle.pop()[1] if idle else self._new()
            try:
                yield transport
            except BaseException:
                await self._end(transport)
                raise
            idle.append((time.monotonic(), transport))

    async def close(self) -> None:
        """Those of calls under way, too."""
        self._idle.clear()
        for transport in list(self._open):
            await self._end(transport)

    def _new(self) -> httpx.AsyncHTTPTransport:
        transport = httpx.AsyncHTTPTransport(verify=self._trusted, limits=_LIMITS, trust_env=False)
        self._open.add(transport)
        return transport

    async def _end(self, transport: httpx.AsyncHTTPTransport) -> None:
        self._open.discard(transport)
        await transport.aclose()

    async def _close_older(self, before: float) -> None:
        for idle in list(self._idle.values()):
            while idle and idle[0][0] <= before:
                await self._end(idle.popleft()[1])
