"""What the list of an organisation's connections is asked for, and a page of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.auth.domain.connection import Connection, ConnectionState

# Of a connection in the list: how urgent it is, and its id.
Place = tuple[int, UUID]


@dataclass(frozen=True, slots=True)
class ListAsked:
    """
    What needs somebody first, what has ended last, among these the newest first.

    `search`: part of a name or of a seller account's id; `app_id`: what lives by this application of their own.
    """

    state: ConnectionState | None = None
    search: str = ""
    app_id: UUID | None = None
    after: Place | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ListPage:
    """`after`: the place behind which more comes; None: that was all."""

    items: Sequence[Connection]
    after: Place | None


# Only of states that occur.
Counts = Mapping[ConnectionState, int]
