"""A second consumer joins the group while the first is in the middle of a batch."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.base import Event
from shared.events.topics import INVENTORY_STOCK
from shared.messaging.applier import Subscription
from shared.messaging.kafka import KafkaSettings
from tests.infrastructure import waiting_for_a_lock
from tests.integration.messaging.conftest import changed, parked, running, store_levels, until, write


class Slow:
    """A handler that stands still in the middle of its first batch until it is let go."""

    def __init__(self) -> None:
        self.in_the_middle = asyncio.Event()
        self.let_go = asyncio.Event()
        self.batches: list[int] = []

    async def handle(self, connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
        self.batches.append(len(events))
        half = len(events) // 2
        await store_levels(connection, events[:half])
        self.in_the_middle.set()
        await self.let_go.wait()
        await store_levels(connection, events[half:])


async def test_a_rebalance_in_the_middle_of_a_batch(engine: AsyncEngine, kafka: KafkaSettings) -> None:
    """
    The newcomer gets partitions whose events the first is just applying, and none of them noted as read: it waits for
    the first one's transaction and finds them done. Nothing is applied twice, nothing is skipped, then or later.

    Seen red with an inbox that lets the same sequence through again: applied twice.
    """
    subjects = [uuid4() for _ in range(300)]
    slow, quick = Slow(), [Subscription(INVENTORY_STOCK, store_levels)]
    await write(engine, *(changed(subject, 1) for subject in subjects))
    first, second = replace(kafka, instance_id="first"), replace(kafka, instance_id="second")
    async with running(engine, first, subscriptions=[Subscription(INVENTORY_STOCK, slow.handle)]):
        async with asyncio.timeout(60):
            await slow.in_the_middle.wait()
        async with running(engine, second, relays=0, subscriptions=quick):
            await waiting_for_a_lock(engine)
            slow.let_go.set()
            applied = await until(engine, dict.fromkeys(subjects, 1))
            assert {times for _, times in applied.values()} == {1}
            await write(engine, *(changed(subject, 2) for subject in subjects))
            applied = await until(engine, dict.fromkeys(subjects, 2))
        await write(engine, *(changed(subject, 3) for subject in subjects))
        applied = await until(engine, dict.fromkeys(subjects, 3))
    assert {times for _, times in applied.values()} == {3}
    assert await parked(engine) == {}
