"""
The loop around every claim: takes what is due, gives it to its use case, logs, pauses what fails, never dies.

A use case raises by what should happen next (`shared.kernel.errors`); the loop turns that into a pause of one
subject, so that the others flow on.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Generic, TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter

from shared.db.claims import SqlClaims, SqlLease
from shared.db.errors import Conflict, DatabaseUnavailable, StatementTimeout
from shared.kernel.errors import ConsentLost, FarSideError, Retryable
from shared.kernel.ports import LeaseLost, TooLate

Store = TypeVar("Store")

_LONGEST_PAUSE_SECONDS = 300.0
_AWAY_SECONDS = 2.0

log = structlog.get_logger()
outcomes = Counter("passerelle_claims_total", "Leases worked off, by kind and outcome", ["kind", "outcome"])


class ClaimLoop(Generic[Store]):
    """`concurrency` leases of one kind at a time, until `stop` is set."""

    def __init__(
        self,
        claims: SqlClaims[Store],
        kind: str,
        work: Callable[[SqlLease[Store]], Awaitable[None]],
        *,
        idle_seconds: float = 1.0,
        concurrency: int = 4,
    ) -> None:
        self._claims = claims
        self._kind = kind
        self._work = work
        self._idle_seconds = idle_seconds
        self._concurrency = concurrency
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
                log.warning("claim.database_away", kind=self._kind, reason=str(error))
                await _rest(_AWAY_SECONDS, stop)

    async def _next(self, until_settled: AsyncExitStack, stop: asyncio.Event) -> SqlLease[Store] | None:
        """
        Asks for a lease, and rests when there is none. The others wait for their turn: while nothing is due, one asks
        the database for all of them, and as soon as something is found, the next one asks at once.
        """
        async with self._turn:
            if stop.is_set():
                return None
            lease = await until_settled.enter_async_context(self._claims.lease(self._kind))
            if lease is None:
                await _rest(self._idle_seconds, stop)
            return lease

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
        except (DatabaseUnavailable, Conflict):
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


async def _rest(seconds: float, stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds * random.uniform(0.8, 1.2))  # noqa: S311


async def run_claim_loop(
    claims: SqlClaims[Store],
    kind: str,
    work: Callable[[SqlLease[Store]], Awaitable[None]],
    *,
    stop: asyncio.Event,
    idle_seconds: float = 1.0,
    concurrency: int = 4,
) -> None:
    """A `ClaimLoop`, as one call."""
    loop = ClaimLoop(claims, kind, work, idle_seconds=idle_seconds, concurrency=concurrency)
    await loop.run(stop)
