"""One event in ten thousand that the handler cannot take: what waits, what flows, and what a replay makes of it."""

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.base import Event
from shared.events.topics import INVENTORY_STOCK
from shared.messaging.applier import Applier, Subscription
from shared.messaging.kafka import KafkaSettings
from shared.messaging.parked import run_parked
from tests.integration.messaging.conftest import (
    POISON,
    Poisoned,
    changed,
    level,
    levels,
    parked,
    running,
    until,
    write,
)

_OTHERS = 9_999


async def store_at_once(connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
    """As a handler should: one statement for all."""
    rows = [{"sku_id": e.subject, "on_hand": e.body.on_hand, "times": 1, "sku": e.body.sku} for e in events]
    storing = insert(level).values(rows)
    changes = {"on_hand": storing.excluded.on_hand, "times": level.c.times + 1}
    await connection.execute(storing.on_conflict_do_update(index_elements=["sku_id"], set_=changes))


async def choke(connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
    if any(event.body.sku == POISON for event in events):
        raise Poisoned
    await store_at_once(connection, events)


async def stored(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(level))).scalar_one()


async def test_the_poisoned_key_waits_and_all_others_flow(
    engine: AsyncEngine, kafka: KafkaSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Of ten thousand events one cannot be applied, nor what comes after it of the same subject: it is shown with its
    reason, 9,999 others are applied. Mended and replayed, the subject is at its newest, and nothing was applied twice.

    Seen red with a consumer that passes over what fails alone, and with one that tries its batch again for ever.
    """
    poisoned, others = uuid4(), [uuid4() for _ in range(_OTHERS)]
    events = [changed(subject, 1) for subject in others]
    await write(engine, *events[:5000], changed(poisoned, 1, sku=POISON), *events[5000:])
    async with running(engine, kafka, subscriptions=[Subscription(INVENTORY_STOCK, choke)]):
        async with asyncio.timeout(60):
            while await stored(engine) < _OTHERS or await parked(engine) != {poisoned: 1}:
                await asyncio.sleep(0.05)
        later = changed(others[0], 2)
        await write(engine, changed(poisoned, 2, sku=POISON), later)
        async with asyncio.timeout(60):
            while await parked(engine) != {poisoned: 2} or (await levels(engine))[later.subject] != (2, 2):
                await asyncio.sleep(0.05)
        assert poisoned not in await levels(engine)

    mended = [Subscription(INVENTORY_STOCK, store_at_once)]
    replaying = Applier("orders", mended, engine, lambda connection: connection)
    assert await run_parked(argparse.Namespace(action="list"), replaying) == 0
    assert await run_parked(argparse.Namespace(action="replay"), replaying) == 0
    said = capsys.readouterr().out
    assert f"{poisoned}  #2  Poisoned" in said
    assert "1 applied, 0 parked again" in said
    assert await parked(engine) == {}
    async with running(engine, kafka, subscriptions=mended):
        await write(engine, changed(poisoned, 3, sku=POISON))
        expected: dict[UUID, int] = dict.fromkeys(others, 1) | {later.subject: 2, poisoned: 3}
        applied = await until(engine, expected)
    assert {subject: times for subject, (_, times) in applied.items() if times != 1} == {later.subject: 2, poisoned: 2}
