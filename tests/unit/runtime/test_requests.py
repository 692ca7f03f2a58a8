"""One line per request, and in it nothing of the address."""

from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.runtime.requests import Message, Receive, RequestLines, Scope, Send
from shared.runtime.telemetry import configure_telemetry, traceparent
from shared.web.unexpected import UnexpectedErrors
from tests.unit.runtime.conftest import Lines

ORGANISATION = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
app.add_middleware(RequestLines)


@app.get("/orders/{order_id}")
async def order(request: Request) -> str | None:
    request.state.organisation_id = ORGANISATION
    return traceparent()


@app.get("/broken")
async def broken() -> None:
    raise ValueError("SECRET")


@pytest.fixture
def client() -> httpx.AsyncClient:
    configure_telemetry("orders", "api", None)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://x")


async def test_a_request_is_one_line(client: httpx.AsyncClient, lines: Lines) -> None:
    """Method, route template, status, time and organisation; no path, no query string."""
    await client.get("/orders/SECRET?code=SECRET")
    (line,) = lines()
    assert (line["event"], line["method"], line["route"], line["status"], line["organisation_id"]) == (
        "http.served", "GET", "/orders/{order_id}", 200, str(ORGANISATION),
    )  # fmt: skip
    assert line["milliseconds"] >= 0
    assert "SECRET" not in str(line)


async def test_an_unknown_address_is_not_printed(client: httpx.AsyncClient, lines: Lines) -> None:
    """Whatever was typed, the line says only that no route matched."""
    await client.get("/SECRET")
    assert [(line["route"], line["status"]) for line in lines()] == [("(none)", 404)]


async def test_whoever_leaves_in_the_middle_of_a_form_is_no_error_of_ours(lines: Lines) -> None:
    """There is no answer. Seen red: a line of level error and a 500, of which too many page somebody."""
    form = {"type": "http", "method": "POST", "path": "/orders", "headers": []}

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive, send).body()

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def answered(message: Message) -> None:
        raise AssertionError(message)

    configure_telemetry("orders", "api", None)
    await RequestLines(UnexpectedErrors(reading))(form, gone, answered)
    served = [(line["level"], line["status"]) for line in lines() if line["event"] == "http.served"]
    assert served == [("info", 499)]


async def test_a_bug_is_a_line_of_level_error(client: httpx.AsyncClient, lines: Lines) -> None:
    """An exception that gets this far is a 500, still with its line."""
    await client.get("/broken?x=SECRET")
    served = [line for line in lines() if line["event"] == "http.served"]
    assert [(line["level"], line["status"]) for line in served] == [("error", 500)]


async def test_a_trace_goes_on(client: httpx.AsyncClient, lines: Lines) -> None:
    """The caller's trace id is on our line, and is what an outbox row or an internal call would carry."""
    given = (await client.get("/orders/1", headers={"traceparent": PARENT})).json()
    assert given.split("-")[1] == PARENT.split("-")[1]
    assert given != PARENT
    assert lines()[0]["trace_id"] == PARENT.split("-")[1]


async def test_a_trace_begins_here_otherwise(client: httpx.AsyncClient, lines: Lines) -> None:
    """Without a caller's trace, each request has its own."""
    await client.get("/orders/1")
    await client.get("/orders/1", headers={"traceparent": "nonsense"})
    first, second = lines()
    assert first["trace_id"] != second["trace_id"]


async def test_a_span_has_no_address(client: httpx.AsyncClient, lines: Lines) -> None:
    """One server span per request: method, route template and status, nothing that was typed."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    await client.get("/orders/SECRET?spapi_oauth_code=SECRET")
    (told,) = exporter.get_finished_spans()
    assert (told.name, dict(told.attributes or {})) == (
        "GET /orders/{order_id}",
        {"http.request.method": "GET", "http.route": "/orders/{order_id}", "http.response.status_code": 200},
    )


def test_there_is_no_trace_outside_a_span() -> None:
    """Then nothing is carried along."""
    assert traceparent() is None
