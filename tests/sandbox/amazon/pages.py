"""
Page tokens: opaque to clients, and needing no memory here.

A token carries the end of its window, the last row shown and a digest of the other parameters, which the client has to
repeat unchanged; a tag tells it from an invented one.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from tests.sandbox.amazon.book import Entry

_LIFE_SECONDS = 86_400
_FREE = ("paginationToken", "maxResultsPerPage", "includedData")


@dataclass(frozen=True)
class PageToken:
    """Where a listing stands; `before` is the window's end in whole seconds, `last` the last row shown."""

    digest: str
    issued_at: float
    before: int
    last: Entry

    def expired(self, now: float) -> bool:
        return now > self.issued_at + _LIFE_SECONDS


def digest(seller: str, query: Mapping[str, str]) -> str:
    """What binds a token to a seller and to the parameters that may not change from page to page."""
    kept = sorted((name, value) for name, value in query.items() if name not in _FREE)
    return hashlib.sha256(json.dumps([seller, kept]).encode()).hexdigest()[:16]


def write_token(token: PageToken, seed: int) -> str:
    body = json.dumps([token.digest, token.issued_at, token.before, *token.last])
    return urlsafe_b64encode(f"{_tag(body, seed)}{body}".encode()).decode()


def read_token(text: str, seed: int) -> PageToken | None:
    """The token, or None when it is not one of ours."""
    try:
        plain = urlsafe_b64decode(text.encode()).decode()
    except ValueError:
        return None
    tag, body = plain[:16], plain[16:]
    if tag != _tag(body, seed):
        return None
    digest_, issued_at, before, at, order_id = json.loads(body)
    return PageToken(digest_, issued_at, before, (at, order_id))


def _tag(body: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}/{body}".encode()).hexdigest()[:16]
