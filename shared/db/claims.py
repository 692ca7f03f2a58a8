"""
Claim -> act -> settle: the one shape of everything that calls out.

A lease says who works for a subject now, by the database's clock; it is never held inside a transaction. A process
that was stopped beyond its lease finds it lost at its next intend or settle.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Interval, MetaData, Select, Text, all_, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.errors import Conflict, DatabaseUnavailable
from shared.db.standard import lease_table
from shared.db.unit_of_work import Statements, transaction
from shared.kernel.budgets import Budgets, Rate
from shared.kernel.clock import Clock
from shared.kernel.ports import Intent, LeaseLost

T = TypeVar("T")
Store = TypeVar("Store")
_LEASE = lease_table(MetaData())
_NAMES = ARRAY(Text)
_NOW = func.clock_timestamp()
_CANDIDATES = 32
_KNOWN_SECONDS = 1.0
_AWAY_SECONDS = 1.0

_FREE = and_(
    or_(_LEASE.c.leased_until.is_(None), _LEASE.c.leased_until <= _NOW),
    or_(_LEASE.c.not_before.is_(None), _LEASE.c.not_before <= _NOW),
)
_MINE = and_(
    _LEASE.c.kind == bindparam("its_kind"),
    _LEASE.c.subject == bindparam("its_subject"),
    _LEASE.c.token == bindparam("its_token"),
)
_UNTIL = _NOW + bindparam("seconds", type_=Interval)

# Made once: to make a statement costs as much as to run it.
_TAKING = insert(_LEASE).values(leased_until=_UNTIL)
_TAKE = _TAKING.on_conflict_do_update(
    index_elements=["kind", "subject"],
    set_={"token": _TAKING.excluded.token, "leased_until": _UNTIL, "not_before": None},
    where=_FREE,
).returning(_LEASE.c.budgets)
_LOCK_MINE = select(_LEASE.c.subject).where(_MINE).with_for_update()
_RENEW = (
    update(_LEASE)
    .where(_MINE)
    .values(leased_until=_UNTIL, budgets=bindparam("budget"))
    .returning(_LEASE.c.leased_until)
)
_GIVE_BACK = (
    update(_LEASE)
    .where(_MINE)
    .values(
        token=None, leased_until=None, not_before=_NOW + bindparam("rest", type_=Interval), budgets=bindparam("budget")
    )
)


@dataclass(frozen=True)
class Kind:
    """
    One kind of far-side work.

    `due` selects `subject`, `far_side` (who is called for it) and `due_at` of what is due now; only of connections that
    are active. None for a kind that is only leased by name (`lease_of`). A write must leave `margin_seconds` before its
    lease ends.
    """

    due: Select[Any] | None
    lease_seconds: float = 30.0
    margin_seconds: float = 5.0
    rates: Mapping[str, Rate] = field(default_factory=dict)


@dataclass(frozen=True)
class _Selection:
    """
    A kind's questions, made once. `free`: what is due longest and not leased, of no far side in `full`; `is_due`:
    whether `wanted` is. Who had a turn has been due since its end: others that waited meanwhile go first.
    """

    free: Select[Any]
    is_due: Select[Any]

    @staticmethod
    def of(kind: str, selected: Select[Any]) -> "_Selection":
        due = selected.subquery("due")
        leases = due.outerjoin(_LEASE, and_(_LEASE.c.kind == kind, _LEASE.c.subject == due.c.subject))
        free = (
            select(due.c.subject, due.c.far_side)
            .select_from(leases)
            .where(or_(_LEASE.c.subject.is_(None), _FREE), due.c.far_side != all_(bindparam("full", type_=_NAMES)))
            .group_by(due.c.subject, due.c.far_side)
            .order_by(func.greatest(func.min(due.c.due_at), func.max(_LEASE.c.not_before)), due.c.subject)
            .limit(_CANDIDATES)
        )
        return _Selection(free, select(exists().where(due.c.subject == bindparam("wanted"))))


class _Known:
    """
    What was found due of a kind and not handed out yet, longest due first. Good for a moment: so long nobody asks again
    for what stands in line.
    """

    def __init__(self) -> None:
        self._found: list[tuple[UUID, str]] = []
        self._until = 0.0

    def found(self, due: list[tuple[UUID, str]], at: float) -> None:
        self._found, self._until = due, at + _KNOWN_SECONDS

    def next(self, full: Collection[str], at: float) -> tuple[UUID, str] | None:
        if at >= self._until:
            return None
        one = next((each for each in self._found if each[1] not in full), None)
        if one is not None:
            self._found.remove(one)
        return one


class SqlLease(Generic[Store]):
    """See `shared.kernel.ports.Lease`."""

    def __init__(
        self,
        claims: "SqlClaims[Store]",
        kind: str,
        subject: UUID,
        token: UUID,
        budgets: Budgets,
        far_side: str | None,
    ) -> None:
        self._claims = claims
        self._token = token
        self.kind = kind
        self.subject = subject
        self.far_side = far_side
        self.budgets = budgets
        self.pause_seconds: float | None = None

    async def read(self, work: Callable[[Store], Awaitable[T]]) -> T:
        async with transaction(self._claims.engine) as connection:
            return await work(self._claims.bind(connection))

    async def intend(self, work: Callable[[Store], Awaitable[T]]) -> Intent[T]:
        limits = self._claims.kinds[self.kind]
        usable = limits.lease_seconds - limits.margin_seconds
        started = self._claims.clock.monotonic()
        async with transaction(self._claims.engine) as connection:
            until = await self._renew(connection, limits.lease_seconds)
            value = await work(self._claims.bind(connection))
        return Intent(value, until - timedelta(seconds=limits.margin_seconds), started + usable)

    async def settle(self, work: Callable[[Store], Awaitable[T]]) -> T:
        async with transaction(self._claims.engine) as connection:
            if (await connection.execute(_LOCK_MINE, self._mine)).first() is None:
                raise LeaseLost(self.kind)
            return await work(self._claims.bind(connection))

    async def settle_write(self, work: Callable[[Store], Awaitable[T]]) -> T:
        async with transaction(self._claims.engine) as connection:
            return await work(self._claims.bind(connection))

    def pause(self, seconds: float) -> None:
        self.pause_seconds = max(seconds, self.pause_seconds or 0.0)

    async def give_back(self) -> None:
        left = {"rest": timedelta(seconds=self.pause_seconds or 0.0), "budget": self.budgets.dump()}
        async with self._claims.statements() as connection:
            await connection.execute(_GIVE_BACK, self._mine | left)

    async def _renew(self, connection: AsyncConnection, seconds: float) -> datetime:
        # What was spent so far outlives a holder that is killed.
        held = {"seconds": timedelta(seconds=seconds), "budget": self.budgets.dump()}
        renewed = await connection.execute(_RENEW, self._mine | held)
        until: datetime | None = renewed.scalar_one_or_none()
        if until is None:
            raise LeaseLost(self.kind)
        return until

    @property
    def _mine(self) -> dict[str, Any]:
        return {"its_kind": self.kind, "its_subject": self.subject, "its_token": self._token}


class SqlClaims(Generic[Store]):
    """Leases in the service's own database. What is one statement is its own transaction."""

    def __init__(
        self,
        engine: AsyncEngine,
        bind: Callable[[AsyncConnection], Store],
        *,
        kinds: Mapping[str, Kind],
        clock: Clock,
    ) -> None:
        self.engine = engine
        self.statements = Statements(engine)
        self.bind = bind
        self.kinds = kinds
        self.clock = clock
        self._later: set[asyncio.Task[None]] = set()
        self._known = {name: _Known() for name in kinds}
        self._selections = {name: _Selection.of(name, one.due) for name, one in kinds.items() if one.due is not None}

    @asynccontextmanager
    async def lease(self, kind: str, full: Collection[str] = ()) -> AsyncIterator[SqlLease[Store] | None]:
        """The one that has been due longest and is free; None: nothing is due. `full`: far sides to be left alone."""
        async for subject, far_side in self._candidates(kind, full):
            taken = await self._take(kind, subject, seen_at=far_side)
            if taken is not None:
                async with self._given_back(taken):
                    yield taken
                return
        yield None

    @asynccontextmanager
    async def lease_of(self, kind: str, subject: UUID) -> AsyncIterator[SqlLease[Store] | None]:
        """The lease of this very subject; None: somebody has it."""
        taken = await self._take(kind, subject)
        if taken is None:
            yield None
            return
        async with self._given_back(taken):
            yield taken

    @asynccontextmanager
    async def _given_back(self, lease: SqlLease[Store]) -> AsyncIterator[None]:
        try:
            yield
        finally:
            try:
                await lease.give_back()
            except (DatabaseUnavailable, Conflict):
                task = asyncio.create_task(self._give_back_later(lease))
                self._later.add(task)
                task.add_done_callback(self._later.discard)
                raise

    async def _give_back_later(self, lease: SqlLease[Store]) -> None:
        """The database came back sooner than the lease ends: its subject must not wait for that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.kinds[lease.kind].lease_seconds):
                while True:
                    await asyncio.sleep(_AWAY_SECONDS)
                    with suppress(DatabaseUnavailable, Conflict):
                        await lease.give_back()
                        return

    async def _candidates(self, kind: str, full: Collection[str]) -> AsyncIterator[tuple[UUID, str]]:
        """What is known from before, then what is found now; that it still is due and free shows when it is taken."""
        known, monotonic = self._known[kind], self.clock.monotonic
        while one := known.next(full, monotonic()):
            yield one
        known.found(await self._due(kind, full), monotonic())
        while one := known.next(full, monotonic()):
            yield one

    async def _due(self, kind: str, full: Collection[str]) -> list[tuple[UUID, str]]:
        async with transaction(self.engine) as connection:
            found = await connection.execute(self._selected(kind).free, {"full": list(full)})
            return [(row.subject, row.far_side) for row in found]

    def _selected(self, kind: str) -> _Selection:
        selection = self._selections.get(kind)
        if selection is None:
            raise ValueError(f"{kind} is leased by name only")
        return selection

    async def _take(self, kind: str, subject: UUID, *, seen_at: str | None = None) -> SqlLease[Store] | None:
        """`seen_at`: the far side where it was seen due; None: due or not."""
        limits = self.kinds[kind]
        token = uuid4()
        asked = {"kind": kind, "subject": subject, "token": token, "seconds": timedelta(seconds=limits.lease_seconds)}
        async with self.statements() if seen_at is None else transaction(self.engine) as connection:
            row = (await connection.execute(_TAKE, asked)).first()
            if row is None:
                return None
            if seen_at is not None and not await self._is_due(connection, kind, subject):
                await connection.rollback()  # done and given back by another since we looked
                return None
        return SqlLease(self, kind, subject, token, Budgets.load(limits.rates, row.budgets), seen_at)

    async def _is_due(self, connection: AsyncConnection, kind: str, subject: UUID) -> bool:
        return bool((await connection.execute(self._selected(kind).is_due, {"wanted": subject})).scalar_one())
