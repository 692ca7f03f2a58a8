"""Pages in the reader's language, with everything from outside escaped."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jinja2
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from shared.kernel.money import Money
from shared.web.pages import Pages
from tests.unit.web.conftest import SELLER, FakeSessions, make_app

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

TEMPLATES = {
    "hello.html": (
        '{% extends "layout.html" %}{% block title %}{{ _("Hello") }}{% endblock %}'
        '{% block content %}<p>{{ _("Hello %(name)s", name=name) }}</p>{% endblock %}'
    ),
    "parts.html": "",
    "form.html": (
        '{% from "pieces.html" import field, select, summary %}{{ summary(errors) }}'
        '{{ field("sku", _("Hello"), value, errors, hint="H") }}'
        '{{ select("region", "R", [("eu", "Europe")], "eu", errors) }}'
    ),
    "filters.html": (
        '{{ at|datetime("Europe/Paris") }}|{{ at|date("America/New_York") }}|{{ at|datetime }}|{{ at|ago }}'
        "|{{ money|money }}|{{ 1234.5|number }}|{{ 1234|weight }}|{{ 999|weight }}|{{ none|datetime }}|{{ none|money }}"
    ),
    "typo.html": "{{ nmae }}",
}
CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Hello"
msgstr "Bonjour"

msgid "Hello %(name)s"
msgstr "Bonjour %(name)s"
"""


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    for name, text in TEMPLATES.items():
        if text:
            (tmp_path / name).write_text(text.replace("pieces.html", "parts.html"))
    (tmp_path / "fr.po").write_text(CATALOGUE)
    return Pages(templates=tmp_path, catalogues=tmp_path, clock=StoppedClock())


@pytest.fixture
def app(sessions: FakeSessions, pages: Pages) -> FastAPI:
    app = make_app(sessions, "http://127.0.0.1:8080", pages)

    @app.get("/hello")
    async def hello(request: Request, locale: str | None = None) -> HTMLResponse:
        principal = None if locale is None else type(SELLER)(**_fields(locale))
        return pages.render(request, "hello.html", principal=principal, name="<b>Zoé</b>")

    @app.get("/page/{name}")
    async def page(request: Request, name: str) -> HTMLResponse:
        context: dict[str, Any] = {
            "errors": {"sku": "Not <this>."}, "value": '"><script>', "at": NOW - timedelta(hours=3),
            "money": Money(123456, "EUR"),
        }  # fmt: skip
        return pages.render(request, f"{name}.html", principal=None, **context)

    return app


def _fields(locale: str) -> dict[str, Any]:
    names = ("organisation_id", "user_id", "scopes", "csrf_token", "label")
    return {name: getattr(SELLER, name) for name in names} | {"locale": locale}


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield client


@pytest.mark.parametrize(
    ("query", "cookie", "accepted", "language"),
    [
        ("", None, None, "en"),
        ("", None, "fr-CA,fr;q=0.9,en;q=0.5", "fr"),
        ("", None, "de, en;q=0.3, fr;q=0.7", "fr"),
        ("", None, "de", "en"),
        ("", None, "fr;q=0, en", "en"),
        ("", None, ";q=x,,", "en"),
        ("?locale=fr", None, "en", "fr"),
        ("?locale=fr", "en", "fr", "en"),
        ("?language=fr", "en", "en", "fr"),
        ("?language=xx", "fr", "en", "fr"),
        ("", "xx", None, "en"),
    ],
)
async def test_the_language_is_the_readers(
    client: httpx.AsyncClient, query: str, cookie: str | None, accepted: str | None, language: str
) -> None:
    """What was asked for, else the cookie, else the session's, else the browser's, else English."""
    client.cookies.update({"passerelle_language": cookie} if cookie else {})
    answer = await client.get("/hello" + query, headers={"accept-language": accepted} if accepted else {})
    assert f'<html lang="{language}">' in answer.text
    assert ("Bonjour" if language == "fr" else "Hello") in answer.text


async def test_a_chosen_language_is_remembered(client: httpx.AsyncClient) -> None:
    """In a cookie; a language we do not have is not."""
    assert "passerelle_language=fr" in (await client.get("/hello?language=fr")).headers["set-cookie"]
    assert "set-cookie" not in (await client.get("/hello?language=xx")).headers
    assert "Bonjour" in (await client.get("/hello")).text


