"""
Headers every answer has: what a browser may load, tell and keep.

Nothing inline: no style or script attribute works. Pages and API answers are never stored.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders

App = Callable[[Any, Any, Any], Awaitable[None]]

_A_YEAR = "max-age=31536000"


def install_headers(app: FastAPI, *, form_targets: Sequence[str] = ()) -> None:
    """
    Adds them to every answer; one that an endpoint sets itself is kept.

    `form_targets`: origins a form may lead to by redirect besides our own. Browsers hold `form-action` against the
    whole chain, so a form whose answer redirects to a marketplace's consent page needs that origin here.
    """
    app.add_middleware(_Headers, form_targets=tuple(form_targets))


class _Headers:
    def __init__(self, app: App, form_targets: tuple[str, ...]) -> None:
        self.app = app
        self.fixed = {
            "content-security-policy": _policy(form_targets),
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def add(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (self.fixed | _by_answer(scope, message["status"])).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, add if scope["type"] == "http" else send)


def _policy(form_targets: tuple[str, ...]) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self' data:",
            "script-src 'self'",
            "connect-src 'self'",
            " ".join(["form-action 'self'", *form_targets]),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _by_answer(scope: Any, status: int) -> dict[str, str]:
    """A file that is missing (its page is of a newer release than this process) must not stay missing for a year."""
    file = scope["path"].startswith("/static/") and status in {200, 304}
    kept = "public, immutable, " + _A_YEAR if file else "no-store"
    return {"cache-control": kept} | ({"strict-transport-security": _A_YEAR} if scope["scheme"] == "https" else {})
