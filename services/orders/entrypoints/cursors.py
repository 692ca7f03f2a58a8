"""Cursors of lists: where the next piece begins, unreadable to callers so that nobody builds one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

Place = tuple[datetime | None, UUID]
_LONGEST = 200


def cursor_of(place: Place | None) -> str | None:
    """The cursor of what comes behind this place; None: nothing does."""
    if place is None:
        return None
    at, row_id = place
    return urlsafe_b64encode(f"{at.isoformat() if at else ''}|{row_id}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Raises ValueError for what `cursor_of` never gave."""
    if len(cursor) > _LONGEST:
        raise ValueError("too long")
    told = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    at, _, row_id = told.partition("|")
    if not at:
        return None, UUID(row_id)
    place = datetime.fromisoformat(at), UUID(row_id)
    if place[0].tzinfo is None:
        raise ValueError("no time zone")
    return place


async def _asked(
    cursor: Annotated[str | None, Query(description="`next_cursor` of the answer before.")] = None,
) -> Place | None:
    if not cursor:
        return None
    try:
        return place_of(cursor)
    except ValueError:
        problem = {"loc": ("query", "cursor"), "type": "cursor", "msg": "This cursor is not one of ours."}
        raise RequestValidationError([problem]) from None


Cursor = Annotated[Place | None, Depends(_asked)]
