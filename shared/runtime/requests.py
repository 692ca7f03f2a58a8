"""
One log line, one span and one measurement per request: method, route template, status, milliseconds.

The address itself is never printed: a path holds ids of others, a query string may hold a consent code.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

import structlog
from opentelemetry.trace import SpanKind
from prometheus_client import Histogram

from shared.runtime.telemetry import span

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SECONDS = Histogram("http_request_seconds", "Requests served, by route template.", ["method", "route", "status"])
# As it is told in access logs, where the client left before there was anything to answer.
_LEFT = 499
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = structlog.get_logger()


class RequestLines:
    """ASGI middleware, the outermost of ours."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        scope.setdefault("state", {})
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        started = time.perf_counter()
        status = _LEFT

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with span(method, kind=SpanKind.SERVER, parent=_traceparent(scope)) as current:
            try:
                await self.app(scope, receive, watch)
            except Exception:
                status = 500 if status == _LEFT else status
                raise
            finally:
                route = route_template(scope)
                current.update_name(f"{method} {route}")
                current.set_attributes(
                    {"http.request.method": method, "http.route": route, "http.response.status_code": status}
                )
                _tell(scope, method, route, status, time.perf_counter() - started)


def route_template(scope: Scope) -> str:
    """Such as `/orders/{order_id}`; `(none)` where no route matched."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "(none)"


def own_path(scope: Scope) -> str:
    """The path that was asked for, fit to be asked for again: `%` in it is one, also before two hexadecimal digits."""
    return quote(scope["path"], safe="/:@!$&'()*+,;=~")


def _tell(scope: Scope, method: str, route: str, status: int, seconds: float) -> None:
    SECONDS.labels(method, route, str(status)).observe(seconds)
    told = {"organisation_id": scope["state"].get("organisation_id")}
    level = log.error if status >= 500 and status != 503 else log.info
    level("http.served", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1), **told)


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value.decode("latin-1"))
    return None
