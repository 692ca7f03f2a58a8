"""From page to page by their links, until every kind of page was seen once."""

import re
from urllib.parse import parse_qsl, urlsplit

from tests.browser.person import Person

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_NAME = re.compile(r"(?<=/stock/sku/)[^/]+")
# Of these each value is another page; of other questions (a filter, a cursor) one is enough.
_TELLING = {"tab", "answer"}
_HREFS = "[...document.querySelectorAll('a[href^=\"/\"]:not([hreflang])')].map(a => a.getAttribute('href'))"


async def walk(person: Person, *starts: str) -> list[str]:
    """Looks at one page of each kind that can be reached from `starts`; their kinds, in the order seen."""
    ahead, kinds = list(starts), [kind_of(start) for start in starts]
    while ahead:
        await person.visit(ahead.pop(0))
        for address in await person.page.evaluate(_HREFS):
            kind = kind_of(address)
            if kind not in kinds and not urlsplit(address).path.endswith((".pdf", ".csv", ".json", ".svg")):
                kinds.append(kind)
                ahead.append(address)
    return kinds


def kind_of(address: str) -> str:
    """The address without what tells one thing from another of its kind."""
    parts = urlsplit(address)
    asked = [name + (f"={value}" if name in _TELLING else "") for name, value in parse_qsl(parts.query)]
    return _NAME.sub("…", _ID.sub("…", parts.path)) + ("?" + "&".join(sorted(asked)) if asked else "")
