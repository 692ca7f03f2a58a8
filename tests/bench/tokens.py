"""
e: access tokens. One seller's token, asked for by 8 processes of 200 tasks each, through our services' own client, of
one API process of auth: how often the marketplace is asked for it, and how long a kept one takes.

Time is taken while the tasks ask at moments of their own, at a rate that auth keeps up with; how many it can give is
measured apart. The rival is `python-amazon-sp-api` with one client a process, which keeps tokens in that process.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.figures import Figure, percentile
from tests.bench.place import Place
from tests.bench.token_askers import TASKS
from tests.contract.sandbox.strangers import Account
from tests.integration.auth.conftest import APP, PUBLIC_URL, Running, run_auth, settings_for
from tests.integration.auth.processes import api_process
from tests.ports import free_port
from tests.sandbox_client import Sandbox, start_sandbox

_PROCESSES = 8
_EVERY_SECONDS = 16.0
_RATE = round(_PROCESSES * TASKS / _EVERY_SECONDS)


async def measure(place: Place) -> list[Figure]:
    async with AsyncExitStack() as until_done:
        sandbox = await until_done.enter_async_context(start_sandbox(quota_scale=1_000_000))
        url = until_done.enter_context(place.migrated("auth"))
        auth = run_auth(settings_for(url, sandbox.base_url), sandbox)
        until_done.push_async_callback(auth.close)
        connection_id, account = await _connected(auth)
        api = await until_done.enter_async_context(api_process(auth.settings))
        told = {
            "auth_url": api.url,
            "bare_url": await until_done.enter_async_context(_bare_reader(url, connection_id)),
            "connection_id": connection_id,
            "account": asdict(account),
            "every_seconds": _EVERY_SECONDS,
            "processes": _PROCESSES,
            "seconds": 60.0 if place.long else 5.0,
        }
        askers = await until_done.enter_async_context(_asking(told))
        return await _figures(auth, sandbox, askers)


@dataclass(frozen=True)
class _Took:
    """Milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[Sequence[float]]) -> "_Took":
        """`seconds`: of each asker."""
        all_of_them = [each * 1000 for one in seconds for each in one]
        return cls(percentile(all_of_them, 50), percentile(all_of_them, 99))

    def __str__(self) -> str:
        return f"p50 {self.p50:.2f} ms, p99 {self.p99:.1f} ms"


async def _figures(auth: Running, sandbox: Sandbox, askers: "_Askers") -> list[Figure]:
    await auth.rows("update access_grant set token_expires_at = clock_timestamp()")
    before = await _calls(sandbox)
    await askers.all_do("once")
    ours = await _calls(sandbox) - before
    await askers.all_do("rival")
    theirs = await _calls(sandbox) - before - ours
    over_http = _Took.of(await askers.all_do("steadily"))
    alone = _Took.of([await askers.one_does("alone")])
    bare = _Took.of([await askers.one_does("alone_of_bare_reader")])
    kept = _Took.of(await askers.all_do("as_our_services"))
    given = sum(await askers.all_do("flat_out")) / askers.seconds
    return [
        Figure(
            "e",
            f"calls of the marketplace for one token, {_PROCESSES} processes of {TASKS} tasks",
            str(ours),
            f"python-amazon-sp-api (asyncio), one client a process: {theirs}",
            "1",
            ours == 1,
        ),
        Figure(
            "e",
            f"a kept token over HTTP, asked for {_RATE} times a second",
            f"{over_http}; {given:,.0f}/s at most",
            f"kept on the asking side for seconds, as our services do: {kept}",
            "p99 < 5 ms",
            over_http.p99 < 5,
        ),
        Figure(
            "e",
            f"the same, asked for by {TASKS} callers of one process, each over a connection of its own",
            f"{alone}",
            f"a bare asyncio server that reads the sealed token by asyncpg and does nothing else: {bare}",
            "p99 < 5 ms",
            alone.p99 < 5,
        ),
    ]


async def _connected(auth: Running) -> tuple[str, Account]:
    """A seller who came the whole way; the rival speaks for the same one."""
    await auth.sandbox.app(
        APP["application_id"],
        APP["client_id"],
        [APP["client_secret"]],
        redirect_uris=[f"{PUBLIC_URL}/connections/amazon/callback"],
        draft=False,
    )
    seller = await auth.sandbox.seller(region="eu", application_id=APP["application_id"])
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (connection,) = await visitor.connections()
    account = Account(
        auth.sandbox.base_url, seller["seller_id"], seller["refresh_token"], APP["client_id"], APP["client_secret"]
    )
    return str(connection["id"]), account


@asynccontextmanager
async def _bare_reader(url: str, connection_id: str) -> AsyncIterator[str]:
    """Its address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.bare_reader", url.replace("+asyncpg", ""), connection_id, str(port)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _calls(sandbox: Sandbox) -> int:
    return int((await sandbox.calls("amazon.token"))["count"])


class _Askers:
    def __init__(self, processes: Sequence[asyncio.subprocess.Process], seconds: float) -> None:
        self._processes = processes
        self.seconds = seconds

    async def all_do(self, what: str) -> list[Any]:
        """What each says once it is done."""
        return list(await asyncio.gather(*(self._one(process, what) for process in self._processes)))

    async def one_does(self, what: str) -> Any:
        return await self._one(self._processes[0], what)

    async def _one(self, process: asyncio.subprocess.Process, what: str) -> Any:
        assert process.stdin is not None
        process.stdin.write(what.encode() + b"\n")
        return json.loads(await self.line(process))

    async def line(self, process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None
        return await process.stdout.readline()


@asynccontextmanager
async def _asking(told: dict[str, Any]) -> AsyncIterator[_Askers]:
    command = [sys.executable, "-m", "tests.bench.token_askers", json.dumps(told)]
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**24) for _ in range(_PROCESSES)
    ]
    askers = _Askers(processes, told["seconds"])
    try:
        for process in processes:
            assert await askers.line(process) == b"ready\n"
        yield askers
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
            await process.wait()
