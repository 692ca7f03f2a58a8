"""`republish --since`: everything that was published since then goes out again, however much it is."""

import argparse
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.unit_of_work import transaction
from shared.kernel.clock import SystemClock
from shared.messaging import parked
from tests.integration.messaging.conftest import changed, outbox, write

PIECE = 3
SINCE = SystemClock().now() - timedelta(hours=2)
BEFORE, AFTER = SINCE - timedelta(seconds=1), SINCE + timedelta(hours=1)
Between = Callable[[AsyncEngine], Awaitable[Any]]


class Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked, "_PIECE", PIECE, raising=False)


async def published(engine: AsyncEngine, count: int, at: datetime | None) -> None:
    """So many events more; `at` None: they wait."""
    events = [changed(uuid4(), 1) for _ in range(count)]
    await write(engine, *events)
    async with engine.begin() as connection:
        mine = outbox.c.event_id.in_([event.id for event in events])
        await connection.execute(update(outbox).where(mine).values(published_at=at))


async def waiting(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        found = await connection.execute(select(func.count()).where(outbox.c.published_at.is_(None)))
        return int(found.scalar_one())


async def relay(engine: AsyncEngine) -> None:
    """One that is quick: all that waits is published."""
    async with engine.begin() as connection:
        row = update(outbox).where(outbox.c.published_at.is_(None))
        await connection.execute(row.values(published_at=func.clock_timestamp()))


async def republish(engine: AsyncEngine) -> None:
    assert await parked.run_republish(argparse.Namespace(refused=False, since=SINCE), engine) == 0


def after_each_transaction(monkeypatch: pytest.MonkeyPatch, between: Between) -> None:
    """What goes on meanwhile: once for each transaction of the command."""

    @asynccontextmanager
    async def watched(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with transaction(engine) as connection:
            yield connection
        await between(engine)

    monkeypatch.setattr(parked, "transaction", watched)


async def test_millions_are_marked_in_pieces(engine: AsyncEngine, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A transaction for each, none of which takes long; what was published before, and what waits, is not counted. Seen
    red with one statement for all of it, which the server ends after 30 seconds.
    """
    for count, at in ((4, BEFORE), (7, AFTER), (4, BEFORE), (1, None), (9, SINCE)):
        await published(engine, count, at)
    await republish(engine)
    assert capsys.readouterr().out == "16 events will be published again\n"
    assert await waiting(engine) == 17
    async with engine.connect() as connection:
        sizes = await connection.execute(text("select count(*) from outbox where published_at is null group by xmin"))
    assert max(sizes.scalars()) <= PIECE


async def test_nothing_was_published(engine: AsyncEngine, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even written."""
    await republish(engine)
    assert capsys.readouterr().out == "0 events will be published again\n"


async def test_what_is_published_meanwhile_is_left_alone(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    What it marked itself, what waited at its start, what was written since: it ends, however quick the relay is. Seen
    red without the bound of time.
    """

    async def busy(engine: AsyncEngine) -> None:
        await published(engine, PIECE, None)
        await relay(engine)

    await published(engine, 8, AFTER)
    await published(engine, 5, None)
    after_each_transaction(monkeypatch, busy)
    await republish(engine)
    assert capsys.readouterr().out == "8 events will be published again\n"
    assert await waiting(engine) == 0


async def test_after_a_kill_it_is_done_again(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was marked stays so; the rest is marked by the second one."""
    pieces = iter([None, None, Killed()])

    async def killed(engine: AsyncEngine) -> None:
        assert await waiting(engine) <= 2 * PIECE
        if error := next(pieces, None):
            raise error

    await published(engine, 8, AFTER)
    with monkeypatch.context() as patched:
        after_each_transaction(patched, killed)
        with pytest.raises(Killed):
            await republish(engine)
    done = await waiting(engine)
    assert 0 < done < 8
    await republish(engine)
    assert capsys.readouterr().out == f"{8 - done} events will be published again\n"
    assert await waiting(engine) == 8
