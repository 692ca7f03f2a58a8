"""A database that answers and takes no more writes, as with a full disk: whatever changes a row ends in 53100."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from html import unescape

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_TABLES = text("select quote_ident(tablename) from pg_tables where schemaname = 'public'")
_REFUSE = """
    create function no_space_left() returns trigger language plpgsql as
    $$ begin raise exception 'no writes just now' using errcode = '{refusal}'; end $$
"""


@asynccontextmanager
async def full_disk(
    engine: AsyncEngine, only: Sequence[str] = (), *, refusal: str = "disk_full"
) -> AsyncIterator[None]:
    """For the length of the block. `only`: these tables, not all. `refusal`: what the database calls it."""
    async with engine.begin() as connection:
        await connection.execute(text(_REFUSE.format(refusal=refusal)))
        for table in only or (await connection.execute(_TABLES)).scalars().all():
            written = f"before insert or update or delete on {table} for each statement"
            await connection.execute(text(f"create trigger no_space_left {written} execute function no_space_left()"))
    try:
        yield
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("drop function no_space_left cascade"))


def asks_to_come_again(answer: httpx.Response) -> bool:
    """503, when to come again, and why: in a problem for programs, in a sentence on a page."""
    if answer.headers["content-type"] == "application/problem+json":
        said = answer.json()["type"] == "urn:passerelle:problem:database-unavailable"
    else:
        said = "The database does not answer just now." in unescape(answer.text)
    return answer.status_code == 503 and int(answer.headers["retry-after"]) > 0 and said
