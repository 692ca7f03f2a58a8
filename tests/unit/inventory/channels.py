"""Inventory with channels in memory: what happens, what the worker does of it, and what may be asked afterwards."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from services.inventory.domain.connection import Connection
from services.inventory.domain.discovery import Discovery
from services.inventory.domain.listing import Listing
from services.inventory.domain.sku import StockRow
from services.inventory.domain.submission import Submission
from services.inventory.domain.target import State, Target
from services.inventory.usecases.choose import Choice, choose
from services.inventory.usecases.discover import Discovering, discover
from services.inventory.usecases.ports import Store
from services.inventory.usecases.push import Pushing, next_step, push
from services.inventory.usecases.set_stock import set_stock
from services.inventory.usecases.settle_submission import Outcome, settle_submission
from shared.kernel.budgets import Budgets
from shared.kernel.errors import FarSideError
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.ports import FarAccount
from tests.unit.inventory.builders import BY_HAND, CONNECTION, NOW, ORGANISATION
from tests.unit.inventory.fakes import Warehouse
from tests.unit.inventory.far_sides import FarListings, FarStock, KnownTokens

T = TypeVar("T")
MARKETPLACE = "amazon"
GRACE = timedelta(minutes=15)
TOKEN = AccessToken("token", 1, 1, NOW)


class MovingClock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - NOW).total_seconds()

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class MemoryLease:
    """Always ours. `pauses`: how long it was to rest."""

    store: Store
    clock: MovingClock
    kind: str = "push"
    subject: UUID = CONNECTION

    def __post_init__(self) -> None:
        self.budgets = Budgets({})
        self.pauses: list[float] = []

    async def read(self, work: Callable[[Store], Awaitable[T]]) -> T:
        return await work(self.store)

    async def intend(self, work: Callable[[Store], Awaitable[T]]) -> Intent[T]:
        value = await work(self.store)
        return Intent(value, self.clock.now() + timedelta(seconds=30), self.clock.monotonic() + 30)

    async def settle(self, work: Callable[[Store], Awaitable[T]]) -> T:
        return await work(self.store)

    async def settle_write(self, work: Callable[[Store], Awaitable[T]]) -> T:
        return await work(self.store)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


class Channels(Warehouse):
    """One connection whose listings are `far.offers` and whose stock is told to `stock`."""

    def __init__(self, stock: FarStock, *, channels: tuple[str, ...] = ("FR", "DE")) -> None:
        super().__init__()
        self.clock = MovingClock()
        self.stock, self.far = stock, FarListings()
        self.tokens = KnownTokens()
        id_ = ConnectionId(CONNECTION)
        known = Connection(id_, ORGANISATION, MARKETPLACE, "eu", "SELLER", "Shop", "authorised", 1, channels)
        self.connections.rows[id_] = known
        self.discoveries.rows[id_] = Discovery(due_at=NOW)
        shared = frozenset({MARKETPLACE} if stock.limits.shared else ())
        self.discovering = Discovering(
            {MARKETPLACE: self.far}, shared, self.tokens, self.clock, timedelta(hours=4), GRACE
        )
        self.pushing = Pushing(
            {MARKETPLACE: stock}, self.tokens, self.clock, timedelta(seconds=2), GRACE, sleep=self._sleep
        )
        self.lease = MemoryLease(self.store, self.clock)

    async def _sleep(self, seconds: float) -> None:
        self.clock.move(seconds)

    @property
    def discovery(self) -> Discovery:
        return self.discoveries.rows[ConnectionId(CONNECTION)]

    async def discover(self) -> None:
        """A whole pass, page by page."""
        before = self.discovery.read_at
        while self.discovery.read_at == before:
            await discover(self.lease, discovering=self.discovering)
            self.clock.move(0.001)

    async def count(self, code: str, counted: int) -> None:
        row = StockRow(code, counted=counted)
        await set_stock([row], ORGANISATION, BY_HAND, store=self.store, clock=self.clock)

    async def choose(self, listing: Listing, **given: object) -> None:
        chosen = Choice(listing.id, given=frozenset(given), **given)  # type: ignore[arg-type]
        await choose([chosen], ORGANISATION, store=self.store, clock=self.clock)

    async def push(self) -> None:
        await push(self.lease, pushing=self.pushing)

    async def begin(self) -> Submission | None:
        """The next call's intent, as a worker that will die writes it."""
        step = await next_step(self.store, ConnectionId(CONNECTION), pushing=self.pushing)
        return step[1] if step else None

    async def call(self, submission: Submission) -> Outcome:
        """The call itself, its outcome not yet settled."""
        intent = Intent(submission.state, self.clock.now(), 0.0)
        try:
            return await self.stock.advance(FarAccount("eu", "SELLER"), intent, TOKEN, Budgets({}))
        except FarSideError as error:
            return error

    async def settle(self, submission: Submission, outcome: Outcome) -> bool:
        return await settle_submission(self.store, submission, outcome, grace=GRACE, now=self.clock.now())

    async def step(self) -> None:
        """One call from its intent to its outcome."""
        submission = await self.begin()
        if submission is not None:
            await self.settle(submission, await self.call(submission))

    async def come_to_rest(self) -> None:
        """All that waits is told, however long it takes."""
        for _ in range(1000):
            if self._rests():
                return
            await self.step()
            self.clock.move(60)
        raise AssertionError([*self.targets.rows.values()])

    def _rests(self) -> bool:
        waiting = {State.WAITING, State.SENDING, State.SALE}
        return not self.submissions.rows and not any(one.state in waiting for one in self.targets.rows.values())

    def listing(self, channel_id: str, sku: str) -> Listing:
        return next(one for one in self.listings.rows.values() if (one.channel_id, one.sku) == (channel_id, sku))

    def target(self, sku: str, scope: str = "FR") -> Target:
        return next(one for one in self.targets.rows.values() if (one.scope, one.sku) == (scope, sku))

    @property
    def shows(self) -> Mapping[tuple[str, str], int]:
        return self.stock.shows
