"""
One of row e's client processes: `python -m tests.bench.token_askers '{"auth_url": ..., ...}'`.

Says `ready`, then does what each line on its standard input names and answers with a line of JSON: `once` (every task
asks within the same second), `steadily` (each at its own moments, whether or not the last answer came), `alone` (so
too, one process as often as all of them), `as_our_services` (so too, a token kept for seconds on this side) and
`flat_out` (some tasks ask again and again). `rival`: every task asks the library.
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
from uuid import UUID

import structlog
import uvloop
from pydantic import SecretStr

from shared.access.access_tokens import RemoteAccessTokens
from shared.access.internal import ServiceTokens
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
        "alone": lambda: _steadily(ask, told["every_seconds"] / told["processes"], told["seconds"]),
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
    took: list[float] = []

    async def one_task() -> None:
        await asyncio.sleep(random.uniform(0, every_seconds))
        until = time.perf_counter() + seconds
        due = time.perf_counter()
        while due < until:
            started = time.perf_counter()
            await ask()
            took.append(time.perf_counter() - started)
            due += every_seconds
            await asyncio.sleep(due - time.perf_counter())

    await asyncio.gather(*(one_task() for _ in range(TASKS)))
    return took


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
