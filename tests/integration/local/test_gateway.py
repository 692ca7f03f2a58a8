"""The one origin passes everything through unchanged, and nothing to where nobody outside may go."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from deploy.local.gateway import make_app, server, service_for
from tests.ports import free_port


def _service() -> Starlette:
    """A stand-in for a service: says what reached it."""

    async def echo(request: Request) -> Response:
        body = await request.body()
        seen = {
            "path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "host": request.headers["host"],
            "for": request.headers.getlist("x-forwarded-for"),
            "proto": request.headers["x-forwarded-proto"],
            "size": len(body),
            "cookie": request.headers.get("cookie", ""),
        }
        return JSONResponse(seen)

    async def signed_in(_: Request) -> Response:
        response = RedirectResponse("/connections", 303)
        response.set_cookie("session", "a")
        response.set_cookie("language", "fr")
        return response

    async def stream(request: Request) -> Response:
        async def events() -> AsyncIterator[bytes]:
            yield b"data: first\n\n"
            await request.app.state.go_on.wait()
            yield b"data: second\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    app = Starlette(
        routes=[
            Route("/signin", signed_in, methods=["POST"]),
            Route("/orders/stream", stream),
            Route("/{path:path}", echo, methods=["GET", "POST"]),
        ]
    )
    app.state.go_on = asyncio.Event()
    return app


@asynccontextmanager
async def _served(app: Starlette) -> AsyncIterator[str]:
    port = free_port()
    running = server(app, port)
    task = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        await task


@pytest.fixture
async def service() -> Starlette:
    return _service()


@pytest.fixture
async def origin(service: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    down = f"http://127.0.0.1:{free_port()}"
    async with _served(service) as up:
        gateway = make_app({"auth": up, "orders": up, "inventory": up, "labels": down}, "http://127.0.0.1:8080")
        async with _served(gateway) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield client


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "auth"),
        ("/connections", "auth"),
        ("/connections/amazon/callback", "auth"),
        ("/.well-known/jwks.json", "auth"),
        ("/dashboard", "orders"),
        ("/orders", "orders"),
        ("/api/orders/v1/orders/1", "orders"),
        ("/stock", "inventory"),
        ("/api/labels/v1/shipments", "labels"),
        ("/internal/v1/tokens", None),
        ("/orders/../internal/v1/tokens", None),
        ("/ordersome", None),
        ("/api/internal", None),
        ("/metrics", None),
    ],
)
def test_each_prefix_has_one_service(path: str, service: str | None) -> None:
    """The table of prefixes decides, whole segments only; internal paths are nobody's."""
    assert service_for(path) == service


async def test_what_is_nobodys_is_404(origin: httpx.AsyncClient) -> None:
    """/internal is not reached, neither directly nor by dots, plain or encoded."""
    for path in ("/internal/v1/tokens", "/orders/%2e%2e/internal/v1/tokens", "/orders/..%2finternal"):
        answer = await origin.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_path_query_host_and_body_arrive_as_sent(origin: httpx.AsyncClient) -> None:
    """A SKU with an encoded slash stays one; a body of 5 MB passes; a forged X-Forwarded-For does not."""
    seen = (
        await origin.post(
            "/api/inventory/v1/skus/A%2FB?page=2&q=%C3%A9",
            content=b"x" * 5_000_000,
            headers={"host": "shop.example", "x-forwarded-for": "6.6.6.6"},
        )
    ).json()
    assert seen == {
        "path": "/api/inventory/v1/skus/A%2FB",
        "query": "page=2&q=%C3%A9",
        "host": "shop.example",
        "for": ["127.0.0.1"],
        "proto": "http",
        "size": 5_000_000,
        "cookie": "",
    }


async def test_redirects_and_every_cookie_reach_the_browser(origin: httpx.AsyncClient) -> None:
    """The gateway follows no redirect itself and joins no Set-Cookie."""
    answer = await origin.post("/signin")
    assert (answer.status_code, answer.headers["location"]) == (303, "/connections")
    assert [cookie.partition("=")[0] for cookie in answer.headers.get_list("set-cookie")] == ["session", "language"]


async def test_events_are_passed_on_as_they_come(origin: httpx.AsyncClient, service: Starlette) -> None:
    """The first event of a stream arrives while the service still holds the second back."""
    async with origin.stream("GET", "/orders/stream") as answer:
        chunks = answer.aiter_raw()
        assert await anext(chunks) == b"data: first\n\n"
        service.state.go_on.set()
        assert await anext(chunks) == b"data: second\n\n"


async def test_a_service_that_is_down_is_said_in_a_sentence(origin: httpx.AsyncClient) -> None:
    """503, in the form the caller asked for."""
    answer = await origin.get("/api/labels/v1/shipments")
    assert (answer.status_code, json.loads(answer.text)["status"]) == (503, 503)
    page = await origin.get("/shipments", headers={"accept": "text/html"})
    assert "The service “labels” is not answering" in page.text


async def test_one_visitors_cookies_are_not_the_next_ones(origin: httpx.AsyncClient) -> None:
    """After somebody signed in, a stranger's request reaches the service without any cookie."""
    await origin.post("/signin")
    async with httpx.AsyncClient(base_url=origin.base_url, trust_env=False) as stranger:
        assert (await stranger.get("/orders")).json()["cookie"] == ""
    assert "session=a" in (await origin.get("/orders")).json()["cookie"]


async def test_behind_somebody_who_ends_https_the_way_is_kept(service: Starlette) -> None:
    """With a public https address: the services are told https, and where the request came from."""
    async with (
        _served(service) as up,
        _served(make_app({"orders": up}, "https://passerelle.example")) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        seen = (await client.get("/orders", headers={"x-forwarded-for": "203.0.113.7"})).json()
    assert (seen["for"], seen["proto"]) == (["203.0.113.7, 127.0.0.1"], "https")
