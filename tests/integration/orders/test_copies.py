"""The laws of what orders keep of others' words: connections, reservations, shipments; in any order of arrival."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from shared.events.auth import ConnectionSettingsChangedV1
from shared.marketplaces.models import OrderPage
from tests.integration.orders.service import OrdersService, connection_event
from tests.unit.orders.builders import NOW, ORGANISATION, connection, order, page
from tests.unit.orders.events import LABELLED, SHIPMENT_ID, reservation, shipment


async def test_a_settings_change_does_not_hurry_reading(orders: OrdersService) -> None:
    """A new name is kept; what is due stays due when it was."""
    one = await orders.connect()
    await orders.poll(2)
    before = (await orders.one("poll")).due_at
    await orders.apply(connection_event(replace(one, name="New name"), ConnectionSettingsChangedV1))
    assert (await orders.one("connection")).name == "New name"
    assert (await orders.one("poll")).due_at == before


async def test_a_new_consent_is_read_at_once_from_its_cursor(orders: OrdersService) -> None:
    """Reconnected: due now, nothing forgotten."""
    one = await orders.connect()
    await orders.poll(2)
    await orders.revoke(one)
    orders.clock.move(days=3)
    await orders.connect(replace(one, consent_version=2))
    assert (await orders.one("poll")).due_at == NOW + timedelta(days=3)
    assert (await orders.progress()).cursor_at == NOW - timedelta(minutes=2)


async def test_the_timeline_tells_the_whole_journey(orders: OrdersService) -> None:
    """Received, decided, reserved, planned, labelled, told, confirmed: each step once, however often it is told."""
    await orders.receive(page(order()))
    (told,) = await orders.events()
    confirmed = LABELLED | {"write_back": "confirmed", "confirmed_at": NOW}
    for step in (
        reservation(told),
        reservation(told),
        shipment(told),
        shipment(told),
        shipment(told, **LABELLED | {"write_back": "owed"}),
        shipment(told, **LABELLED | {"write_back": "sent"}),
        shipment(told, **confirmed),
        shipment(told, **confirmed),
    ):
        await orders.apply(step)
    assert await orders.codes() == [
        "order.received", "status.open", "decision.ready", "stock.reserved", "shipment.planned",
        "shipment.label_created", "write_back.owed", "write_back.sent", "write_back.confirmed",
    ]  # fmt: skip


async def test_words_about_an_order_not_heard_of_are_kept(orders: OrdersService) -> None:
    """Topics have no order between them: what inventory and labels say first is there when the order comes."""
    await orders.receive(page(order()))
    (told,) = await orders.events()
    unknown = told.model_copy(update={"order_id": SHIPMENT_ID})
    await orders.apply(reservation(unknown))
    await orders.apply(shipment(unknown))
    assert [row.order_id for row in await orders.rows("reservation")] == [SHIPMENT_ID]
    assert [row.order_id for row in await orders.rows("shipments")] == [SHIPMENT_ID]


async def test_many_orders_are_applied_together(orders: OrdersService) -> None:
    """A batch is set-based: one event per order, one row per order."""
    await orders.receive(page(*(order(number) for number in range(20))))
    told = await orders.events()
    await orders.apply(*(reservation(each, short=1) for each in told))
    await orders.apply(*(shipment(each) for each in told))
    assert len(await orders.rows("reservation")) == len(await orders.rows("shipments")) == 20
    assert (await orders.codes()).count("stock.short") == 20


async def test_stock_that_comes_and_goes_is_told(orders: OrdersService) -> None:
    """Short, then reserved, then held no more: three entries with their numbers."""
    await orders.receive(page(order()))
    (told,) = await orders.events()
    await orders.apply(reservation(told, short=1))
    await orders.apply(reservation(told))
    await orders.apply(reservation(told, lines=()))
    facts = {row.code: row.facts for row in await orders.rows("timeline") if row.code.startswith("stock.")}
    assert list(facts) == ["stock.short", "stock.reserved", "stock.nothing_held"]
    assert facts["stock.short"] == {"wanted": 2, "reserved": 1, "skus": "SKU-1"}


async def test_an_unknown_organisations_connection_is_kept_apart(orders: OrdersService) -> None:
    """Two connections, two rows; each keeps its organisation."""
    await orders.connect()
    await orders.connect(connection(id=SHIPMENT_ID, organisation_id=SHIPMENT_ID))
    assert {row.organisation_id for row in await orders.rows("connection")} == {ORGANISATION, SHIPMENT_ID}


async def test_a_new_consent_counts_whatever_event_tells_it(orders: OrdersService) -> None:
    """Only the newest event of a connection is seen: a changed name may carry the new consent."""
    one = await orders.connect()
    await orders.poll(2)
    await orders.apply(connection_event(replace(one, consent_version=2, name="x"), ConnectionSettingsChangedV1))
    assert (await orders.one("poll")).due_at == NOW


async def test_a_channel_newly_reached_has_its_open_orders_read_at_once(orders: OrdersService) -> None:
    """Its older orders were never asked for, and the cursor is beyond them: a sweep of all channels, now."""
    one = await orders.connect()
    await orders.poll(2)
    before = await orders.progress()
    wider = replace(one, channels=(*one.channels, replace(one.channels[0], id="NEW")))
    await orders.apply(connection_event(wider, ConnectionSettingsChangedV1))
    after = await orders.progress()
    assert (await orders.one("poll")).due_at == after.open_due_at == NOW
    assert replace(after, open_due_at=before.open_due_at) == before
    await orders.apply(connection_event(one, ConnectionSettingsChangedV1))
    assert replace(await orders.progress(), left={}) == after


async def test_a_channel_that_comes_back_is_read_from_where_it_went(orders: OrdersService) -> None:
    """
    What became of its orders meanwhile, such as a cancellation, is in no sweep of open ones. Seen red: the cursor
    stayed where the other channel had taken it.
    """
    both = connection(channels=(*connection().channels, replace(connection().channels[0], id="NEW")))
    await orders.connect(both)
    await orders.poll(2)
    went_at = (await orders.progress()).cursor_at
    one = replace(both, channels=both.channels[:1])
    await orders.apply(connection_event(one, ConnectionSettingsChangedV1))
    orders.clock.move(days=3)
    await orders.poll(2)
    assert (await orders.progress()).cursor_at == NOW + timedelta(days=3, minutes=-2)
    await orders.apply(connection_event(both, ConnectionSettingsChangedV1))
    back = await orders.progress()
    assert back.cursor_at == went_at
    assert (back.changes, back.left) == (None, {})
    assert back.changes_due_at == back.open_due_at == NOW + timedelta(days=3)


async def test_a_page_under_way_does_not_bring_back_a_window_that_was_dropped(orders: OrdersService) -> None:
    """A channel comes while it is read: its orders are kept. Seen red: the sweep went on, without the channel."""
    one = await orders.connect()
    wider = replace(one, channels=(*one.channels, replace(one.channels[0], id="NEW")))
    orders.far_side.page_size = 1
    orders.far_side.tell(order(1), order(2))
    read_page = orders.far_side.read_page

    async def meanwhile(*asked: Any, **more: Any) -> OrderPage:
        await orders.apply(connection_event(wider, ConnectionSettingsChangedV1))
        return await read_page(*asked, **more)

    with patch.object(orders.far_side, "read_page", meanwhile):
        await orders.poll()
    progress = await orders.progress()
    assert (progress.open, progress.open_due_at) == (None, NOW)
    assert len(await orders.events()) == 1


async def test_a_sweep_begun_without_a_new_channel_begins_again(orders: OrdersService) -> None:
    """What a page token is bound to cannot grow: the window is dropped."""
    one = await orders.connect()
    orders.far_side.page_size = 1
    orders.far_side.tell(order(1), order(2))
    await orders.poll()
    assert (await orders.progress()).open is not None
    wider = replace(one, channels=(*one.channels, replace(one.channels[0], id="NEW")))
    await orders.apply(connection_event(wider, ConnectionSettingsChangedV1))
    assert (await orders.progress()).open is None
