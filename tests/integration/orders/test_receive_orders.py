"""The laws of storing a page of orders, on a real PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.event import listen

from services.orders.usecases.receive_orders import receive_orders
from shared.events.orders import (
    OrderCancellationRequestedV1,
    OrderCancelledV1,
    OrderChangedV1,
    OrderReceivedV1,
)
from shared.marketplaces.models import (
    MarketplacePackage,
    OrderStatus,
    PersonalData,
    UnreadableOrder,
)
from tests.integration.orders.service import KEYS, OrdersService
from tests.unit.orders.builders import ANNE, KEEP, NOW, connection, line, order, page

LATER = NOW - timedelta(minutes=30)


class Killed(Exception):
    pass


async def test_an_order_polled_twice_is_published_once(orders: OrdersService) -> None:
    """The same version of an order, read again, leaves one event in the outbox and one timeline."""
    first = await orders.receive(page(order()))
    entries = len(await orders.codes())
    second = await orders.receive(page(order()))
    assert (first.new, second.new, second.changed, second.unchanged) == (1, 0, 0, 1)
    (event,) = await orders.events()
    assert isinstance(event, OrderReceivedV1)
    assert (event.order_version, event.lines[0].decision, event.lines[0].reserve) == (1, "ship", True)
    assert len(await orders.codes()) == entries


async def test_a_touch_without_news_is_not_published(orders: OrdersService) -> None:
    """A newer timestamp over the same content only moves what rejects older readings."""
    await orders.receive(page(order()))
    await orders.receive(page(order(updated_at=LATER)))
    assert (await orders.one("marketplace_order")).updated_at == LATER
    assert len(await orders.events()) == 1


async def test_an_older_reading_never_overwrites_a_newer_one(orders: OrdersService) -> None:
    """Rule 19: pages come in any order; the newest reading wins."""
    await orders.receive(page(order(updated_at=LATER, status=OrderStatus.SHIPPED)))
    received = await orders.receive(page(order()))
    assert received.unchanged == 1
    assert (await orders.one("marketplace_order")).status == "shipped"


async def test_equal_time_with_other_content_is_a_change(orders: OrdersService) -> None:
    """Rule 19: the timestamp alone does not tell."""
    await orders.receive(page(order()))
    await orders.receive(page(order(lines=(line(ordered=3),))))
    events = await orders.events()
    assert [event.order_version for event in events] == [1, 2]
    assert isinstance(events[1], OrderChangedV1)
    assert [row.sequence for row in sorted(await orders.rows("outbox"), key=lambda row: row.id)] == [1, 2]
    assert "order.quantities_changed" in await orders.codes()


async def test_of_two_readings_on_one_page_the_newest_counts(orders: OrdersService) -> None:
    """A moving list may hold an order twice."""
    await orders.receive(page(order(updated_at=LATER, lines=(line(ordered=5),)), order()))
    assert (await orders.one("order_line")).ordered == 5
    assert len(await orders.events()) == 1


async def test_the_version_rises_only_for_what_others_act_on(orders: OrdersService) -> None:
    """Packages and promises are published without a new version; the recipient, ship-by and cancellation raise it."""
    steps = [
        (order(), 1),
        (order(deliver_by=NOW + timedelta(days=9)), 1),
        (order(packages=(MarketplacePackage("1", "DHL", "X1", "SHIPPED", (("item-1", 1),)),)), 1),
        (order(ship_by=NOW + timedelta(days=1)), 2),
        (order(personal=PersonalData(replace(ANNE, lines=("13 rue des Essais",)))), 3),
        (order(cancel_requested=True, lines=(line(cancel_requested=True),)), 4),
        (order(status=OrderStatus.CANCELLED, lines=(line(cancelled=2),)), 5),
    ]
    told = order()
    for number, (step, version) in enumerate(steps):
        changes = {
            name: getattr(step, name) for name in step.__slots__ if getattr(step, name) != getattr(order(), name)
        }
        told = replace(told, updated_at=told.updated_at + timedelta(minutes=number), **changes)
        await orders.receive(page(told))
        assert (await orders.one("marketplace_order")).version == version, step
    events = await orders.events()
    assert [event.order_version for event in events] == [version for _, version in steps]
    assert isinstance(events[5], OrderCancellationRequestedV1)
    assert isinstance(events[6], OrderCancelledV1)
    assert events[2].packages[0].tracking_number == "X1"


async def test_an_address_is_not_lost_when_a_later_reading_comes_without_it(orders: OrdersService) -> None:
    """Rules 16, 23: with a set of data refused, or hidden after a while, what was told stays and still ships."""
    await orders.receive(page(order()))
    await orders.receive(page(order(updated_at=LATER, personal=PersonalData())))
    without_mail = PersonalData(replace(ANNE, email=None), {})
    await orders.receive(page(order(updated_at=LATER + timedelta(minutes=1), personal=without_mail)))
    assert len(await orders.events()) == 1
    assert (await orders.one("order_line")).decision == "ship"


async def test_an_address_that_comes_later_lets_the_order_ship(orders: OrdersService) -> None:
    """It waits visibly until then, with stock held."""
    await orders.receive(page(order(personal=PersonalData())))
    await orders.receive(page(order(updated_at=LATER)))
    first, second = await orders.events()
    assert (first.lines[0].decision, first.lines[0].code, first.lines[0].reserve) == ("wait", "recipient_missing", True)
    assert (second.lines[0].decision, second.order_version) == ("ship", 2)
    assert (first.recipient_digest is None, second.recipient_digest is None) == (True, False)


async def test_personal_data_is_nowhere_in_clear(orders: OrdersService) -> None:
    """Neither in any column of any table nor in any event: only under seal."""
    unreadable = UnreadableOrder("402-9", "lines missing", b'{"name": "Anne Exemple"}')
    await orders.receive(page(order(), unreadable=(unreadable,)))
    found = [str(tuple(row)) for name in ("marketplace_order", "order_line", "timeline", "outbox", "unreadable_record")
             for row in await orders.rows(name)]  # fmt: skip
    everything = "\n".join(found)
    for secret in ("Anne", "Exemple", "rue des Essais", "75011", "buyer.example", "+331"):
        assert secret not in everything


async def test_two_orders_to_one_person_have_different_digests(orders: OrdersService) -> None:
    """A digest says nothing beyond its own order: it is keyed by the order's own key."""
    await orders.receive(page(order(1), order(2)))
    digests = {row.recipient_digest for row in await orders.rows("marketplace_order")}
    assert len(digests) == 2


