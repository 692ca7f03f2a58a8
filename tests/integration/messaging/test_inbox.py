"""What the inbox lets through, and what waits parked, on a real PostgreSQL."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.errors import DatabaseUnavailable
from shared.events.base import Event
from shared.events.topics import INVENTORY_STOCK
from shared.messaging.applier import PARKED_LIMIT, Applier, Received, Subscription, TooManyParked
from shared.messaging.inbox import Inbox
from tests.full_disk import full_disk
from tests.integration.messaging.conftest import (
    POISON,
    applier,
    changed,
    level,
    levels,
    parked,
    received,
    store_levels,
)

SLOW = "slow"


async def test_an_older_event_never_overwrites_a_newer_one(engine: AsyncEngine) -> None:
    """Sequence 2, then 1, then 2 again: one application, of 2."""
    subject = uuid4()
    for sequence in (2, 1, 2):
        await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, sequence))])
    assert await levels(engine) == {subject: (2, 1)}


async def test_one_poisoned_event_waits_and_the_others_flow(engine: AsyncEngine) -> None:
    """A batch of a hundred with one the handler cannot take: 99 applied, one parked with its reason."""
    subjects = [uuid4() for _ in range(100)]
    events = [changed(subject, 1, sku=POISON if n == 50 else "A-1") for n, subject in enumerate(subjects)]
    await applier(engine).apply(INVENTORY_STOCK.name, [received(event) for event in events])
    assert len(await levels(engine)) == 99
    assert await parked(engine) == {subjects[50]: 1}


async def test_a_newer_event_replaces_a_parked_one_and_clears_it(engine: AsyncEngine) -> None:
    """The newer event carries the whole state: it is tried; applied, nothing is parked any more."""
    subject = uuid4()
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, 1, sku=POISON))])
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, 2, sku=POISON))])
    assert await parked(engine) == {subject: 2}
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, 3))])
    assert await parked(engine) == {}
    assert await levels(engine) == {subject: (3, 1)}


async def test_an_older_event_leaves_a_newer_parked_one_waiting(engine: AsyncEngine) -> None:
    """What a newer program could read is not lost because an event before it, of the same batch, was applied."""
    subject = uuid4()
    older = received(changed(subject, 1))
    newer = received(changed(subject, 2), ce_type="inventory.stock.level_changed.v9")
    await applier(engine).apply(INVENTORY_STOCK.name, [older, newer])
    assert await levels(engine) == {subject: (1, 1)}
    assert await parked(engine) == {subject: 2}


async def test_keys_parked_together_stay_too_many_however_long_nobody_looks(engine: AsyncEngine) -> None:
    """The consumer stops for them until a replay clears them, not until ten minutes are over; old ones do not count."""
    events = [received(changed(uuid4(), 1, sku=POISON)) for _ in range(3)]
    await applier(engine).apply(INVENTORY_STOCK.name, events)
    async with engine.begin() as connection:
        await connection.execute(text("update inbox set parked_since = parked_since - interval '1 day'"))
        assert await Inbox(connection, "orders").parked_together(600) == 3
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(uuid4(), 1, sku=POISON))])
    async with engine.begin() as connection:
        assert await Inbox(connection, "orders").parked_together(600) == 1


async def test_a_parked_event_is_replayed_when_the_bug_is_mended(engine: AsyncEngine) -> None:
    """Replay tries the stored event; a handler that can take it now applies it and the parking ends."""
    subject = uuid4()
    await applier(engine).apply(INVENTORY_STOCK.name, [received(changed(subject, 1, sku=POISON))])

    async def mended(connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
        rows = [{"sku_id": e.subject, "on_hand": e.body.on_hand, "times": 1, "sku": e.body.sku} for e in events]
        await connection.execute(level.insert(), rows)

    repaired = Applier("orders", [Subscription(INVENTORY_STOCK, mended)], engine, lambda connection: connection)
    async with engine.connect() as connection:
        (stored,) = await Inbox(connection, "orders").parked()
    assert await repaired.apply_one(Received(stored.topic, stored.headers, stored.body)) is None
    assert await parked(engine) == {}
    assert await levels(engine) == {subject: (1, 1)}


async def test_an_unknown_version_is_parked_and_an_unknown_type_skipped(engine: AsyncEngine) -> None:
    """A version of ours we do not know waits for a newer program; what was never ours is passed over."""
    known, strange = uuid4(), uuid4()
    later = received(changed(known, 1), ce_type="inventory.stock.level_changed.v9")
    other = received(changed(strange, 1), ce_type="somebody.elses.v1")
    await applier(engine).apply(INVENTORY_STOCK.name, [later, other])
    assert await parked(engine) == {known: 1}
    assert await levels(engine) == {}


@pytest.mark.parametrize("refusal", ["disk_full", "read_only_sql_transaction"])
async def test_a_database_that_cannot_write_parks_nothing(engine: AsyncEngine, refusal: str) -> None:
    """A full disk, or a server made read-only before it is, is nobody's event's fault: the batch fails as a whole."""
    event = received(changed(uuid4(), 1))
    async with full_disk(engine, only=["level"], refusal=refusal):
        with pytest.raises(DatabaseUnavailable):
            await applier(engine).apply(INVENTORY_STOCK.name, [event])
    await applier(engine).apply(INVENTORY_STOCK.name, [event])
    assert await parked(engine) == {}
    assert len(await levels(engine)) == 1


@pytest.mark.parametrize("missing", ["table level rename to", "table level rename column on_hand to"])
async def test_an_event_waits_for_the_migration_its_handler_needs(engine: AsyncEngine, missing: str) -> None:
    """A worker that runs before its migration parks nothing. Seen red: each key was parked, up to the limit."""
    event = received(changed(uuid4(), 1))
    async with engine.begin() as connection:
        await connection.execute(text(f"alter {missing} of_tomorrow"))
    with pytest.raises(DatabaseUnavailable):
        await applier(engine).apply(INVENTORY_STOCK.name, [event])
    assert await parked(engine) == {}


async def slow_for_many(connection: AsyncConnection, events: Sequence[Event[Any]]) -> None:
    """A handler whose statement is ended by the server's time limit when it has more than one event, or a slow one."""
    if len(events) > 1 or events[0].body.sku == SLOW:
        await connection.execute(text("set local statement_timeout = '20ms'"))
        await connection.execute(text("select pg_sleep(5)"))
    await store_levels(connection, events)


