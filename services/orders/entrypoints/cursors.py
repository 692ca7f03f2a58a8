"""Cursors of lists: where the next piece begins, unreadable to callers so that nobody builds one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

Place = tuple[datetime, UUID]


def cursor_of(place: Place | None) -> str | None:
    """The cursor of what comes behind this place; None: nothing does."""
    if place is None:
        return None
    at, row_id = place
    return urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def place_of(cursor: str | None) -> Place | None:
    """Raises PydanticCustomError for what `cursor_of` never gave."""
    if not cursor:
        return None
    try:
        told = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, row_id = told.partition("|")
        place = datetime.fromisoformat(at), UUID(row_id)
    except ValueError:
        raise PydanticCustomError("cursor", "This cursor is not one of ours.") from None
    if place[0].tzinfo is None:
        raise PydanticCustomError("cursor", "This cursor is not one of ours.")
    return place


Cursor = Annotated[
    Place | None,
    BeforeValidator(place_of),
    Query(alias="cursor", max_length=200, description="`next_cursor` of the answer before."),
]
