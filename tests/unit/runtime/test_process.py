"""A process runs its parts until it is told to stop, and says how it ended."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from shared.runtime import process
from shared.runtime.process import run_parts
from shared.runtime.serve import PortTaken, http_part, watch_app
from tests.ports import free_port

ROOT = process.__file__.rsplit("/shared/", 1)[0]


async def orderly(stop: asyncio.Event) -> None:
    await stop.wait()


async def dying(_stop: asyncio.Event) -> None:
    raise ValueError("no")


async def ending(_stop: asyncio.Event) -> None:
    return


async def stubborn(_stop: asyncio.Event) -> None:
    await asyncio.Event().wait()


async def stopped_after_start(stop: asyncio.Event) -> None:
    stop.set()


async def test_told_to_stop_it_ends_well() -> None:
    """Parts that end after the stop are an orderly end."""
    assert await run_parts([orderly, stopped_after_start, orderly], asyncio.Event()) == 0


@pytest.mark.parametrize("part", [dying, ending])
async def test_a_part_that_ends_by_itself_ends_the_process(part: Any) -> None:
    """Whether it raised or just returned: the others are stopped and the status is an error."""
    stop = asyncio.Event()
    assert await run_parts([orderly, part], stop) == 1
    assert stop.is_set()


async def test_a_part_that_fails_while_stopping_is_an_error() -> None:
    """What breaks on the way out is told as well."""

    async def late(stop: asyncio.Event) -> None:
        await stop.wait()
        raise ValueError("no")

    assert await run_parts([stopped_after_start, late], asyncio.Event()) == 1


async def test_a_part_that_does_not_stop_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the supervisor would kill us all, it is cancelled; the rest ended well."""
    monkeypatch.setattr(process, "STOP_WITHIN_SECONDS", 0.05)
    assert await run_parts([stubborn, stopped_after_start], asyncio.Event()) == 0


async def test_a_part_that_does_not_end_even_then_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does on its way out takes too long. Seen red: it was asked what it had died of."""
    monkeypatch.setattr(process, "STOP_WITHIN_SECONDS", 0.05)
    monkeypatch.setattr(process, "_CANCEL_WITHIN_SECONDS", 0.05)
    let_go = asyncio.Event()

    async def lingering(_stop: asyncio.Event) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await let_go.wait()

    assert await run_parts([lingering, stopped_after_start], asyncio.Event()) == 0
    let_go.set()


async def test_a_taken_port_is_said() -> None:
    """Not an exit from inside a library, but an error that names the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            await http_part(watch_app(None, asyncio.Event()), "127.0.0.1", port)(asyncio.Event())


async def test_headers_without_an_end_are_not_read() -> None:
    """Who sends header after header is cut off at 64 KiB, long before they fill the memory."""
    stop, port = asyncio.Event(), free_port()
    serving = asyncio.ensure_future(http_part(watch_app(None, stop), "127.0.0.1", port)(stop))
    async with asyncio.timeout(10):
        reader, writer = await connected(port)
        writer.write(b"GET /health/live HTTP/1.1\r\nhost: x\r\n")
        with suppress(ConnectionError):
            for number in range(100):
                writer.write(b"x-%d: %s\r\n" % (number, b"a" * 10_000))
                await writer.drain()
            writer.write(b"\r\n")
        status = b""
        with suppress(ConnectionError):
            status = await reader.readline()
        assert b" 200 " not in status
        writer.close()
        stop.set()
        await serving


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """As soon as somebody listens."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def watched(ready: Any, stop: asyncio.Event) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(watch_app(ready, stop))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


async def test_ready_is_what_the_service_says() -> None:
    """Ready by the service's own check; a check that fails or hangs is not ready; alive all the while."""
    answers: dict[str, int] = {}

    async def yes() -> bool:
        return True

    async def no() -> bool:
        return False

    async def broken() -> bool:
        raise ConnectionRefusedError

    for name, ready in {"yes": yes, "no": no, "broken": broken, "none": None}.items():
        async with watched(ready, asyncio.Event()) as client:
            answers[name] = (await client.get("/health/ready")).status_code
            assert (await client.get("/health/live")).status_code == 200
    assert answers == {"yes": 200, "no": 503, "broken": 503, "none": 200}


async def test_a_stopping_process_is_not_ready() -> None:
    """Told to stop, it asks for no more traffic."""
    stop = asyncio.Event()
    stop.set()
    async with watched(None, stop) as client:
        assert (await client.get("/health/ready")).status_code == 503


async def test_metrics_are_served() -> None:
    """In Prometheus' format, on the process's own port."""
    async with watched(None, asyncio.Event()) as client:
        assert "log_keys_dropped_total" in (await client.get("/metrics")).text
        assert (await client.get("/else")).status_code == 404


PROGRAM = """
    import asyncio, sys
    from shared.runtime.process import run_process
    from shared.runtime.serve import http_part
    from shared.runtime.settings import ServiceSettings

    async def slow(scope, receive, send):
        assert scope["type"] == "http"
        print("asked", flush=True)
        await asyncio.sleep(0.3)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done"})

    settings = ServiceSettings(
        database_url="postgresql+asyncpg://x@x/x", kafka_bootstrap_servers="x", public_url="http://127.0.0.1:1",
        http_port=int(sys.argv[1]), metrics_port=int(sys.argv[2]),
    )
    parts = [http_part(slow, "127.0.0.1", settings.http_port)]
    sys.exit(asyncio.run(run_process(service="x", process="api", settings=settings, parts=parts, ready=None)))
"""


async def test_sigterm_lets_a_request_finish() -> None:
    """A request under way is answered after SIGTERM; then the process ends with 0."""
    port, metrics_port = free_port(), free_port()
    program = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(port), str(metrics_port)]
    environment = os.environ | {"PYTHONPATH": ROOT}
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=20)) as client:
            asking = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/", timeout=30))
            while "asked" not in await asyncio.to_thread(child.stdout.readline):
                assert child.poll() is None
            child.send_signal(signal.SIGTERM)
            assert (await asking).text == "done"
        assert await asyncio.to_thread(child.wait, 20) == 0
