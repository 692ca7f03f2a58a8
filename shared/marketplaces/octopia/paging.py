"""
Walking a list that moves while it is read (domain rule 18).

Octopia pages by index, so a row that leaves the list moves all later ones towards its beginning, and a row that comes
in moves them towards its end. The pass counts first and reads the last page first, downwards: what has left then only
makes rows come twice. And each page reaches a few rows into the page read before: a row known from there proves that
nothing slipped by upwards. Where a full page holds none of them, rows may have, and the pass starts again.

A page's index counts in its own size, so pages of different sizes are what overlaps.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from shared.marketplaces.ports import PageTokenRefused

PAGE_SIZE = 100
OVERLAP = 10
_SMALLEST = 50
_TOKEN = re.compile(r"(\d{1,3})(?:\.(\d{1,9})\.([0-9a-f]{12}(?:,[0-9a-f]{12})*)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """
    How far a pass has come: which of the statuses asked for it walks, and the rows `below` that are still to be read.

    `below` None: the rows of this status have not been counted yet. `known`: the lowest rows read so far.
    """

    status: int = 0
    below: int | None = None
    known: tuple[str, ...] = ()

    @classmethod
    def read(cls, token: str | None, statuses: int) -> "Place":
        """Raises PageTokenRefused: it is not ours, or of another query."""
        if token is None:
            return cls()
        found = _TOKEN.fullmatch(token)
        if found is None or int(found[1]) >= max(1, statuses):
            raise PageTokenRefused("the page token is not one of ours")
        known = tuple(found[3].split(",")) if found[3] else ()
        return cls(int(found[1]), int(found[2]) if found[2] else None, known)

    def __str__(self) -> str:
        return f"{self.status}" if self.below is None else f"{self.status}.{self.below}.{','.join(self.known)}"


@dataclass(frozen=True, slots=True)
class Page:
    """What to ask for: `index` counts from 1. `first`: the position of its first row, from 0."""

    index: int
    size: int

    @property
    def first(self) -> int:
        return (self.index - 1) * self.size


def page_below(below: int) -> Page:
    """The page that reads the most rows below this one, and at least `OVERLAP` from it upwards."""
    sizes = range(PAGE_SIZE, _SMALLEST - 1, -1)
    size = max((size for size in sizes if below % size <= size - OVERLAP), key=lambda size: below % size)
    return Page(below // size + 1, size)


def step(place: Place, page: Page, rows: Sequence[str], statuses: int) -> Place | None:
    """
    Where the pass stands after this page; None: it has ended. `rows`: what each row is known by.

    Raises PageTokenRefused where rows may have slipped by: the pass starts again.
    """
    marks = [mark(row) for row in rows]
    # A page that is not full holds the end of the list: nothing is above it.
    if len(rows) >= page.size and not set(place.known) & set(marks):
        raise PageTokenRefused("the list grew by more than a page reaches over")
    if page.first > 0:
        return Place(place.status, page.first, tuple(marks[:OVERLAP]) or place.known)
    following = place.status + 1
    return Place(following) if following < statuses else None


def mark(row: str) -> str:
    """Ids are kept short, and of an unreadable record nothing is kept."""
    return sha256(row.encode()).hexdigest()[:12]