async def test_the_language_links_keep_the_filters_and_drop_secrets(client: httpx.AsyncClient) -> None:
    """The same page in another language; what a consent redirect brought is never written into a link."""
    text = (await client.get("/hello?status=open&language=en&state=SECRET&spapi_oauth_code=SECRET")).text
    assert 'href="/hello?status=open&amp;language=fr"' in text
    assert "SECRET" not in text


async def test_what_comes_from_outside_is_escaped(client: httpx.AsyncClient) -> None:
    """Also inside a translated sentence and in attributes."""
    assert "&lt;b&gt;Zoé&lt;/b&gt;" in (await client.get("/hello?language=fr")).text
    text = (await client.get("/page/form")).text
    assert "<script>" not in text
    assert "Not &lt;this&gt;." in text


async def test_a_field_is_bound_to_its_label_hint_and_error(client: httpx.AsyncClient) -> None:
    """Label by id, error and hint described, and a summary that leads to the field."""
    text = (await client.get("/page/form")).text
    assert '<label for="sku">Bonjour' in (await client.get("/page/form?language=fr")).text
    assert 'aria-invalid="true" aria-describedby="sku-error sku-hint"' in text
    assert '<a href="#sku">' in text
    assert '<option value="eu" selected>Europe</option>' in text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "22 Nov 2026 07:30",
                "22 Nov 2026",
                "22 Nov 2026 06:30 UTC",
                "3 hours ago",
                "€1,234.56",
                "1,234.5",
                "1.234 kg",
                "999 g",
            ],
        ),
        (
            "fr",
            [
                "22 nov. 2026 07:30",
                "22 nov. 2026",
                "22 nov. 2026 06:30 UTC",
                "il y a 3 heures",
                "1 234,56 €",
                "1 234,5",
                "1,234 kg",
                "999 g",
            ],
        ),
    ],
)
async def test_dates_and_amounts_are_written_as_the_reader_does(
    client: httpx.AsyncClient, language: str, expected: list[str]
) -> None:
    """In the channel's time zone, else said to be UTC; with the exact time machine-readable; nothing is a dash."""
    text = (await client.get(f"/page/filters?language={language}")).text
    for written, part in zip(expected, text.split("|"), strict=False):
        assert written in re.sub(r"\s", " ", part)
    assert '<time datetime="2026-11-22T06:30:00+00:00" title="CET">' in text
    assert text.split("|")[8:] == ["–", "–"]


async def test_a_name_missing_in_a_page_is_a_bug(client: httpx.AsyncClient, app: FastAPI) -> None:
    """Not an empty place that nobody notices."""
    assert (await client.get("/page/typo")).status_code == 500


async def test_a_link_to_another_language_stays_here(client: httpx.AsyncClient) -> None:
    """A browser takes `//host/` for another host: an address that begins so must not come back as a link."""
    page = await client.get("http://127.0.0.1:8080//evil.example/x?a=1", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert 'href="/evil.example/x?a=1&amp;language=fr"' in page.text
    assert 'href="//' not in page.text


async def test_a_link_to_another_language_is_to_the_same_address(client: httpx.AsyncClient) -> None:
    """Also with a `%` before two hexadecimal digits. Seen red: that was decoded once more by the next request."""
    page = await client.get("/nix/10%25AB%20%C3%A9", headers={"accept": "text/html"})
    assert 'href="/nix/10%25AB%20%C3%A9?language=fr"' in page.text


def test_a_sentence_alone_is_translated(pages: Pages) -> None:
    """For what is said outside a template; without a translation it stays English."""
    request = Request({"type": "http", "query_string": b"language=fr", "headers": []})
    assert pages.say(request, "Hello", principal=None) == "Bonjour"
    assert pages.say(request, "Never translated", principal=None) == "Never translated"


def test_a_template_that_is_missing_is_said(pages: Pages) -> None:
    """By its name."""
    request = Request({"type": "http", "query_string": b"", "headers": [], "path": "/", "scheme": "http"})
    with pytest.raises(jinja2.TemplateNotFound, match=r"nix\.html"):
        pages.render(request, "nix.html", principal=None)
