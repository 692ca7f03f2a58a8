"""No request is read beyond a size: 413, whether the sender announced it or not. No path has a NUL: 404."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request

from shared.web.problems import Problem, answer_problem, not_found

App = Callable[[Any, Any, Any], Awaitable[None]]

LARGEST_BODY_BYTES = 2 * 1024 * 1024


class BodyLimit:
    """ASGI middleware. An announced size is answered here; an unannounced one where the body is being read."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        received = 0

        async def count() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY_BYTES:
                raise HTTPException(413)
            return message

        if scope["type"] == "http" and _announced(scope) > LARGEST_BODY_BYTES:
            await answer_problem(Request(scope, receive), Problem(413, "too-large", "The request is too large."))(
                scope, receive, send
            )
            return
        await self.app(scope, count if scope["type"] == "http" else receive, send)


class NoNul:
    """ASGI middleware. PostgreSQL has no text with one, so nothing of ours has such a name."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and "\0" in scope["path"]:
            await answer_problem(Request(scope, receive), not_found())(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _announced(scope: Any) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0
