"""Errors say what to do next, to programs and to people, and repeat nothing of what was sent."""

from collections.abc import AsyncIterator

import httpx
import pytest
from structlog.testing import capture_logs

from shared.web import limits
from tests.unit.web.conftest import COOKIE, ERRORS

JSON = "application/problem+json"


@pytest.mark.parametrize(
    ("name", "status", "kind", "retry_after"),
    [
        ("problem", 409, "already-labelled", "3"),
        ("field", 422, "unknown-sku", None),
        ("missing", 404, "not-found", None),
        ("http", 405, "method-not-allowed", None),
        ("far", 503, "far-side-unavailable", "8"),
        ("auth", 503, "far-side-unavailable", "5"),
        ("database", 503, "database-unavailable", "5"),
        ("missing-table", 503, "database-unavailable", "5"),
        ("conflict", 503, "busy", "1"),
        ("bug", 500, "bug", None),
    ],
)
async def test_an_error_is_a_problem_and_a_page(
    client: httpx.AsyncClient, name: str, status: int, kind: str, retry_after: str | None
) -> None:
    """problem+json with a stable type under /api, a page elsewhere; both with the same status and wait."""
    program = await client.get(f"/api/orders/v1/error/{name}")
    assert (program.status_code, program.headers["content-type"]) == (status, JSON)
    assert (program.json()["type"], program.json()["status"]) == (f"urn:passerelle:problem:{kind}", status)
    person = await client.get(f"/error/{name}", headers={"accept": "text/html"})
    assert (person.status_code, person.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert program.json()["title"] in person.text
    assert [each.headers.get("retry-after") for each in (program, person)] == [retry_after] * 2
    assert "SECRET" not in program.text + person.text


async def test_a_table_that_is_missing_is_told_to_the_operator(client: httpx.AsyncClient) -> None:
    """It may be our bug, and not a migration that is to come. Seen red: an answer, and no line that says which one."""
    with capture_logs() as logs:
        answer = await client.get("/api/orders/v1/error/missing-table")
    assert [line["reason"] for line in logs if line["event"] == "http.not_migrated"] == [str(ERRORS["missing-table"])]
    assert "outbox" not in answer.text


def test_every_error_of_the_table_is_tried() -> None:
    """The parametrisation above is complete."""
    assert len(ERRORS) == 10


async def test_a_field_at_fault_is_named(client: httpx.AsyncClient) -> None:
    """With a sentence and a code."""
    answer = await client.get("/api/orders/v1/error/field")
    assert answer.json()["errors"] == [
        {"field": "lines.0.sku", "message": "The SKU is unknown.", "code": "unknown-sku"}
    ]


async def test_an_address_that_names_no_id_leads_nowhere(client: httpx.AsyncClient) -> None:
    """A person gets the page for what does not exist; a program is told which part of the path is wrong."""
    person = await client.get("/thing/x", headers={"accept": "text/html"})
    assert (person.status_code, "There is nothing here." in person.text) == (404, True)
    program = await client.get("/api/orders/v1/thing/x")
    assert (program.status_code, program.json()["errors"][0]["field"]) == (422, "thing_id")


async def test_headers_of_an_http_error_are_kept(client: httpx.AsyncClient) -> None:
    """405 says what is allowed."""
    assert (await client.get("/api/orders/v1/error/http")).headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ('{"counted": "SECRET"}', [("counted", "Input should be a valid integer", "int_parsing")]),
        ('{"counted": 11}', [("counted", "Input should be less than or equal to 10", "less_than_equal")]),
        ("{}", [("counted", "Field required", "missing")]),
        ('{"counted": 1, "when": "SECRET"}', [("when", "Input should be a valid UUID", "uuid_parsing")]),
        ("SECRET", [("body", "This is not JSON.", "json_invalid")]),
        ('["SECRET"]', None),
    ],
)
async def test_a_body_that_is_not_valid_is_told_by_field(
    client: httpx.AsyncClient, body: str, errors: list[tuple[str, str, str]] | None
) -> None:
    """422 names each field, and never repeats its value: it may be a password."""
    client.cookies.update(COOKIE)
    headers = {"content-type": "application/json", "X-CSRF-Token": "csrf-1"}
    answer = await client.put("/api/orders/v1/level", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, JSON)
    assert "SECRET" not in answer.text
    told = [(error["field"], error["message"], error["code"]) for error in answer.json()["errors"]]
    assert errors is None or told == errors


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/nix", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("/nix", "*/*", "text/html; charset=utf-8"),
        ("/nix", "application/json", JSON),
        ("/api/nix", "text/html", JSON),
        ("/internal/nix", "*/*", JSON),
        ("/oauth/token", "*/*", JSON),
    ],
)
async def test_programs_and_people_are_told_apart(client: httpx.AsyncClient, path: str, accept: str, kind: str) -> None:
    """By the address first, then by what is accepted."""
    answer = await client.get(path, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, kind)


async def test_a_bug_is_logged_with_its_trace(client: httpx.AsyncClient, log_lines: list[dict[str, object]]) -> None:
    """One error line with the exception, then the request's own line with status 500."""
    await client.get("/api/orders/v1/error/bug")
    assert [(line["event"], line["log_level"]) for line in log_lines] == [
        ("http.bug", "error"), ("http.served", "error")
    ]  # fmt: skip
    assert log_lines[0]["exc_info"] is ERRORS["bug"]


async def test_an_oversized_body_is_not_read(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """413 for an announced size at once, for an unannounced one as soon as it is beyond."""
    monkeypatch.setattr(limits, "LARGEST_BODY_BYTES", 10)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"12345"

    assert (await client.post("/api/orders/v1/body", content=b"1234567890")).json() == 10
    announced = await client.post("/api/orders/v1/body", content=b"12345678901")
    unannounced = await client.post("/api/orders/v1/body", content=pieces())
    for answer in (announced, unannounced):
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:passerelle:problem:too-large")