async def test_an_unreadable_record_is_parked_and_the_page_goes_on(orders: OrdersService) -> None:
    """It is kept sealed with its reason, counted at each attempt, and cleared when its order is read well."""
    broken = UnreadableOrder(order().id, "lastUpdatedTime is missing", b"{}")
    nameless = UnreadableOrder(None, "the record is not an object", b"[]")
    for _ in range(2):
        await orders.receive(page(order(2), unreadable=(broken, nameless)))
    kept = {row.record_key.split(":")[0]: row for row in await orders.rows("unreadable_record")}
    assert {key: row.attempts for key, row in kept.items()} == {"order": 2, "bytes": 2}
    assert kept["order"].reason == "lastUpdatedTime is missing"
    assert len(await orders.events()) == 1
    await orders.receive(page(order()))
    assert [row.marketplace_order_id for row in await orders.rows("unreadable_record")] == [None]


async def test_a_line_that_disappears_is_dropped_and_line_ids_stay(orders: OrdersService) -> None:
    """Our line ids belong to the marketplace's for ever; a line no longer told is gone."""
    await orders.receive(page(order(lines=(line(1), line(2)))))
    before = {row.marketplace_line_id: row.id for row in await orders.rows("order_line")}
    await orders.receive(page(order(updated_at=LATER, lines=(line(2, ordered=1), line(3)))))
    after = {row.marketplace_line_id: row.id for row in await orders.rows("order_line")}
    assert set(after) == {"item-2", "item-3"}
    assert after["item-2"] == before["item-2"]


async def test_what_had_left_when_first_seen_stays_known(orders: OrdersService) -> None:
    """Rule 14: `fulfilled_before` is set once, so that stock never pays for parcels of before."""
    partly = OrderStatus.PARTIALLY_SHIPPED
    await orders.receive(page(order(status=partly, lines=(line(ordered=3, fulfilled=1),))))
    await orders.receive(page(order(updated_at=LATER, status=partly, lines=(line(ordered=3, fulfilled=2),))))
    told = (await orders.events())[-1].lines[0]
    assert (told.fulfilled, told.fulfilled_before) == (2, 1)


