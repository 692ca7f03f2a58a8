"""Inventory's worker over a real PostgreSQL, with far sides that are fakes of the ports."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.inventory import bootstrap
from services.inventory.adapters.kinds import LISTING, PUSH, kinds
from services.inventory.usecases.discover import Discovering, discover
from services.inventory.usecases.ports import Store
from services.inventory.usecases.push import Pushing, push
from services.inventory.usecases.take_weights import take_weights
from shared.db.claims import SqlClaims
from shared.events.auth import ChannelV1, ConnectionAuthorisedV1, ConnectionDisconnectedV1, ConnectionStateV1
from shared.events.base import Event
from shared.kernel.ids import ConnectionId, new_id
from shared.marketplaces.listings import Listing
from tests.integration.inventory.conftest import Inventory
from tests.unit.inventory.builders import ORGANISATION
from tests.unit.inventory.far_sides import FarListings, FarStock, KnownTokens, Packages, Singly

DELAY = timedelta(0)
GRACE = timedelta(minutes=15)


class Shop:
    """
    Two connections of one seller: `amazon`, told singly, and `octopia`, told in packages. `telling`: those whose
    listings may tell what they weigh.
    """

    telling = frozenset({"amazon"})

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.listings = {"amazon": FarListings(), "octopia": FarListings()}
        self.sellers = {"amazon": "SELLER", "octopia": "SELLER"}
        self.stock: dict[str, FarStock] = {"amazon": Singly(), "octopia": Packages()}
        self.ids = {name: ConnectionId(new_id()) for name in self.stock}
        self.tokens = KnownTokens()
        self.claims: SqlClaims[Store] = SqlClaims(
            inventory.engine,
            bootstrap.bind,
            kinds=kinds({LISTING: {}, PUSH: {}}, DELAY),
            clock=inventory.clock,
        )
        self.discovering = Discovering(
            self.listings, frozenset({"octopia"}), self.tokens, inventory.clock, timedelta(hours=4), GRACE
        )
        self.pushing = Pushing(self.stock, self.tokens, inventory.clock, DELAY, GRACE, sleep=asyncio.sleep)

    def state(
        self, name: str, event: type[ConnectionStateV1] = ConnectionAuthorisedV1, *, channels: Sequence[str] = ("FR",)
    ) -> Event[Any]:
        told = event(
            organisation_id=ORGANISATION,
            connection_id=self.ids[name],
            marketplace=name,
            region="eu",
            seller_id=self.sellers[name],
            name=name.title(),
            state="disconnected" if event is ConnectionDisconnectedV1 else "authorised",
            consent_version=1,
            channels=tuple(
                ChannelV1(id=one, name=one, country=one, currency="EUR", time_zone="UTC") for one in channels
            ),
        )
        return Event(new_id(), self.ids[name], 1, self.inventory.clock.now(), told)

    async def connect(self, name: str, *offers: Listing, channels: Sequence[str] = ("FR",)) -> None:
        """Authorised, and its listings read."""
        self.listings[name].offers = {channel: list(offers) for channel in channels}
        await self.inventory.apply(self.state(name, channels=channels))
        await self.discover()

    async def discover(self) -> None:
        """All that is due to be read."""
        while await self._one(LISTING):
            pass

    async def take_weights(self, name: str = "amazon", *, taken: bool = True) -> None:
        """What its listings tell, from now on or no longer; they are due to be read."""
        uow, clock, of, telling = self.inventory.held.uow, self.inventory.clock, self.ids[name], self.telling
        async with uow() as store:
            await take_weights(of, ORGANISATION, taken=taken, telling=telling, store=store, clock=clock)
        await self.inventory.execute("update lease set not_before = null")

    async def push(self) -> None:
        """All that is due to be told now, and what is due soon because far sides take their time."""
        while True:
            while await self._one(PUSH):
                pass
            await self.inventory.execute("update lease set not_before = null")
            if not await self._hurried():
                return

    async def _one(self, kind: str) -> bool:
        async with self.claims.lease(kind) as lease:
            if lease is None:
                return False
            if kind == LISTING:
                await discover(lease, discovering=self.discovering)
            else:
                await push(lease, pushing=self.pushing)
            return True

    async def _hurried(self) -> bool:
        """Submissions under way are due now; whether there are any."""
        await self.inventory.execute("update submission set due_at = now()")
        return bool(await self.inventory.rows("submission"))

    async def targets(self) -> dict[tuple[str, str], Any]:
        """By connection and the marketplace's SKU (of the first channel)."""
        names = {value: name for name, value in self.ids.items()}
        return {(names[row.connection_id], row.sku): row for row in await self.inventory.rows("push_target")}

    async def listing_id(self, name: str, sku: str, channel: str = "FR") -> UUID:
        rows = await self.inventory.rows("listing")
        (found,) = [r.id for r in rows if (r.connection_id, r.sku, r.channel_id) == (self.ids[name], sku, channel)]
        assert isinstance(found, UUID)
        return found

    def slower(self, name: str, **changes: Any) -> None:
        """Other limits for a far side."""
        self.stock[name].limits = replace(self.stock[name].limits, **changes)
