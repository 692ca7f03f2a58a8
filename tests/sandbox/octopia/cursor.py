"""
Lists that are paged by a cursor in the `Link` header: offers, results.

A cursor carries the key of the last row shown and a digest of the other parameters. How a wrong one is refused is not
documented: here with 400.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from tests.sandbox.octopia.context import Context
from tests.sandbox.octopia.errors import Problem, invalid
from tests.sandbox.octopia.query import number

PAGING = frozenset({"limit", "cursor"})
_USUAL_PER_PAGE = 100
_MOST_PER_PAGE = 1000

Row = TypeVar("Row")


def page(ctx: Context, rows: Sequence[tuple[str, Row]]) -> tuple[list[Row], Mapping[str, str]]:
    """The rows of the page asked for and the headers that lead to the next; `rows` are sorted by their keys."""
    limit, after = number(ctx, "limit", _USUAL_PER_PAGE, _MOST_PER_PAGE), _after(ctx)
    rest = [(key, row) for key, row in rows if key > after]
    shown = rest[:limit]
    if len(rest) == len(shown):
        return [row for _, row in shown], {}
    cursor = _cursor(ctx, shown[-1][0])
    if (repeated := ctx.query.get("cursor")) and ctx.take("repeated_page_token"):
        cursor = repeated
    link = f"{ctx.url}?{urlencode({**ctx.query, 'cursor': cursor})}"
    return [row for _, row in shown], {"Link": f'<{link}>; rel="next"'}


def _cursor(ctx: Context, last: str) -> str:
    return urlsafe_b64encode(json.dumps([_digest(ctx), last]).encode()).decode()


def _after(ctx: Context) -> str:
    """The key to go on from."""
    text = ctx.query.get("cursor")
    if text is None:
        return ""
    if ctx.take("refused_page_token"):
        raise _wrong()
    try:
        digest, last = json.loads(urlsafe_b64decode(text.encode()))
    except ValueError as error:
        raise _wrong() from error
    if digest != _digest(ctx):
        raise _wrong()
    return str(last)


def _wrong() -> Problem:
    return invalid("cursor", "The cursor is not valid.")


def _digest(ctx: Context) -> str:
    kept = sorted((name, value) for name, value in ctx.query.items() if name not in PAGING)
    return hashlib.sha256(json.dumps([ctx.account.seller_id, ctx.item_id, kept]).encode()).hexdigest()[:16]
