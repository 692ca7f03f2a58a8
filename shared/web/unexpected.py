"""What nobody expected: logged with its trace, answered as a plain 500, inside the middleware that logs and heads."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request

from shared.web.problems import Problem, answer_problem

App = Callable[[Any, Any, Any], Awaitable[None]]

log = structlog.get_logger()


class UnexpectedErrors:
    """ASGI middleware. An error after the answer began cannot be answered any more; it breaks the connection."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watch(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            return  # nobody is left to be answered
        except Exception as error:
            log.exception("http.bug", exc_info=error)
            if begun:
                raise
            problem = Problem(500, "bug", "Something went wrong on our side.", "It was noted. Trying again may help.")
            await answer_problem(Request(scope, receive), problem)(scope, receive, send)
