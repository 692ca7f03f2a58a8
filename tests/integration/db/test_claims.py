"""The laws of claim -> act -> settle, on a real PostgreSQL."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.claims import SqlClaims
from shared.db.errors import DatabaseUnavailable
from shared.kernel.clock import SystemClock
from shared.kernel.ports import LeaseLost
from tests.integration.db.conftest import claims, doers, done, due, leases


async def test_a_lease_that_could_not_be_given_back_is_given_back_later(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was away at that moment: once it is back, nobody waits for the lease's end."""
    (subject,) = await due(engine)
    with suppress(DatabaseUnavailable):
        async with claims(engine, lease_seconds=600).lease("call_out") as lease:
            assert lease is not None
            give_back = lease.give_back

            async def away() -> None:
                monkeypatch.setattr(lease, "give_back", give_back)
                raise DatabaseUnavailable("away")

            monkeypatch.setattr(lease, "give_back", away)
    async with asyncio.timeout(60):
        while True:
            async with claims(engine).lease("call_out") as mine:
                if mine is not None:
                    break
            await asyncio.sleep(0.05)
    assert mine.subject == subject


async def test_a_subject_has_one_holder_at_a_time(engine: AsyncEngine) -> None:
    """While one process holds a lease, another finds nothing due; given back, it is free again."""
    await due(engine)
    async with claims(engine).lease("call_out") as first:
        assert first is not None
        async with claims(engine).lease("call_out") as second:
            assert second is None
    async with claims(engine).lease("call_out") as third:
        assert third is not None


async def test_no_transaction_is_told_around_a_named_lease(engine: AsyncEngine) -> None:
    """Taking it and giving it back are one prepared statement each, which the driver's log leaves out."""
    (subject,) = await due(engine)
    told: list[str] = []
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.add_query_logger(lambda query: told.append(query.query.split()[0].strip(";").lower()))
    async with claims(engine).lease_of("call_out", subject) as lease:
        assert lease is not None
    assert told == []


async def test_what_another_did_since_it_was_seen_due_is_not_leased(engine: AsyncEngine) -> None:
    """Between looking and taking, another may have worked the subject off and given it back."""
    (subject,) = await due(engine)

    class Overtaken(SqlClaims[AsyncConnection]):
        async def _due(self, kind: str, full: Collection[str]) -> list[tuple[UUID, str]]:
            seen = await super()._due(kind, full)
            async with claims(engine).lease("call_out") as faster:
                assert faster is not None
                await faster.settle(done(subject, uuid4()))
            return seen

    overtaken = Overtaken(engine, lambda connection: connection, kinds=claims(engine).kinds, clock=SystemClock())
    async with overtaken.lease("call_out") as lease:
        assert lease is None


async def test_what_was_read_under_a_lost_lease_is_discarded(engine: AsyncEngine) -> None:
    """A holder that slept beyond its lease can neither intend nor settle once another has taken it."""
    (subject,) = await due(engine)
    async with claims(engine, lease_seconds=0.2, margin_seconds=0.1).lease("call_out") as sleeper:
        assert sleeper is not None
        await asyncio.sleep(0.3)  # the lease is real time: nothing to wait on but its end
        async with claims(engine).lease("call_out") as other:
            assert other is not None
            with pytest.raises(LeaseLost):
                await sleeper.settle(done(subject, uuid4()))
            with pytest.raises(LeaseLost):
                await sleeper.intend(done(subject, uuid4()))
    assert await doers(engine) == {None}


async def test_giving_back_a_lost_lease_does_not_free_its_new_holder(engine: AsyncEngine) -> None:
    """The sleeper's end of block leaves the other's lease as it is."""
    await due(engine)
    async with claims(engine, lease_seconds=0.2, margin_seconds=0.1).lease("call_out"):
        await asyncio.sleep(0.3)  # the lease is real time: nothing to wait on but its end
        taken = claims(engine).lease("call_out")
        other = await taken.__aenter__()
        assert other is not None
    async with claims(engine).lease("call_out") as third:
        assert third is None
    await taken.__aexit__(None, None, None)


async def test_an_intent_renews_the_lease_and_ends_before_it(engine: AsyncEngine) -> None:
    """`send_before` lies a margin before the renewed lease's end, on both clocks."""
    (subject,) = await due(engine)
    async with claims(engine, lease_seconds=20, margin_seconds=5).lease("call_out") as lease:
        assert lease is not None
        before = SystemClock().monotonic()
        intent = await lease.intend(done(subject, uuid4()))
        async with engine.connect() as connection:
            until = (await connection.execute(select(leases.c.leased_until))).scalar_one()
        assert (until - intent.send_before).total_seconds() == 5
        assert 14 <= intent.send_before_monotonic - before <= 16


async def test_a_killed_holders_calls_stay_spent(engine: AsyncEngine) -> None:
    """What it spent before its last intent is known to whoever takes over, though it never gave its lease back."""
    (subject,) = await due(engine)
    killed = claims(engine, lease_seconds=0.2, margin_seconds=0.1).lease("call_out")
    holder = await killed.__aenter__()
    assert holder is not None
    for _ in range(4):
        holder.budgets.spend("call", SystemClock().now())
    await holder.intend(done(subject, uuid4()))
    async with engine.connect() as connection:
        saved = (await connection.execute(select(leases.c.budgets))).scalar_one()
    assert saved["call"]["tokens"] < 2
    await killed.__aexit__(None, None, None)


async def test_who_stands_in_line_is_leased_without_asking_again(engine: AsyncEngine) -> None:
    """
    One question finds all that is due; it is handed out longest due first, but for what was done meanwhile.

    Seen red with what was found forgotten at once, and with takers that do not look again.
    """
    asked: list[str] = []

    class Watched(SqlClaims[AsyncConnection]):
        async def _due(self, kind: str, full: Collection[str]) -> list[tuple[UUID, str]]:
            asked.append(kind)
            return await super()._due(kind, full)

    watched = Watched(engine, lambda connection: connection, kinds=claims(engine).kinds, clock=SystemClock())
    first, second, third = await due(engine, 1) + await due(engine, 1) + await due(engine, 1)
    async with watched.lease("call_out") as one:
        async with claims(engine).lease_of("call_out", second) as others:
            assert others is not None
            await others.settle(done(second, uuid4()))
        async with watched.lease("call_out") as next_one:
            assert one is not None
            assert next_one is not None
            assert (one.subject, next_one.subject, asked) == (first, third, ["call_out"])
