"""Work that is due in a real PostgreSQL, and the claims on it."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, DateTime, Table, Text, Uuid, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.claims import Kind, SqlClaims
from shared.db.metadata import new_metadata
from shared.db.standard import lease_table
from shared.kernel.budgets import Rate
from shared.kernel.clock import SystemClock
from tests.engines import give_back, lend_engine
from tests.infrastructure import MakeDatabase

metadata = new_metadata()
leases = lease_table(metadata)
work = Table(
    "work",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("far_side", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("done_by", Uuid),
)
DUE = select(work.c.subject, work.c.far_side, work.c.due_at).where(
    work.c.due_at <= func.now(), work.c.done_by.is_(None)
)


@pytest.fixture
async def engine(database: MakeDatabase) -> AsyncIterator[AsyncEngine]:
    made = lend_engine(database("claims"))
    async with made.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield made
    await give_back(made)


def claims(engine: AsyncEngine, **limits: float) -> SqlClaims[AsyncConnection]:
    kind = Kind(due=DUE, rates={"call": Rate(1.0, 5)}, **limits)
    return SqlClaims(engine, lambda connection: connection, kinds={"call_out": kind}, clock=SystemClock())


async def due(engine: AsyncEngine, count: int = 1, *, far_side: str = "bazaar") -> list[UUID]:
    """So many subjects, due from now on."""
    subjects = [uuid4() for _ in range(count)]
    async with engine.begin() as connection:
        for subject in subjects:
            await connection.execute(insert(work).values(subject=subject, far_side=far_side, due_at=func.now()))
    return subjects


def done(subject: UUID, by: UUID) -> "Done":
    return Done(subject, by)


class Done:
    """Marks a subject's work as done, in whatever transaction it is given."""

    def __init__(self, subject: UUID, by: UUID) -> None:
        self._subject = subject
        self._by = by

    async def __call__(self, connection: AsyncConnection) -> None:
        await connection.execute(update(work).where(work.c.subject == self._subject).values(done_by=self._by))


async def doers(engine: AsyncEngine) -> set[UUID | None]:
    async with engine.connect() as connection:
        return set((await connection.execute(select(work.c.done_by))).scalars())
