"""
Headers every answer has: what a browser may load, tell and keep.

Nothing inline: no style or script attribute works. Pages and API answers are never stored.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from shared.web.static import digests

App = Callable[[Any, Any, Any], Awaitable[None]]

_A_YEAR = "max-age=31536000"


def install_headers(app: FastAPI, *, form_targets: Sequence[str] = ()) -> None:
    """
    Adds them to every answer; one that an endpoint sets itself is kept.

    `form_targets`: origins a form may lead to by redirect besides our own. Browsers hold `form-action` against the
    whole chain, so a form whose answer redirects to a marketplace's consent page needs that origin here.
    """
    app.add_middleware(_Headers, form_targets=tuple(form_targets))


def show_in_frame(page: Response) -> None:
    """The page shows a document of ours in a frame."""
    page.headers["content-security-policy"] = _policy((), frames="'self'")


def let_be_framed(document: Response) -> None:
    """Pages of ours may show the document in a frame, and nobody else's."""
    document.headers["content-security-policy"] = _policy((), ancestors="'self'")
    document.headers["x-frame-options"] = "SAMEORIGIN"


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


def _policy(form_targets: tuple[str, ...], *, frames: str = "'none'", ancestors: str = "'none'") -> str:
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self' data:",
            "script-src 'self'",
            "connect-src 'self'",
            " ".join(["form-action 'self'", *form_targets]),
            "base-uri 'none'",
            f"frame-src {frames}",
            f"frame-ancestors {ancestors}",
        ]
    )


def _by_answer(scope: Any, status: int) -> dict[str, str]:
    secure = {"strict-transport-security": _A_YEAR} if scope["scheme"] == "https" else {}
    return {"cache-control": _kept(scope, status)} | secure


def _kept(scope: Any, status: int) -> str:
    """
    For a year: the very content that a page named by its digest.

    A page may be of another release than this process: what it wants is missing here, or is an older file.
    """
    folder, _, name = scope["path"].rpartition("/")
    if folder != "/static" or status not in {200, 304}:
        return "no-store"
    named = scope["query_string"] == f"v={digests().get(name)}".encode()
    return "public, immutable, " + _A_YEAR if named else "no-cache"
