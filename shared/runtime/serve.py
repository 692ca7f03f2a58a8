"""Serving HTTP inside our own process: uvicorn without its signals, its access log and its exits."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.runtime.bounded_http import BoundedHttp

Part = Callable[[asyncio.Event], Awaitable[None]]
Ready = Callable[[], Awaitable[bool]]

_LAST_REQUESTS_SECONDS = 20
# Longer than our own client keeps an idle connection, so that it never writes into one that is just being closed.
_KEEP_ALIVE_SECONDS = 15
_READY_WITHIN_SECONDS = 2.0


class PortTaken(Exception):
    """Somebody else listens there."""


class _Server(uvicorn.Server):
    """The process handles signals for all its parts."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def http_part(app: Any, host: str, port: int, *, trusted_proxies: str = "127.0.0.1") -> Part:
    """
    A part of a process that serves an ASGI app until it is to stop, then lets requests under way finish (20 s).

    Raises PortTaken. `trusted_proxies`: whose X-Forwarded-For and -Proto are believed.
    """

    async def serve(stop: asyncio.Event) -> None:
        config = uvicorn.Config(
            app,
            http=BoundedHttp,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=trusted_proxies,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
        )
        server = _Server(config)
        with listening(host, port) as listener:
            stopping = asyncio.create_task(_stop(server, stop))
            try:
                await server.serve(sockets=[listener])
            finally:
                stopping.cancel()

    serve.__name__ = f"http:{port}"
    return serve


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket, closed at the end of the block. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}") from error
    with listener:
        yield listener


def watch_app(ready: Ready | None, stop: asyncio.Event) -> Any:
    """The ASGI app of a process's own port: `/health/live`, `/health/ready`, `/metrics`."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status, kind, body = await _answer(scope["path"], ready, stop)
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _answer(path: str, ready: Ready | None, stop: asyncio.Event) -> tuple[int, str, bytes]:
    match path:
        case "/health/live":
            return 200, "text/plain", b"alive\n"
        case "/health/ready":
            fit = not stop.is_set() and await _is_ready(ready)
            return (200, "text/plain", b"ready\n") if fit else (503, "text/plain", b"not ready\n")
        case "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest()
        case _:
            return 404, "text/plain", b"not found\n"


async def _is_ready(ready: Ready | None) -> bool:
    if ready is None:
        return True
    try:
        return await asyncio.wait_for(ready(), _READY_WITHIN_SECONDS)
    except Exception:  # noqa: BLE001 - whatever the reason, it is not ready, and says so
        return False


async def _stop(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
