"""A marketplace that holds one order's parcels, and labels' rows of that order in memory, for walks over both."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.labels.domain.fulfilment import Fulfilment
from shared.kernel.budgets import Budgets
from shared.kernel.errors import (
    AlreadyDone,
    FarSideError,
    OutcomeUnknown,
    Refused,
    RoleMissing,
    Throttled,
    Unavailable,
    Unreadable,
)
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, Intent, TooLate
from shared.marketplaces.models import MarketplacePackage, ParcelToTell
from shared.marketplaces.ports import Capabilities, FarAccount, FrozenBody
from tests.unit.labels.builders import NOW, SETTINGS


class Died(BaseException):
    """The process, before it could settle."""


@dataclass
class StandingClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@dataclass
class Memory:
    """Labels' rows of one order, a lease over them that nobody else has, and what else a store has, empty."""

    one: Fulfilment

    @property
    def fulfilments(self) -> "Memory":
        return self

    policies = outbox = property(lambda self: self)
    budgets = Budgets({})

    async def lock(self, _order_ids: Sequence[UUID]) -> list[Fulfilment]:
        return [self.one]

    async def read(self, _order_ids: Sequence[UUID]) -> list[Fulfilment]:
        return [self.one]

    async def save(self, changes: Sequence[tuple[Fulfilment, Fulfilment]]) -> None:
        for _, after in changes:
            self.one = after

    async def modes(self, _connection_ids: Sequence[UUID]) -> dict[Any, Any]:
        return {}

    async def carriers(self, organisation_ids: Sequence[UUID]) -> dict[UUID, Any]:
        return dict.fromkeys(organisation_ids, SETTINGS)

    async def add_all(self, _events: Sequence[Any]) -> None: ...

    async def intend(self, work: Callable[["Memory"], Awaitable[Any]]) -> Intent[Any]:
        return Intent(await work(self), NOW, 0.0)

    async def settle(self, work: Callable[["Memory"], Awaitable[Any]]) -> Any:
        return await work(self)

    settle_write = settle

    async def get(self, _connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        return AccessToken("token", 1, 1, NOW)


@dataclass
class FarSide:
    """
    What the marketplace holds of the order. `outcome` and `read_error`: of the next call.

    A keyed one edits what it knows by that reference; a readable one makes a parcel of every request that reaches it.
    """

    clock: StandingClock
    capabilities: Capabilities
    send_operation: str = "send"
    read_operation: str = "read"
    parcels: list[tuple[datetime, MarketplacePackage]] = field(default_factory=list)
    outcome: str = "ok"
    delay: int = 0
    read_error: FarSideError | None = None
    before_sending: Callable[[], None] = lambda: None
    while_sending: Callable[[], Awaitable[None]] | None = None
    references: set[str] = field(default_factory=set)

    @property
    def ours(self) -> list[MarketplacePackage]:
        return [one for _, one in self.parcels if one.tracking_number != "SOMEBODY-ELSE"]

    def shown(self) -> tuple[MarketplacePackage, ...]:
        return tuple(one for at, one in self.parcels if at <= self.clock.at)

    def new_reference(self, used: frozenset[str]) -> str:
        return next(str(number) for number in range(100_000_000, 100_001_000) if str(number) not in used)

    def freeze(self, parcel: ParcelToTell) -> FrozenBody:
        return {"reference": parcel.reference, "number": parcel.tracking_number, "lines": list(parcel.lines)}

    async def send(
        self, account: FarAccount, order_id: str, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> None:
        self.before_sending()
        self.references.add(intent.value["reference"])
        outcome, waits = self.outcome, self.while_sending
        if outcome in ("ok", "lost", "died_after"):
            self._make(intent.value)
        self.outcome, self.while_sending = "ok", None
        if waits is not None:
            await waits()
        error = OUTCOMES.get(outcome)
        if error is not None:
            raise error()

    async def read_packages(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> tuple[MarketplacePackage, ...]:
        error, self.read_error = self.read_error, None
        if error is not None:
            raise error
        return self.shown()

    def _make(self, body: FrozenBody) -> None:
        keyed = self.capabilities.write == "keyed"
        reference = body["reference"] if keyed else None
        made = MarketplacePackage(reference, "Test Express", body["number"], "SHIPPED", tuple(body["lines"]))
        at = self.clock.at + timedelta(seconds=self.delay)
        if keyed and any(one.reference == reference for one in self.ours):
            return
        self.parcels.append((at, made))


OUTCOMES: dict[str, Callable[[], BaseException]] = {
    "lost": OutcomeUnknown,
    "lost_on_the_way": OutcomeUnknown,
    "unreadable": Unreadable,
    "throttled": Throttled,
    "away": Unavailable,
    "refused": lambda: Refused("no"),
    "already_done": AlreadyDone,
    "role_missing": RoleMissing,
    "too_late": TooLate,
    "died_before": Died,
    "died_after": Died,
}
