"""The forms of a person's pages, each with all that may be ticked and chosen in it; found by following links."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from deploy.local.browser import Browser

_MOST_PAGES = 150
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class PageForm:
    """A form that is posted. `fields`: each with every value that it may have."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


async def forms_of(browser: Browser, start: str = "/dashboard") -> list[PageForm]:
    """One of each kind: pages and forms that differ by their ids only are of one."""
    forms: dict[tuple[str, tuple[str, ...]], PageForm] = {}
    waiting, known = [start], {_kind(start)}
    while waiting and len(known) < _MOST_PAGES:
        page = await browser.open(waiting.pop(0))
        parser = _Parser()
        parser.feed(page.text)
        for form in parser.forms:
            forms.setdefault((_kind(form.action), tuple(form.fields)), form)
        for link in parser.links:
            target = urlsplit(urljoin(page.url, link))
            path = target.path
            if target.netloc == urlsplit(page.url).netloc and "." not in path and _kind(path) not in known:
                known.add(_kind(path))
                waiting.append(path)
    return list(forms.values())


def _kind(path: str) -> str:
    return _UUID.sub("id", path)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self._into: PageForm | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "form":
            self._into = PageForm(given.get("action", "")) if given.get("method") == "post" else None
            self.forms += [self._into] if self._into else []
        elif self._into is None:
            return
        elif tag in {"input", "button", "textarea"} and name:
            self._into.fields.setdefault(name, []).append(value)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._into.fields.setdefault(self._select, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._into = None
