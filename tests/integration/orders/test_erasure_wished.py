"""The laws of a seller's wish: all buyers' data of a connection goes, is confirmed, and nothing new is read before."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.kernel.errors import Unavailable
from shared.kernel.ids import ConnectionId, new_id
from shared.marketplaces.models import UnreadableOrder
from tests.integration.orders.erasing import NEVER
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import NOW, connection, order, page


async def test_at_the_sellers_wish_all_of_a_connection_goes_within_minutes(orders: OrdersService) -> None:
    """
    Whatever its time, and what cannot be read too; another connection's stays. Then auth is told, once.

    Seen red with orders whose time is over only.
    """
    other = connection(id=ConnectionId(new_id()), seller_id="A2SELLER")
    one = await orders.connect()
    await orders.connect(other)
    records = (UnreadableOrder("402-9", "bad", b"Anne"),)
    await orders.receive(page(order(1, deliver_by=NEVER), order(2, deliver_by=None)))
    await orders.receive(page(order(3, deliver_by=NEVER)), other)
    orders.clock.at = NEVER
    await orders.receive(page(unreadable=records))
    await orders.disconnect(one)
    assert not await orders.erase(), "who disconnects keeps"
    await orders.disconnect(one, NOW)
    assert await orders.erase()
    kept = [row.connection_id for row in await orders.rows("marketplace_order") if row.erased_at is None]
    assert kept == [other.id]
    assert await orders.rows("unreadable_record") == []
    assert (await orders.codes())[-1] == "order.erased_at_wish"
    assert orders.certificate.confirmed == [(one.id, NOW)]
    assert not await orders.erase()


async def test_a_wish_that_could_not_be_confirmed_is_confirmed_later(orders: OrdersService) -> None:
    """Auth away, or the process dies before it notes the answer: it is told again."""
    one = await orders.connect()
    await orders.disconnect(one, NOW)
    orders.certificate.error = Unavailable("auth is away")
    with pytest.raises(Unavailable):
        await orders.erase()
    await orders.rested()
    assert await orders.erase()
    assert orders.certificate.confirmed == [(one.id, NOW)] * 2
    assert (await orders.one("connection")).erase_done_at == NOW


async def test_who_connects_again_meanwhile_is_read_only_after_all_is_erased(orders: OrdersService) -> None:
    """Else what is read anew would go with the rest. Seen red with `active` by the state alone."""
    one = await orders.connect()
    orders.far_side.tell(order(1, deliver_by=NEVER))
    await orders.disconnect(one, NOW)
    again = replace(one, erase_asked_at=NOW, consent_version=2)
    await orders.connect(again)
    orders.tokens.consent_version = 2
    await orders.poll(2)
    assert (await orders.rows("marketplace_order"), orders.far_side.queries) == ([], [])
    async with orders.claims().lease("poll") as lease:
        assert lease is None
    assert await orders.erase()
    await orders.poll(2)
    assert (await orders.one("marketplace_order")).erased_at is None
    await orders.connect(again)
    assert not await orders.erase(), "told again, nothing is asked for anew"
    await orders.disconnect(again, NOW + timedelta(days=1))
    assert await orders.erase()
    assert (await orders.one("marketplace_order")).erased_at == NOW
