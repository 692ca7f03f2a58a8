"""The loop around the claims: who asks, what goes on side by side, what rests, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.claim_loop import ClaimLoop
from shared.db.claims import SqlClaims, SqlLease
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Throttled
from tests.integration.db.conftest import claims, done, due, leases


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
        async def _due(self, kind: str, full: Collection[str]) -> list[tuple[UUID, str]]:
            asking.append(asking[-1] + 1 if asking else 1)
            try:
                return await super()._due(kind, full)
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


class Held:
    """Work that does not end before `let_go`; which far sides' subjects are under way, and what was worked off."""

    def __init__(self, *slow: str) -> None:
        self.slow = slow
        self.let_go = asyncio.Event()
        self.begun: list[str] = []
        self.done: list[UUID] = []

    async def call_out(self, lease: SqlLease[AsyncConnection]) -> None:
        self.begun.append(str(lease.far_side))
        if lease.far_side in self.slow:
            await self.let_go.wait()
        await lease.settle(done(lease.subject, uuid4()))
        self.done.append(lease.subject)

    async def has_done(self, *subjects: UUID) -> None:
        async with asyncio.timeout(60):
            while not set(subjects) <= set(self.done):
                await asyncio.sleep(0.01)


@asynccontextmanager
async def looping(engine: AsyncEngine, held: Held) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(ClaimLoop(claims(engine), "call_out", held.call_out, idle_seconds=0.05).run(stop))
    try:
        yield
    finally:
        stop.set()
        held.let_go.set()
        await running


async def test_who_is_slow_holds_up_nobody_else(engine: AsyncEngine) -> None:
    """
    Four, then eight whose far side does not answer, due for longer than the others: those are worked off meanwhile.

    Seen red with four places: the fifth waits for as long as the slow ones.
    """
    for slow in (4, 8):
        await due(engine, slow, far_side="slow")
        held = Held("slow")
        async with looping(engine, held):
            others = await due(engine, 5)
            await held.has_done(*others)
            assert held.begun.count("slow") == slow
            assert len(held.done) == len(others)
            held.let_go.set()


async def test_a_far_side_that_is_slow_for_all_keeps_some_places_free(engine: AsyncEngine) -> None:
    """
    A hundred of one far side wait, due for longest: it has 24 of 32 places; another's are worked off, and as soon as
    one place of the first is free again, its next one begins.

    Seen red with places for whoever comes first: the other far side's wait behind all hundred.
    """
    many = await due(engine, 100, far_side="slow")
    held = Held("slow")
    async with looping(engine, held):
        others = await due(engine, 20)
        await held.has_done(*others)
        assert held.begun.count("slow") == 24
        assert set(held.done) == set(others)
        held.let_go.set()
        await held.has_done(*many)
    assert len(held.done) == len(set(held.done)) == len(many) + len(others)


async def test_who_had_a_turn_waits_behind_who_waited(engine: AsyncEngine) -> None:
    """
    One with work for ever, due for longest, and one place for all: the others come in between.

    Seen red with the order of being due alone: it comes again and again, and nobody else ever.
    """
    (endless,) = await due(engine)
    others = await due(engine, 3)
    turns: list[UUID] = []
    stop = asyncio.Event()

    async def call_out(lease: SqlLease[AsyncConnection]) -> None:
        turns.append(lease.subject)
        if lease.subject != endless:
            await lease.settle(done(lease.subject, uuid4()))
        if len(turns) == 5:
            stop.set()

    await asyncio.wait_for(ClaimLoop(claims(engine), "call_out", call_out, concurrency=1).run(stop), 20)
    assert turns[0] == turns[4] == endless
    assert set(turns[1:4]) == set(others)
