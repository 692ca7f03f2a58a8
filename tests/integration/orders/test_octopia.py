"""Orders of a marketplace that waits for answers and tells per line, from the sandbox: read, answered, read again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.orders.adapters.acceptances import due_answers
from services.orders.adapters.repositories import due_connections
from services.orders.adapters.store import bind
from services.orders.domain.acceptance import Mode
from services.orders.usecases.poll import poll
from services.orders.usecases.send_answers import send_answers
from shared.db.claims import Kind, SqlClaims
from shared.kernel.ids import ConnectionId, OrderId
from shared.kernel.ports import AccessToken
from shared.marketplaces.models import Channel
from shared.marketplaces.registry import PROFILES, rates
from tests.contract.octopia.shop import CDISCOUNT, OctopiaShop
from tests.contract.sandbox.far_octopia import SELLER, OctopiaFar
from tests.integration.orders.service import SEEN_WITHIN, OrdersService
from tests.unit.orders.builders import CONNECTION_ID, PACE, connection
from tests.unit.orders.events import reservation

NAME = "octopia"
ONE = {"sku": "SKU-001", "quantity": 1}
CHANNEL = Channel(CDISCOUNT, "Cdiscount", "FR", "EUR", "Europe/Paris")


class OctopiaOrders:
    """Orders, and the seller's shop at the sandbox, under one clock."""

    def __init__(self, orders: OrdersService, shop: OctopiaShop) -> None:
        self.orders, self.shop = orders, shop
        orders.parts = replace(orders.parts, answering=frozenset({NAME}))
        kinds = {
            "poll": Kind(due=due_connections(), rates=rates("poll")),
            "acceptance": Kind(due=due_answers(), rates=rates("acceptance")),
        }
        self.claims = SqlClaims(orders.engine, bind, kinds=kinds, clock=orders.clock)
        self.pass_time(0)

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        return self.shop.token

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        raise AssertionError("the consent is not lost")

    def pass_time(self, seconds: float) -> None:
        self.shop.far.now += seconds
        self.orders.clock.at = datetime.fromtimestamp(self.shop.far.now, UTC)

    async def read(self) -> None:
        """Everything that changed, up to now and the overlap."""
        self.pass_time(700)
        operations = tuple(one.name for one in PROFILES[NAME].operations if one.kind == "poll")
        polling = self.orders.polling(
            marketplaces={NAME: self.shop.octopia.orders},
            operations={NAME: operations},
            tokens=self,
            paces={NAME: replace(PACE, interval=timedelta(minutes=10))},
        )
        while (await self.orders.one("poll")).due_at <= self.orders.clock.now():
            async with self.claims.lease_of("poll", CONNECTION_ID) as lease:
                assert lease is not None
                await poll(lease, polling=polling)

    async def send_answers(self) -> None:
        assert self.shop.octopia.acceptance is not None
        answering = replace(
            self.orders.answering(),
            marketplaces={NAME: self.shop.octopia.acceptance},
            seen_within={NAME: SEEN_WITHIN},
            tokens=self,
        )
        async with self.claims.lease("acceptance") as lease:
            assert lease is not None
            await send_answers(lease, answering=answering)

    async def event(self, number: str) -> Any:
        """The newest of an order."""
        return [one for one in await self.orders.events() if one.marketplace_order_id == number][-1]


@pytest.fixture
async def octopia(orders: OrdersService) -> AsyncIterator[OctopiaOrders]:
    far = await OctopiaFar().ready(channels=[CDISCOUNT], skus=["SKU-001", "SKU-002"])
    shop = OctopiaShop(far)
    made = OctopiaOrders(orders, shop)
    await orders.connect(connection(marketplace=NAME, seller_id=SELLER, channels=(CHANNEL,)))
    yield made
    deviations = await far.deviations()
    await shop.close()
    await far.close()
    assert deviations == []


async def test_an_order_that_waits_is_accepted_and_comes_back_to_be_shipped(octopia: OctopiaOrders) -> None:
    """Automatically, once it is reserved as a whole; the address comes with the release, and the line ships."""
    orders = octopia.orders
    await orders.choose(connection(marketplace=NAME), Mode.AUTOMATIC)
    planted = await octopia.shop.far.planted(status="WaitingAcceptance", lines=[ONE])
    await octopia.read()
    event = await octopia.event(planted["order_id"])
    assert [(line.decision, line.code, line.reserve) for line in event.lines] == [("wait", "waiting_acceptance", True)]
    await orders.apply(reservation(event))
    await octopia.send_answers()
    assert (await orders.one("acceptance")).state == "sent"
    await octopia.shop.far.control.patch_order(planted["order_id"], release=True)
    await octopia.read()
    event = await octopia.event(planted["order_id"])
    assert [(line.decision, line.code) for line in event.lines] == [("ship", "ready")]
    assert (await orders.one("acceptance")).state == "answered"


async def test_a_refused_order_ends_cancelled(octopia: OctopiaOrders) -> None:
    """By hand; nothing is held for it any more."""
    planted = await octopia.shop.far.planted(status="WaitingAcceptance", lines=[ONE])
    await octopia.read()
    event = await octopia.event(planted["order_id"])
    await octopia.orders.answer(OrderId(event.order_id), accept=False)
    await octopia.send_answers()
    await octopia.read()
    event = await octopia.event(planted["order_id"])
    assert (event.status, [line.reserve for line in event.lines]) == ("cancelled", [False])
    assert (await octopia.orders.one("acceptance")).state == "answered"


async def test_an_order_answered_in_the_portal_withdraws_ours(octopia: OctopiaOrders) -> None:
    """What the seller did there is found when ours comes too late."""
    planted = await octopia.shop.far.planted(status="WaitingAcceptance", lines=[ONE])
    await octopia.read()
    event = await octopia.event(planted["order_id"])
    await octopia.orders.answer(OrderId(event.order_id), accept=True)
    await octopia.shop.far.approve(planted["order_id"])
    await octopia.send_answers()
    row = await octopia.orders.one("acceptance")
    assert (row.state, row.reason) == ("sent", "already_answered")
    await octopia.read()
    assert (await octopia.orders.one("acceptance")).state == "answered"


async def test_a_mixed_order_goes_out_as_it_is_told_per_line(octopia: OctopiaOrders) -> None:
    """Only the seller's lines, each to its own place."""
    lines = [{"sku": "SKU-001", "quantity": 1}, {"sku": "SKU-002", "quantity": 1}]
    mixed = await octopia.shop.far.planted(lines=lines, supply_mode=["Fulfillment", "Seller"])
    apart = await octopia.shop.far.planted(lines=lines, destinations=2)
    await octopia.read()
    event = await octopia.event(mixed["order_id"])
    assert [line.code for line in event.lines] == ["marketplace_fulfilled", "ready"]
    event = await octopia.event(apart["order_id"])
    assert [(line.code, line.destination) for line in event.lines] == [("ready", 0), ("ready", 1)]