async def test_the_personal_data_clock_starts_at_delivery_else_promise_else_end(orders: OrdersService) -> None:
    """30 days after delivered, else promised, else shipped or cancelled; not yet known is None."""
    delivered, promised = NOW - timedelta(days=1), NOW + timedelta(days=5)
    cases = [
        (order(1, deliver_by=None), None),
        (order(2, deliver_by=promised), promised),
        (order(3, deliver_by=promised, delivered_at=delivered), delivered),
        (order(4, deliver_by=None, status=OrderStatus.CANCELLED, updated_at=LATER), LATER),
    ]
    await orders.receive(page(*(told for told, _ in cases)))
    found = {event.marketplace_order_id: event.erase_after for event in await orders.events()}
    for told, starts in cases:
        assert found[told.id] == (starts + timedelta(days=30) if starts else None)
    await orders.receive(page(replace(cases[3][0], updated_at=NOW, lines=(line(cancelled=2),))))
    assert (await orders.events())[-1].erase_after == LATER + timedelta(days=30), "the end is the first one told"


async def test_no_promise_and_no_parcel_of_the_future_keeps_a_buyer(orders: OrdersService) -> None:
    """
    30 days after the shipment, or the cancellation, at the latest where what is promised is foolish; a promise of some
    weeks holds. Of an order that is open nothing is over yet. Seen red with promises and parcels as they are told.
    """
    far, near, ended = NOW.replace(year=2099), NOW + timedelta(days=20), {"updated_at": LATER}
    parcel = MarketplacePackage("1", "Colissimo", "6A1", "SHIPPED", shipped_at=far)
    cases = [
        (order(1, deliver_by=far, status=OrderStatus.SHIPPED, **ended), LATER),
        (order(2, deliver_by=far, status=OrderStatus.CANCELLED, **ended), LATER),
        (order(3, deliver_by=near, status=OrderStatus.SHIPPED, **ended), near),
        (order(4, deliver_by=None, status=OrderStatus.SHIPPED, packages=(parcel,), **ended), LATER),
        (order(5, deliver_by=far, status=OrderStatus.SHIPPED, packages=(parcel,), **ended), LATER),
        (order(6, deliver_by=far), far),
    ]
    await orders.receive(page(*(told for told, _ in cases)))
    found = {event.marketplace_order_id: event.erase_after for event in await orders.events()}
    assert found == {told.id: starts + timedelta(days=30) for told, starts in cases}
    assert (await orders.receive(page(*(told for told, _ in cases)))).unchanged == 6, "the same again is no news"


async def test_an_error_in_the_middle_leaves_nothing(orders: OrdersService) -> None:
    """Page, timeline and events are one transaction."""

    async def killed_after_storing() -> None:
        async with orders.parts.uow() as store:
            await receive_orders(
                page(order()), connection=connection(), store=store, keys=KEYS, clock=orders.clock, keep=KEEP
            )
            raise Killed

    with pytest.raises(Killed):
        await killed_after_storing()
    for table in ("marketplace_order", "order_line", "timeline", "outbox"):
        assert await orders.rows(table) == []


async def test_a_page_of_a_hundred_orders_takes_few_statements(orders: OrdersService) -> None:
    """Set-based: the number of statements does not grow with the page."""
    counted: list[str] = []
    listen(orders.engine.sync_engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    await orders.receive(page(*(order(number, lines=(line(1), line(2))) for number in range(100))))
    assert len(counted) <= 9, counted
    assert len(await orders.events()) == 100


async def test_orders_of_before_the_cut_over_stay_with_the_other_system(orders: OrdersService) -> None:
    """Whatever is read of them; what is here already goes on. Seen red with everything taken."""
    await orders.receive(page(order(1)))
    moved = connection(orders_from=order().placed_at + timedelta(hours=1))
    changed = order(1, updated_at=LATER, status=OrderStatus.SHIPPED)
    later = order(3, placed_at=moved.orders_from)
    received = await orders.receive(page(changed, order(2), later), moved)
    assert (received.new, received.changed) == (1, 1)
    rows = {row.marketplace_order_id: row.status for row in await orders.rows("marketplace_order")}
    assert rows == {order(1).id: "shipped", order(3).id: "open"}
