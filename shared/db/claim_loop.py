"""
The loop around every claim: takes what is due, gives it to its use case, logs, pauses what fails, never dies.

A use case raises by what should happen next (`shared.kernel.errors`); the loop turns that into a pause of one
subject, so that the others flow on. Who is slow keeps one place of many; a far side that is slow for all of its
subjects keeps most of them, never all.
"""

import asyncio
import random
from collections import Counter as Counts
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Generic, TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter

from shared.db.claims import SqlClaims, SqlLease
from shared.db.errors import Conflict, DatabaseUnavailable, StatementTimeout
from shared.kernel.errors import ConsentLost, FarSideError, Retryable
from shared.kernel.ports import LeaseLost, TooLate

Store = TypeVar("Store")

# Waiting for far sides costs next to nothing: they share few database connections, and one asks for all.
_CONCURRENCY = 32
_LONGEST_PAUSE_SECONDS = 300.0
_AWAY_SECONDS = 2.0

log = structlog.get_logger()
outcomes = Counter("passerelle_claims_total", "Leases worked off, by kind and outcome", ["kind", "outcome"])


class ClaimLoop(Generic[Store]):
    """`concurrency` leases of one kind at a time, three quarters of them of one far side, until `stop` is set."""

    def __init__(
        self,
        claims: SqlClaims[Store],
        kind: str,
        work: Callable[[SqlLease[Store]], Awaitable[None]],
        *,
        idle_seconds: float = 1.0,
        concurrency: int = _CONCURRENCY,
    ) -> None:
        self._claims = claims
        self._kind = kind
        self._work = work
        self._idle_seconds = idle_seconds
        self._concurrency = concurrency
        self._of_one = concurrency - concurrency // 4
        self._freed = asyncio.Event()
        self._under_way: Counts[str | None] = Counts()
        self._failures: dict[UUID, int] = {}
        self._turn = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._claim_until(stop))

    async def _claim_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with AsyncExitStack() as until_settled:
                    if lease := await self._next(until_settled, stop):
                        await self._work_off(lease)
            except (DatabaseUnavailable, Conflict) as error:
                await self._away(error, stop)

    async def _away(self, error: Exception, stop: asyncio.Event) -> None:
        log.warning("claim.database_away", kind=self._kind, reason=str(error))
        await _rest(_AWAY_SECONDS, stop)

    async def _next(self, until_settled: AsyncExitStack, stop: asyncio.Event) -> SqlLease[Store] | None:
        """
        Asks for a lease, and rests when there is none. The others wait for their turn: while nothing is due, or the
        database is away, one asks it for all of them, and as soon as something is found, the next one asks at once.
        """
        async with self._turn:
            if stop.is_set():
                return None
            self._freed.clear()
            full = [name for name, count in self._under_way.items() if name and count >= self._of_one]
            try:
                lease = await until_settled.enter_async_context(self._claims.lease(self._kind, full))
            except (DatabaseUnavailable, Conflict) as error:
                await self._away(error, stop)
                return None
            if lease is None:
                await _rest(self._idle_seconds, stop, self._freed)  # what was just done may have made more due
            else:
                until_settled.enter_context(self._counted(lease.far_side))
            return lease

    @contextmanager
    def _counted(self, far_side: str | None) -> Iterator[None]:
        self._under_way[far_side] += 1
        try:
            yield
        finally:
            self._under_way[far_side] -= 1
            self._freed.set()

    async def _work_off(self, lease: SqlLease[Store]) -> None:
        outcome = await self._outcome(lease)
        outcomes.labels(self._kind, outcome).inc()
        if outcome == "done":
            self._failures.pop(lease.subject, None)
        else:
            log.warning("claim.not_done", kind=self._kind, subject=str(lease.subject), outcome=outcome)

    async def _outcome(self, lease: SqlLease[Store]) -> str:
        try:
            await self._work(lease)
        except (LeaseLost, TooLate) as lost:
            return type(lost).__name__
        except StatementTimeout:
            lease.pause(self._back_off(lease.subject))  # perhaps this one's alone: the others flow on
            return "statement_timeout"
        except DatabaseUnavailable:
            lease.pause(_AWAY_SECONDS)  # what cannot be stored is not asked for again by the next of us at once
            raise
        except Conflict:
            raise
        except Retryable as error:
            lease.pause(error.retry_after_seconds or self._back_off(lease.subject))
            return error.code
        except ConsentLost as error:
            lease.pause(_AWAY_SECONDS)
            return error.code
        except FarSideError as error:
            lease.pause(self._back_off(lease.subject))
            return error.code
        except Exception:
            log.exception("claim.bug", kind=self._kind, subject=str(lease.subject))
            lease.pause(self._back_off(lease.subject))
            return "bug"
        return "done"

    def _back_off(self, subject: UUID) -> float:
        failures = self._failures[subject] = self._failures.get(subject, 0) + 1
        return min(_LONGEST_PAUSE_SECONDS, 2.0 ** min(failures, 16) * random.uniform(0.75, 1.25))  # noqa: S311


async def _rest(seconds: float, *unless: asyncio.Event) -> None:
    """So long, or until one of these is set."""
    waiting = [asyncio.ensure_future(one.wait()) for one in unless]
    try:
        timeout = seconds * random.uniform(0.8, 1.2)  # noqa: S311
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


async def run_claim_loop(
    claims: SqlClaims[Store],
    kind: str,
    work: Callable[[SqlLease[Store]], Awaitable[None]],
    *,
    stop: asyncio.Event,
    idle_seconds: float = 1.0,
) -> None:
    """A `ClaimLoop`, as one call."""
    await ClaimLoop(claims, kind, work, idle_seconds=idle_seconds).run(stop)