async def test_a_batch_that_takes_too_long_is_applied_one_by_one(engine: AsyncEngine) -> None:
    """Too much at once is nobody's fault: every event alone, none parked."""
    slow = Applier("orders", [Subscription(INVENTORY_STOCK, slow_for_many)], engine, lambda connection: connection)
    await slow.apply(INVENTORY_STOCK.name, [received(changed(uuid4(), 1)) for _ in range(3)])
    assert len(await levels(engine)) == 3
    assert await parked(engine) == {}


async def test_an_event_that_takes_too_long_alone_is_tried_again_not_parked(engine: AsyncEngine) -> None:
    """The server is busy: the same later."""
    slow = Applier("orders", [Subscription(INVENTORY_STOCK, slow_for_many)], engine, lambda connection: connection)
    with pytest.raises(DatabaseUnavailable):
        await slow.apply(INVENTORY_STOCK.name, [received(changed(uuid4(), 1, sku=SLOW))])
    assert await parked(engine) == {}


@pytest.mark.parametrize("strange", [{}, {"ce_type": "inventory.stock.level_changed.v9"}])
async def test_one_batch_parks_no_more_than_the_limit(engine: AsyncEngine, strange: dict[str, str]) -> None:
    """A batch of which every event fails stops the consumer as soon as one that came slowly would."""
    batch = [received(changed(uuid4(), 1, sku=POISON), **strange) for _ in range(PARKED_LIMIT + 10)]
    with pytest.raises(TooManyParked):
        await applier(engine).apply(INVENTORY_STOCK.name, batch)
    assert len(await parked(engine)) == PARKED_LIMIT
