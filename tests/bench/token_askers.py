"""
One of row e's client processes: `python -m tests.bench.token_askers '{"auth_url": ..., ...}'`.

Says `ready`, then does what each line on its standard input names and answers with a line of JSON: `once` (every task
asks within the same second), `steadily` (each at its own moments, whether or not the last answer came), `alone` (so
too, one process as often as all of them, each task over a connection of its own and without a client's work),
`as_our_services` (so too, a token kept for seconds on this side) and `flat_out` (some tasks ask again and again).
`rival`: every task asks the library.
"""

import asyncio
import gc
import importlib
import itertools
import json
import logging
import random
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
import uvloop
from pydantic import SecretStr

from shared.access.access_tokens import RemoteAccessTokens
from shared.access.internal import ServiceTokens
from shared.access.scopes import AUTH_TOKENS_USE
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Retryable
from shared.kernel.ids import ConnectionId
from tests.contract.sandbox.python_amazon_sp_api import Awaiting, Stranger
from tests.contract.sandbox.strangers import Account

TASKS = 200
_AT_ONCE = 8
Ask = Callable[[], Awaitable[Any]]


async def main() -> None:
    told = json.loads(sys.argv[1])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    outward = Outward(SystemClock())
    service_tokens = ServiceTokens(told["auth_url"], "orders", SecretStr("secret-orders"), outward)
    kept = RemoteAccessTokens(told["auth_url"], service_tokens, outward)
    importlib.import_module("sp_api.asyncio.base")  # its `auth` cannot be imported before
    library = Stranger(Awaiting())
    theirs = library.tokens(Account(**told["account"]))
    connection_id = ConnectionId(UUID(told["connection_id"]))
    gc.freeze()  # as our processes do once their modules are loaded

    async def ask() -> None:
        # Of a new one each time: none is kept on this side.
        await RemoteAccessTokens(told["auth_url"], service_tokens, outward).get(connection_id)

    async def ask_kept() -> None:
        await kept.get(connection_id)

    work: dict[str, Callable[[], Awaitable[Any]]] = {
        "once": lambda: _once(ask),
        "steadily": lambda: _steadily(ask, told["every_seconds"], told["seconds"]),
        "alone": lambda: _alone(told, told["auth_url"], service_tokens),
        "alone_of_bare_reader": lambda: _alone(told, told["bare_url"], service_tokens),
        "as_our_services": lambda: _steadily(ask_kept, told["every_seconds"], told["seconds"]),
        "flat_out": lambda: _flat_out(ask, told["seconds"]),
        "rival": lambda: _once(theirs.get_auth),
    }
    try:
        await _obey(work)
    finally:
        await library.close()
        await outward.close()


async def _obey(work: dict[str, Callable[[], Awaitable[Any]]]) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    print("ready", flush=True)
    while line := (await lines.readline()).decode().strip():
        print(json.dumps(await work[line]()), flush=True)


async def _once(ask: Ask) -> int:
    """Every task until it has a token, within a second or, told to come again, as our loops do; how often one was."""

    async def until_given() -> int:
        await asyncio.sleep(random.uniform(0, 1))
        for repeated in itertools.count():
            try:
                await ask()
            except Retryable as error:
                await asyncio.sleep(error.retry_after_seconds or 2.0**repeated * random.uniform(0.75, 1.25))
            else:
                return repeated
        raise AssertionError("unreachable")

    return sum(await asyncio.gather(*(until_given() for _ in range(TASKS))))


async def _steadily(ask: Ask, every_seconds: float, seconds: float) -> list[float]:
    """Seconds each answer took, of questions that do not wait for one another."""
    tasks = (_one_steadily(ask, every_seconds, seconds) for _ in range(TASKS))
    return list(itertools.chain.from_iterable(await asyncio.gather(*tasks)))


async def _one_steadily(ask: Ask, every_seconds: float, seconds: float) -> list[float]:
    await asyncio.sleep(random.uniform(0, every_seconds))
    took: list[float] = []
    due = time.perf_counter()
    until = due + seconds
    while due < until:
        started = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - started)
        due += every_seconds
        await asyncio.sleep(due - time.perf_counter())
    return took


async def _alone(told: dict[str, Any], address: str, service_tokens: ServiceTokens) -> list[float]:
    """As `_steadily`; what whoever answers there takes, and the network."""
    url, every_seconds = urlsplit(address), told["every_seconds"] / told["processes"]
    request = (
        f"POST /internal/v1/connections/{told['connection_id']}/access-token HTTP/1.1\r\nhost: {url.netloc}\r\n"
        f"authorization: Bearer {await service_tokens.get(AUTH_TOKENS_USE)}\r\n"
        "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    ).encode()

    async def one_task() -> list[float]:
        reader, writer = await asyncio.open_connection(url.hostname, url.port)

        async def ask_here() -> None:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))

        try:
            return await _one_steadily(ask_here, every_seconds, told["seconds"])
        finally:
            writer.close()

    return list(itertools.chain.from_iterable(await asyncio.gather(*(one_task() for _ in range(TASKS)))))


async def _flat_out(ask: Ask, seconds: float) -> int:
    """How many were answered."""
    until = time.perf_counter() + seconds

    async def one_task() -> int:
        asked = 0
        while time.perf_counter() < until:
            await ask()
            asked += 1
        return asked

    return sum(await asyncio.gather(*(one_task() for _ in range(_AT_ONCE))))


if __name__ == "__main__":
    uvloop.run(main())
