"""What a browser may load, tell and keep."""

import httpx
import pytest

from shared.web.forms import local_path
from shared.web.languages import HERE
from tests.unit.web.conftest import COOKIE, FakeSessions, make_app


@pytest.mark.parametrize("path", ["/orders", "/nix", "/error/bug", "/api/nix", "/static/passerelle.css"])
async def test_every_answer_is_guarded(client: httpx.AsyncClient, path: str) -> None:
    """Pages, errors and API answers alike: nothing inline, no framing, no referrer, no guessing of types."""
    client.cookies.update(COOKIE)
    headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://sellers.example" in policy
    assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")


async def test_pages_are_not_kept_and_files_are(client: httpx.AsyncClient) -> None:
    """A shared computer shows nothing after signing out; the style sheet's address changes with its content."""
    client.cookies.update(COOKIE)
    assert (await client.get("/orders")).headers["cache-control"] == "no-store"
    page = (await client.get("/nix", headers={"accept": "text/html"})).text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    sheet = await client.get(address)
    assert (sheet.status_code, "immutable" in sheet.headers["cache-control"]) == (200, True)
    other = await client.get("/static/passerelle.css?v=0123456789ab")  # a page of another release than this process
    assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")
    missing = await client.get("/static/nix.css")
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")


async def test_https_is_kept_to(sessions: FakeSessions, client: httpx.AsyncClient) -> None:
    """Strict-Transport-Security under https only."""
    assert "strict-transport-security" not in (await client.get("/nix")).headers
    transport = httpx.ASGITransport(make_app(sessions, "https://x.example", None))
    async with httpx.AsyncClient(transport=transport, base_url="https://x.example") as secure:
        assert "strict-transport-security" in (await secure.get("/nix")).headers


def test_nothing_is_inline() -> None:
    """The policy would silently drop it."""
    for template in (HERE / "templates").glob("*.html"):
        text = template.read_text()
        assert not any(inline in text for inline in (" style=", "<style", "<script>", "onclick", "javascript:")), (
            template
        )


@pytest.mark.parametrize(
    ("wished", "path"),
    [
        ("/orders?status=open", "/orders?status=open"),
        ("/", "/"),
        (None, "/"),
        ("", "/"),
        ("orders", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_nobody_is_led_elsewhere(wished: str | None, path: str) -> None:
    """`next` is a path of our own or the start page."""
    assert local_path(wished) == path
