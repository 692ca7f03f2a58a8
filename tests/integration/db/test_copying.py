"""Rows by COPY, on a real PostgreSQL: in the caller's transaction, and with the errors of any other statement."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Identity, Integer, Table, Text, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.copying import copy_all
from shared.db.engine import make_engine
from shared.db.errors import DatabaseUnavailable
from shared.db.metadata import new_metadata
from shared.db.unit_of_work import transaction
from tests.infrastructure import MakeDatabase

_METADATA = new_metadata()
_TABLE = Table(
    "parcel",
    _METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, unique=True),
    Column("facts", JSONB, nullable=False),
    Column("words", ARRAY(Text), nullable=False),
    Column("units", Integer, nullable=False, server_default="1"),
)


@pytest.fixture
async def engine(database: MakeDatabase) -> AsyncIterator[AsyncEngine]:
    made = make_engine(database("copying"), "copying")
    async with made.begin() as connection:
        await connection.run_sync(_METADATA.create_all)
    yield made
    await made.dispose()


async def test_rows_are_as_they_were_told_and_in_their_order(engine: AsyncEngine) -> None:
    """Texts, JSON, lists and what the server adds by itself; numbers of their own rise in the order of the rows."""
    told: list[dict[str, Any]] = [
        {"name": f"n{number}", "facts": {"é": [number, None, "ü"]}, "words": ["a,b", '"', "{}"][: number % 4]}
        for number in range(500, 0, -1)
    ]
    async with transaction(engine) as connection:
        await copy_all(connection, _TABLE, told)
        await copy_all(connection, _TABLE, [])
    assert await rows(engine) == [(one["name"], one["facts"], one["words"], 1) for one in told]


@pytest.mark.parametrize("first", [True, False])
async def test_rows_are_in_the_callers_transaction(engine: AsyncEngine, first: bool) -> None:
    """Whether or not they are the first it writes: what is rolled back was never there."""
    async with engine.begin() as connection:
        if not first:
            await connection.execute(text("select 1"))
        await copy_all(connection, _TABLE, [row("a")])
        await connection.rollback()
    assert await rows(engine) == []


async def test_a_row_that_is_refused_undoes_the_transaction(engine: AsyncEngine) -> None:
    """A name that is there already fails as in any other statement, and no row of the batch stays."""
    with pytest.raises(DBAPIError) as refused:
        async with transaction(engine) as connection:
            await copy_all(connection, _TABLE, [row("a"), row("b"), row("a")])
    assert getattr(refused.value.orig, "sqlstate", None) == "23505"
    assert await rows(engine) == []


async def test_a_connection_the_server_ended_is_the_database_away(engine: AsyncEngine) -> None:
    """In the middle of a transaction; the next one has a new connection."""
    operator = make_engine(engine.url.render_as_string(hide_password=False), "operator")

    async def copied(statement: str) -> None:
        async with transaction(engine) as connection:
            await connection.execute(text("select 1"))
            async with transaction(operator) as other:
                await other.execute(text(statement))
            await copy_all(connection, _TABLE, [row("a")])

    with pytest.raises(DatabaseUnavailable):
        await copied(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = 'copying'"
        )
    await copied("select 1")
    await operator.dispose()
    assert len(await rows(engine)) == 1


def row(name: str) -> dict[str, Any]:
    return {"name": name, "facts": {}, "words": []}


async def rows(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    async with transaction(engine) as connection:
        query = select(_TABLE.c.name, _TABLE.c.facts, _TABLE.c.words, _TABLE.c.units).order_by(_TABLE.c.id)
        return [tuple(one) for one in await connection.execute(query)]
