"""The laws of claim -> act -> settle, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, DateTime, Table, Uuid, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.claim_loop import ClaimLoop
from shared.db.claims import Kind, SqlClaims
from shared.db.engine import make_engine
from shared.db.errors import DatabaseUnavailable
from shared.db.metadata import new_metadata
from shared.db.standard import lease_table
from shared.kernel.budgets import Rate
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Throttled
from shared.kernel.ports import LeaseLost
from tests.infrastructure import MakeDatabase

metadata = new_metadata()
leases = lease_table(metadata)
work = Table(
    "work",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("done_by", Uuid),
)
DUE = select(work.c.subject, work.c.due_at).where(work.c.due_at <= func.now(), work.c.done_by.is_(None))


@pytest.fixture
async def engine(database: MakeDatabase) -> AsyncIterator[AsyncEngine]:
    made = make_engine(database("claims"), "test")
    async with made.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield made
    await made.dispose()


def claims(engine: AsyncEngine, **limits: float) -> SqlClaims[AsyncConnection]:
    kind = Kind(due=DUE, rates={"call": Rate(1.0, 5)}, **limits)
    return SqlClaims(engine, lambda connection: connection, kinds={"call_out": kind}, clock=SystemClock())


async def due(engine: AsyncEngine, count: int = 1) -> list[UUID]:
    subjects = [uuid4() for _ in range(count)]
    async with engine.begin() as connection:
        for subject in subjects:
            await connection.execute(insert(work).values(subject=subject, due_at=func.now()))
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
    async with asyncio.timeout(10):
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


async def test_two_processes_share_the_work_and_do_each_piece_once(engine: AsyncEngine) -> None:
    """Forty subjects, two loops of four: every one is worked off once, also by who saw it due just before."""
    subjects = await due(engine, 40)
    seen: list[UUID] = []
    stop = asyncio.Event()

    async def call_out(lease: object) -> None:
        subject = lease.subject  # type: ignore[attr-defined]
        seen.append(subject)
        await lease.settle(done(subject, uuid4()))  # type: ignore[attr-defined]
        if len(seen) >= len(subjects):
            stop.set()

    loops = [ClaimLoop(claims(engine), "call_out", call_out, idle_seconds=0.05) for _ in range(2)]
    await asyncio.wait_for(asyncio.gather(*(loop.run(stop) for loop in loops)), 30)
    assert sorted(seen) == sorted(subjects)


async def test_one_asks_for_all_and_what_is_found_is_done_side_by_side(engine: AsyncEngine) -> None:
    """Of four at work never two ask the database at a time; yet three pieces of work are under way together."""
    stop = asyncio.Event()
    asking: list[int] = []
    together = asyncio.Barrier(3)

    class Watched(SqlClaims[AsyncConnection]):
        async def _due(self, kind: str) -> list[UUID]:
            asking.append(asking[-1] + 1 if asking else 1)
            try:
                return await super()._due(kind)
            finally:
                asking.append(asking[-1] - 1)

    async def call_out(lease: object) -> None:
        await together.wait()
        await lease.settle(done(lease.subject, uuid4()))  # type: ignore[attr-defined]
        stop.set()

    watched = Watched(engine, lambda connection: connection, kinds=claims(engine).kinds, clock=SystemClock())
    loop = asyncio.create_task(ClaimLoop(watched, "call_out", call_out, idle_seconds=0.05).run(stop))
    while len(asking) < 10:  # idle
        await asyncio.sleep(0.01)
    await due(engine, 3)
    await asyncio.wait_for(loop, 30)
    assert max(asking) == 1


async def test_what_another_did_since_it_was_seen_due_is_not_leased(engine: AsyncEngine) -> None:
    """Between looking and taking, another may have worked the subject off and given it back."""
    (subject,) = await due(engine)

    class Overtaken(SqlClaims[AsyncConnection]):
        async def _due(self, kind: str) -> list[UUID]:
            seen = await super()._due(kind)
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


async def test_a_throttled_subject_rests_and_the_others_go_on(engine: AsyncEngine) -> None:
    """Throttled pauses one subject for as long as it says; its budget is kept for the next holder."""
    throttled, *others = await due(engine, 3)
    stop = asyncio.Event()
    calls: list[UUID] = []

    async def call_out(lease: object) -> None:
        subject = lease.subject  # type: ignore[attr-defined]
        calls.append(subject)
        if {throttled, *others} <= set(calls):
            stop.set()
        if subject == throttled:
            lease.budgets.refused("call", SystemClock().now())  # type: ignore[attr-defined]
            raise Throttled(retry_after_seconds=60)
        await lease.settle(done(subject, uuid4()))  # type: ignore[attr-defined]

    await asyncio.wait_for(ClaimLoop(claims(engine), "call_out", call_out, idle_seconds=0.05).run(stop), 30)
    assert calls.count(throttled) == 1
    async with engine.connect() as connection:
        saved = await connection.execute(select(leases.c.budgets).where(leases.c.subject == throttled))
    assert saved.scalar_one()["call"]["tokens"] <= 0
