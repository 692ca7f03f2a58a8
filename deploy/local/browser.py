"""
A browser without a screen: opens pages, fills in their forms as they are, follows redirects, keeps cookies.

The demo goes through the same pages as a person, so that it proves them.
"""

from dataclasses import dataclass, field
from functools import cache, partial
from html.parser import HTMLParser
from types import TracebackType
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx


class Unexpected(Exception):
    """A page or an answer is not what the next step needs; says which. `status`: of an HTTP answer, 0 for a page."""

    def __init__(self, sentence: str, *, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Form:
    """`fields`: what a browser would send unless a person changes it. Buttons are sent only when named."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    text: str

    def form(self, *names: str, action: str = "") -> Form:
        """The first form that has all these fields and whose action contains `action`. Raises `Unexpected`."""
        parser = _FormParser()
        parser.feed(self.text)
        for form in parser.forms:
            if action in form.action and set(names) <= form.fields.keys():
                return form
        raise Unexpected(f"{self.url} ({self.status}) has no form with {', '.join(names) or action}: {self.sentence()}")

    def sentence(self) -> str:
        """What the page says, shortened."""
        parser = _TextParser()
        parser.feed(self.text)
        return " ".join(" ".join(parser.words).split())[:400]


# The certificates we trust, read once for all browsers.
_trusted = cache(partial(httpx.create_ssl_context, trust_env=False))


class Browser:
    """One person's browser; `origin` is the product's address."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        # The gateway closes connections that were idle for 5 s: ours are dropped before.
        limits = httpx.Limits(keepalive_expiry=2.0)
        self._client = httpx.AsyncClient(
            verify=_trusted(), follow_redirects=True, timeout=30, limits=limits, trust_env=False
        )

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def open(self, path: str) -> Page:
        return _page(await self._send("GET", urljoin(self._origin, path), headers={"accept": "text/html"}))

    async def submit(self, page: Page, form: Form, **values: str) -> Page:
        """Sends the form with these values changed; gives the page it led to, over any redirects."""
        sent = form.fields | values
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
        headers = {"accept": "text/html", "origin": origin}
        target = urljoin(page.url, form.action)
        if form.method == "get":
            return _page(await self._send("GET", target, params=sent, headers=headers))
        return _page(await self._client.post(target, data=sent, headers=headers))

    async def call(self, method: str, path: str, body: Any = None, csrf_token: str = "") -> Any:
        """An API call under the session; the JSON of its answer. Raises `Unexpected` unless it succeeds."""
        headers = {"accept": "application/json", "origin": self._origin}
        if csrf_token:
            headers["x-csrf-token"] = csrf_token
        answer = await self._send(method, urljoin(self._origin, path), json=body, headers=headers)
        if not answer.is_success:
            raise Unexpected(
                f"{method} {path} answered {answer.status_code}: {answer.text[:400]}", status=answer.status_code
            )
        return answer.json() if answer.content else None

    async def _send(self, method: str, url: str, **sent: Any) -> httpx.Response:
        """As browsers do: what only reads is asked again where the server had just ended the connection it went by."""
        try:
            return await self._client.request(method, url, **sent)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            if method != "GET":
                raise
            return await self._client.request(method, url, **sent)


def _page(answer: httpx.Response) -> Page:
    return Page(str(answer.url), answer.status_code, answer.text)


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name"), given.get("value") or ""
        if tag == "form":
            self.forms.append(Form(given.get("action") or "", (given.get("method") or "get").lower()))
        elif self.forms and tag == "input" and name:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.forms[-1].fields[name] = value
        elif tag in {"select", "textarea"} and self.forms and name:
            self._select = name if tag == "select" else None
            self.forms[-1].fields.setdefault(name, "")
        elif tag == "option" and self.forms and self._select:
            self._choose(self._select, value, selected="selected" in given)

    def _choose(self, name: str, value: str, *, selected: bool) -> None:
        """The first option counts until one is marked."""
        if selected or not self.forms[-1].fields[name]:
            self.forms[-1].fields[name] = value


class _TextParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)
