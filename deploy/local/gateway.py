"""
One origin before the four services: a streaming reverse proxy that knows which service answers which path.

What is in no prefix is 404, so `/internal/*` is never reached from outside. In a cluster the ingress does this work.
"""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

# A path belongs to the service whose prefix it is, or begins with, up to a slash.
PREFIXES = {
    "auth": (
        "/signup", "/signin", "/signout", "/connections", "/settings", "/support", "/oauth", "/.well-known",
        "/api/auth", "/static",
    ),
    "orders": ("/dashboard", "/orders", "/api/orders"),
    "inventory": ("/stock", "/api/inventory"),
    "labels": ("/shipments", "/api/labels"),
}  # fmt: skip
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# About one connection, not about the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
}  # fmt: skip
_A_YEAR = "max-age=31536000"
# Of what is answered here: a sentence, which loads, frames, sends and tells nothing. The services guard their own.
_GUARDED = {
    "content-security-policy": "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
_FORWARDED = {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"}


def service_for(path: str) -> str | None:
    """The service that answers a (decoded) path; None: nobody does. Dots that climb out of a prefix belong nowhere."""
    if path == "/":
        return "auth"
    if {".", ".."} & set(path.replace("\\", "/").split("/")):
        return None
    for service, prefixes in PREFIXES.items():
        if any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes):
            return service
    return None


def make_app(services: Mapping[str, str], public_url: str) -> Starlette:
    """
    `services`: the base URL of each service. `public_url`: what a browser is told; under https there is somebody
    before us who ended the encryption, and whom we believe where requests come from.
    """
    public = urlsplit(public_url)
    answer = partial(
        _answer, guarded=_GUARDED | ({"strict-transport-security": _A_YEAR} if public.scheme == "https" else {})
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # No read timeout: a stream of events may be silent for long; the services end what takes too long.
        timeout = httpx.Timeout(None, connect=5)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        # One client serves every visitor: a cookie it kept would be the next one's session.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        async with httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False, cookies=no_cookies) as client:
            app.state.client = client
            yield

    async def forward(request: Request) -> Response:
        service = service_for(request.url.path)
        if service is None:
            return answer(request, 404, "There is nothing at this address.")
        client: httpx.AsyncClient = request.app.state.client
        try:
            found = await client.send(_outward(client, request, services[service], public.scheme), stream=True)
        except httpx.TransportError:
            return answer(request, 503, f"The service “{service}” is not answering. Try again in a moment.")
        return _inward(found)

    return Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)], lifespan=lifespan)


def _outward(client: httpx.AsyncClient, request: Request, base_url: str, scheme: str) -> httpx.Request:
    """The same request for the service: the path as it was sent, the Host the browser named."""
    peer = request.client.host if request.client else ""
    before = request.headers.getlist("x-forwarded-for") if scheme == "https" else []
    raw_path = request.scope["raw_path"] + (b"?" + query if (query := request.scope["query_string"]) else b"")
    url = httpx.URL(base_url).copy_with(raw_path=raw_path)
    headers = [pair for pair in request.headers.raw if pair[0] not in _HOP_BY_HOP | _FORWARDED]
    headers += [
        (b"x-forwarded-for", ", ".join([*before, peer]).encode()),
        (b"x-forwarded-proto", scheme.encode()),
        (b"x-forwarded-host", request.headers.get("host", "").encode()),
    ]
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    return client.build_request(request.method, url, headers=headers, content=request.stream() if has_body else None)


def _inward(answer: httpx.Response) -> Response:
    """The service's answer as it comes: several Set-Cookie stay several, compressed bytes stay compressed."""

    async def body() -> AsyncIterator[bytes]:
        try:
            async for chunk in answer.aiter_raw():
                yield chunk
        finally:
            await answer.aclose()

    response = StreamingResponse(body(), status_code=answer.status_code)
    response.raw_headers = [
        (name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _HOP_BY_HOP
    ]
    return response


def _answer(request: Request, status: int, sentence: str, *, guarded: Mapping[str, str]) -> Response:
    headers = {**guarded, "retry-after": "2"} if status == 503 else dict(guarded)
    if "text/html" in request.headers.get("accept", ""):
        page = f"<!doctype html><html lang=en><meta charset=utf-8><title>Passerelle</title><p>{sentence}</p></html>"
        return HTMLResponse(page, status, headers)
    problem = {"type": "about:blank", "status": status, "title": sentence}
    return JSONResponse(problem, status, headers, media_type="application/problem+json")


def server(app: Starlette, port: int) -> uvicorn.Server:
    """On 127.0.0.1. Who asks is the peer, whatever X-Forwarded-For claims: `_outward` decides what is passed on."""
    config = uvicorn.Config(
        app,
        http="h11",
        host="127.0.0.1",
        port=port,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


def serve() -> None:
    """`python -m deploy.local gateway`: GATEWAY_PORT, GATEWAY_PUBLIC_URL, GATEWAY_SERVICES (JSON: base URL by name)."""
    services: dict[str, str] = json.loads(os.environ["GATEWAY_SERVICES"])
    server(make_app(services, os.environ["GATEWAY_PUBLIC_URL"]), int(os.environ["GATEWAY_PORT"])).run()
