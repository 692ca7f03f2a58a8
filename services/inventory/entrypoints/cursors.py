"""Cursors of lists: where the next piece begins, unreadable to callers so that nobody builds one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def cursor_of(after: str | None) -> str | None:
    return None if after is None else urlsafe_b64encode(after.encode()).decode().rstrip("=")


def code_after(cursor: str | None) -> str | None:
    """The SKU's code a piece begins behind. Raises PydanticCustomError for what `cursor_of` never gave."""
    if cursor is None:
        return None
    try:
        after = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        after = ""
    if cursor_of(after) != cursor or "\0" in after:
        raise PydanticCustomError("cursor", "This cursor is not one of ours.")
    return after


def entry_after(cursor: str | None) -> int | None:
    """The ledger entry a piece begins behind. Raises PydanticCustomError."""
    after = code_after(cursor)
    if after is None:
        return None
    if not after.isascii() or not after.isdecimal() or len(after) > 18:
        raise PydanticCustomError("cursor", "This cursor is not one of ours.")
    return int(after)


def listing_after(cursor: str | None) -> str | None:
    """The listing a piece begins behind: its id, then its name. Raises PydanticCustomError."""
    after = code_after(cursor)
    try:
        return None if after is None else f"{UUID(after[:_ID_LENGTH])}{after[_ID_LENGTH:]}"
    except ValueError:
        raise PydanticCustomError("cursor", "This cursor is not one of ours.") from None


_ID_LENGTH = 36
_CURSOR = Query(alias="cursor", description="`next_cursor` of the answer before.")
SkuCursor = Annotated[str | None, AfterValidator(code_after), _CURSOR]
EntryCursor = Annotated[int | None, BeforeValidator(entry_after), WithJsonSchema({"type": "string"}), _CURSOR]
ListingCursor = Annotated[str | None, AfterValidator(listing_after), _CURSOR]
