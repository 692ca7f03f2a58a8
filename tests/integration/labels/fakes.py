"""The far side, auth and orders, as far as labels asks them."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.labels.domain.carrier import Recipient
from services.labels.usecases.ports import ReadRecipient, RecipientGone
from shared.kernel.budgets import Budgets
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.amazon.operations import CONFIRM_SHIPMENT, GET_ORDER
from shared.marketplaces.models import MarketplacePackage, ParcelToTell
from shared.marketplaces.ports import Capabilities, FarAccount, FrozenBody

RECIPIENT = Recipient("Zoë Łukasińska", None, ("ul. Długa 5",), "00-001", "Warszawa", None, "PL")


class FakeTokens:
    """auth, as far as labels asks it."""

    def __init__(self) -> None:
        self.lost: list[tuple[UUID, int]] = []

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        return AccessToken("token", 1, 1, datetime.now(UTC) + timedelta(hours=1))

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        self.lost.append((connection_id, consent_version))


@dataclass
class FakeTracking:
    """
    A keyed marketplace. `outcomes`: what the next writes answer; "lost" = it had its effect and the answer did not
    come, "dropped" = accepted without effect, an exception = raised, without effect.
    """

    packages: dict[str, dict[str, MarketplacePackage]] = field(default_factory=dict)
    outcomes: deque[Any] = field(default_factory=deque)
    reads: deque[Any] = field(default_factory=deque)
    sent: list[FrozenBody] = field(default_factory=list)
    parcels: list[ParcelToTell] = field(default_factory=list)
    during: Callable[[], Any] | None = None
    send_operation: str = CONFIRM_SHIPMENT
    read_operation: str = GET_ORDER
    capabilities: Capabilities = Capabilities(write="keyed", read_lag_seconds=120)  # noqa: RUF009

    def new_reference(self, used: frozenset[str]) -> str:
        return next(str(number) for number in range(100_000_000, 100_001_000) if str(number) not in used)

    def freeze(self, parcel: ParcelToTell) -> FrozenBody:
        self.parcels.append(parcel)
        return {
            "reference": parcel.reference,
            "number": parcel.tracking_number,
            "lines": [list(one) for one in parcel.lines],
        }

    async def send(
        self, account: FarAccount, order_id: str, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> None:
        outcome = self.outcomes.popleft() if self.outcomes else None
        if self.during is not None:
            await self.during()
        if isinstance(outcome, Exception):
            raise outcome
        self.sent.append(intent.value)
        if outcome != "dropped":
            body = intent.value
            lines = tuple((line, quantity) for line, quantity in body["lines"])
            package = MarketplacePackage(body["reference"], "Test Express", body["number"], "SHIPPED", lines)
            self.packages.setdefault(order_id, {})[body["reference"]] = package
        if isinstance(outcome, tuple):
            raise outcome[1]

    async def read_packages(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> tuple[MarketplacePackage, ...]:
        if self.reads:
            raise self.reads.popleft()
        return tuple(self.packages.get(order_id, {}).values())


class FakeRecipients:
    """orders, as far as labels asks it."""

    def __init__(self) -> None:
        self.recipient = RECIPIENT
        self.digest = "digest-1"
        self.digests: dict[UUID, str] = {}
        self.fails: Exception | None = None
        self.gone: RecipientGone | None = None
        self.asked: list[tuple[UUID, int]] = []

    async def read(
        self, organisation_id: UUID, asked: Sequence[tuple[UUID, int]]
    ) -> list[ReadRecipient | RecipientGone]:
        self.asked += asked
        if self.fails is not None:
            raise self.fails
        return [
            self.gone or ReadRecipient(self.recipient, self.digests.get(order_id, self.digest)) for order_id, _ in asked
        ]
