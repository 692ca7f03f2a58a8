"""
Telling: labels' claim loop and write-back, with Amazon's adapter, the published rates and a real database.

All parcels of the big seller are owed at once; the small ones' come to be owed while it is told. A parcel's wait: from
when it was owed until Amazon had accepted it. What was accepted is read back meanwhile, as far as the quota lets us.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.labels import bootstrap
from services.labels.adapters import rows, tables
from services.labels.bootstrap import WRITE_BACK
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.shipment import Told
from services.labels.domain.write_back import Timing
from services.labels.usecases.ports import ConnectionCopy, OrderNews, ReservationNews, Store
from services.labels.usecases.telling import Telling
from services.labels.usecases.write_back import write_back_due
from shared.db.claim_loop import ClaimLoop
from shared.db.claims import SqlLease
from shared.db.unit_of_work import transaction
from shared.marketplaces.registry import AMAZON, CAPABILITIES, far_sides, marketplaces
from tests.fairness.far_side import CHANNEL, Amazon, Shop
from tests.fairness.sellers import BIG, Size, Tokens, Waits, moments
from tests.fairness.virtual_time import START, VirtualClock
from tests.unit.labels.builders import ORGANISATION, labelled

_IDLE_SECONDS = 0.5  # as in labels' worker
_PARCELS_OF_A_SMALL_ONE = 20
_ROWS_AT_ONCE = 500


async def tell(engine: AsyncEngine, size: Size) -> Waits:
    """Until every parcel was accepted."""
    clock = VirtualClock()
    shops = {seller: Shop(number) for number, seller in enumerate(size.sellers())}
    amazon = Amazon({str(seller): shop for seller, shop in shops.items()}, size.page)
    owed = _owed(size, shops)
    await _fill(engine, owed, shops)
    tools = _telling(amazon, clock)
    stop = asyncio.Event()

    async def work(lease: SqlLease[Store]) -> None:
        try:
            await write_back_due(lease, tools=tools)
        finally:
            if sum(len(shop.parcels) for shop in shops.values()) == len(owed):
                stop.set()

    claims = bootstrap.claims_of(engine, clock)
    await ClaimLoop(claims, WRITE_BACK, work, idle_seconds=_IDLE_SECONDS, concurrency=size.places).run(stop)
    waits = await _waits(engine, owed)
    small = [seconds for seller, seconds in waits if seller != BIG]
    big = max(seconds for seller, seconds in waits if seller == BIG)
    return Waits(small, big, amazon.calls.total(), amazon.refused.total())


def _owed(size: Size, shops: dict[UUID, Shop]) -> dict[UUID, tuple[UUID, datetime, int]]:
    """By shipment: whose it is, since when it is owed, and its number among the seller's."""
    chance = random.Random(2)
    takes = size.orders / 2.0
    owed: dict[UUID, tuple[UUID, datetime, int]] = {}
    for seller, shop in shops.items():
        later = moments(chance, START, takes * 0.95, _PARCELS_OF_A_SMALL_ONE)
        due = [START] * size.orders if seller == BIG else later
        for number, at in enumerate(due):
            owed[UUID(int=(shop.number + 1) << 64 | number + 1)] = (seller, at, number)
    return owed


def _telling(amazon: Amazon, clock: VirtualClock) -> Telling:
    usual = CAPABILITIES[AMAZON]
    timing = Timing(usual.read_back_seconds, usual.read_lag_seconds, usual.repeat_after_seconds)
    tracking = marketplaces(amazon, far_sides({}), clock=clock)[AMAZON].tracking
    return Telling(bootstrap.planner_of(clock), Tokens(), {AMAZON: tracking}, lambda _: timing)


async def _fill(engine: AsyncEngine, owed: dict[UUID, tuple[UUID, datetime, int]], shops: dict[UUID, Shop]) -> None:
    async with transaction(engine) as opened:
        for seller, shop in shops.items():
            copy = ConnectionCopy(
                connection_id=seller, organisation_id=ORGANISATION, marketplace=AMAZON, region="eu",
                seller_id=f"A{shop.number}", name="Shop", state="authorised", consent_version=1,
                channels=((CHANNEL, "Amazon.fr"),),
            )  # fmt: skip
            await opened.execute(insert(tables.connection).values(rows.connection_row(copy)))
        made = (_parcel(shipment, *told, shops[told[0]]) for shipment, told in owed.items())
        while some := list(islice(made, _ROWS_AT_ONCE)):
            await _heard(bootstrap.bind(opened), some)
            await opened.execute(insert(tables.shipment), [rows.shipment_row(one.shipments[0], one) for one in some])
            told = [rows.write_back_row(parcel, one) for one in some if (parcel := one.shipments[0].write_back)]
            await opened.execute(insert(tables.write_back), told)


async def _heard(store: Store, made: Sequence[Fulfilment]) -> None:
    """Orders and reservations, as events bring them."""
    orders = [OrderNews(one.order_id, one.organisation_id, one.order, one.order.placed_at) for one in made if one.order]
    reserved = [
        ReservationNews(one.order_id, one.organisation_id, one.reservation, one.order.placed_at)
        for one in made
        if one.order and one.reservation
    ]
    await store.fulfilments.hear_orders(orders)
    await store.fulfilments.hear_reservations(reserved)


def _parcel(shipment_id: UUID, seller: UUID, owed_at: datetime, number: int, shop: Shop) -> Fulfilment:
    made = labelled()
    assert made.order is not None
    (parcel,) = made.shipments
    code = f"{shop.number:04d}{number:014d}"
    parcel = replace(parcel, shipment_id=shipment_id, number=code, tracking_number=code).telling(
        shipment_id=shipment_id, due_at=owed_at
    )
    order = replace(made.order, connection_id=seller, marketplace_order_id=shop.order_id(number))
    return replace(made, order_id=UUID(int=shipment_id.int << 1), order=order, shipments=(parcel,))


async def _waits(engine: AsyncEngine, owed: dict[UUID, tuple[UUID, datetime, int]]) -> list[tuple[UUID, float]]:
    """Of each parcel, by whose it is. Nothing stays owed, and nothing had to be sent again."""
    async with transaction(engine) as opened:
        told = list(await opened.execute(select(tables.write_back)))
    assert {one.state for one in told} <= {Told.SENT, Told.CONFIRMED}
    assert all(one.repeats == 0 for one in told)
    return [(one.connection_id, (one.sent_at - owed[one.shipment_id][1]).total_seconds()) for one in told]
