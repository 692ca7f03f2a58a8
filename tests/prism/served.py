"""Prism processes, one for each official model, and the way of a call through the one that serves its path."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from tests.ports import free_port

_START_SECONDS = 60.0


class Validated(httpx.AsyncBaseTransport):
    """
    Sends a call of a modelled path through its Prism, any other straight on; keeps what Prism has against them.

    `ports`: by the first two segments of a path.
    """

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self._network = httpx.AsyncHTTPTransport(verify=False)
        self.calls = 0
        self.violations: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        port = self._ports.get("/".join(request.url.path.split("/")[1:3]))
        if port is None:
            return await self._network.handle_async_request(request)
        called = f"{request.method} {request.url.path}"
        request.url = request.url.copy_with(port=port)
        response = await self._network.handle_async_request(request)
        self.calls += 1
        found = json.loads(response.headers.get("sl-violations", "[]"))
        self.violations += [f"{called}: {'.'.join(one['location'])}: {one['message']}" for one in found]
        return response

    async def aclose(self) -> None:
        await self._network.aclose()


@asynccontextmanager
async def serve_models(prism: Path, models: Mapping[str, Path], upstream: str) -> AsyncIterator[dict[str, int]]:
    """Ports by the same prefixes as the models; what comes in there is checked, and goes on to `upstream`."""
    async with AsyncExitStack() as opened:
        ports: dict[str, int] = {}
        for prefix, model in models.items():
            ports[prefix] = await opened.enter_async_context(_serve(prism, model, upstream))
        for port in ports.values():
            await _until_it_listens(port)
        yield ports


@asynccontextmanager
async def _serve(prism: Path, model: Path, upstream: str) -> AsyncIterator[int]:
    """The port of a Prism that has been started."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        prism, "proxy", f"--port={port}", model, upstream, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while not await _listens(port):
            await asyncio.sleep(0.1)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
