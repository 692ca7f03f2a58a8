"""
Far sides of both kinds, as `ListingsPort` and `StockPort` promise them, with what may go wrong.

`Singly`: one SKU a submission, several at once, written first and read back later. `Packages`: many SKUs a package, one
open at a time, taken in asynchronously, one quantity for all channels.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.kernel.budgets import Budgets
from shared.kernel.errors import OutcomeUnknown, Refused, Unavailable
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.listings import Listing, ListingPage, StockLimits, StockLine, StockOutcome, StockStep
from shared.marketplaces.ports import FarAccount, FrozenBody

READ_BACK_SECONDS = 30.0


class KnownTokens:
    """auth, as far as inventory asks it."""

    def __init__(self) -> None:
        self.lost: list[tuple[ConnectionId, int]] = []

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        return AccessToken("token", 1, 1, datetime.now(UTC) + timedelta(hours=1))

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        self.lost.append((connection_id, consent_version))


def offer(sku: str, quantity: int | None = 0, **changes: Any) -> Listing:
    told: dict[str, Any] = {
        "title": sku.title(),
        "active": True,
        "marketplace_fulfilled": False,
        "facts": {"type": "X"},
    }
    return Listing(sku=sku, quantity=quantity, **told | changes)


@dataclass
class FarListings:
    """
    By channel, what is offered; `page_size` of them a page. `answers`: what the next pages come back with. `weighed`:
    for each page whether weights were asked for, which are told only then.
    """

    offers: dict[str, list[Listing]] = field(default_factory=dict)
    page_size: int = 20
    unreadable: int = 0
    answers: deque[Any] = field(default_factory=deque)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    weighed: list[bool] = field(default_factory=list)
    during: Callable[[], Awaitable[None]] | None = None

    async def read_page(
        self,
        account: FarAccount,
        channel_id: str,
        page_token: str | None,
        token: AccessToken,
        budgets: Budgets,
        *,
        weights: bool = False,
    ) -> ListingPage:
        self.asked.append((channel_id, page_token))
        self.weighed.append(weights)
        answer = self.answers.popleft() if self.answers else None
        if self.during is not None:
            await self.during()
        if isinstance(answer, Exception):
            raise answer
        start = int(page_token or 0)
        told = self.offers.get(channel_id, [])
        listings = told if weights else [replace(one, weight=None) for one in told]
        end = start + self.page_size
        left_out = tuple("no SKU" for _ in range(self.unreadable)) if start == 0 else ()
        more = str(end) if end < len(listings) else None
        return ListingPage(tuple(listings[start:end]), left_out, answer or more)


@dataclass
class FarStock:
    """
    What channels show, by channel ("" where shared) and SKU. `answers`: what the next calls come back with: an
    exception is raised without effect, ("lost", exception) after it. `refused`: SKUs whose lines are.

    `open`: SKUs of the submissions begun here and not ended; `twice`: those that were in two of them at once.
    """

    limits: StockLimits
    shows: dict[tuple[str, str], int] = field(default_factory=dict)
    answers: deque[Any] = field(default_factory=deque)
    refused: set[str] = field(default_factory=set)
    poisoned: set[str] = field(default_factory=set)
    told: list[tuple[str, str, int]] = field(default_factory=list)
    open: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    twice: set[tuple[str, str]] = field(default_factory=set)
    facts: list[dict[str, str]] = field(default_factory=list)
    calls: int = 0
    during: Callable[[], Awaitable[None]] | None = None

    def begin(self, channel_id: str, lines: tuple[StockLine, ...]) -> FrozenBody:
        assert len(lines) <= self.limits.lines
        assert len({line.sku for line in lines}) == len(lines)
        self.facts += [line.facts for line in lines]
        told = [[line.sku, line.quantity] for line in lines]
        return {"id": str(uuid4()), "scope": "" if self.limits.shared else channel_id, "step": 0, "lines": told}

    async def advance(
        self, account: FarAccount, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> StockStep:
        self.calls += 1
        answer = self.answers.popleft() if self.answers else None
        if self.during is not None:
            await self.during()
        if isinstance(answer, Exception):
            if isinstance(answer, Refused):
                self.open.pop(intent.value["id"], None)
            raise answer
        step = self._step(intent.value)
        if isinstance(answer, tuple):
            raise answer[1]
        return step

    def _step(self, state: FrozenBody) -> StockStep:
        skus = {(state["scope"], sku) for sku, _ in state["lines"]}
        if any(sku in self.poisoned for _, sku in skus):
            raise Refused("one of them is poisoned", code="package_refused")
        others = [each for name, each in self.open.items() if name != state["id"]]
        self.twice |= {one for one in skus for other in others if one in other}
        if len(others) >= self.limits.open_at_once:
            raise Unavailable("another package is open")
        self.open[state["id"]] = skus
        return self._goes_on(state)

    def _goes_on(self, state: FrozenBody) -> StockStep:
        raise AssertionError("one of the kinds says how")

    def _written(self, state: FrozenBody) -> FrozenBody:
        for sku, quantity in state["lines"]:
            if sku not in self.refused:
                self.shows[state["scope"], sku] = quantity
                self.told.append((state["scope"], sku, quantity))
        return state | {"refused": [sku for sku, _ in state["lines"] if sku in self.refused]}

    def _ended(self, state: FrozenBody) -> StockStep:
        del self.open[state["id"]]
        outcomes = [
            StockOutcome(sku, reason="not_valid", detail="The offer is blocked.")
            if sku in state["refused"]
            else StockOutcome(sku, shown=self.shows[state["scope"], sku])
            for sku, _ in state["lines"]
        ]
        return StockStep(None, 0.0, tuple(outcomes))


class Singly(FarStock):
    def __init__(self) -> None:
        super().__init__(StockLimits(lines=1, open_at_once=5, shared=False))

    def _goes_on(self, state: FrozenBody) -> StockStep:
        if state["step"] == 0:
            return StockStep(self._written(state) | {"step": 1}, READ_BACK_SECONDS)
        return self._ended(state)


class Packages(FarStock):
    """Create, fill, ready, poll: four calls."""

    def __init__(self) -> None:
        super().__init__(StockLimits(lines=1000, open_at_once=1, shared=True))

    def _goes_on(self, state: FrozenBody) -> StockStep:
        if state["step"] < 3:
            after = self._written(state) if state["step"] == 2 else state
            return StockStep(after | {"step": state["step"] + 1}, 1.0)
        return self._ended(state)


LOST = ("lost", OutcomeUnknown("no answer"))
