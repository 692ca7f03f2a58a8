"""Units that leave: from the level, from the reservation, once, whoever tells of it first."""

from typing import Any

import pytest

from services.inventory.domain.ledger import Reason
from shared.events.base import Event
from tests.unit.inventory.builders import order, order_line, shipment
from tests.unit.inventory.fakes import Warehouse


def changed(event: Event[Any], version: int, **changes: Any) -> Event[Any]:
    """The order again, its first line changed."""
    first, *rest = event.body.lines
    lines = [first.model_copy(update=changes), *rest]
    return order(lines, order_id=event.subject, version=version)


async def test_a_confirmed_parcel_leaves_the_level_and_the_reservation() -> None:
    """On hand and reserved fall together; the ledger says why."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 2)])
    await warehouse.order(received)
    await warehouse.shipment(shipment(received.subject, [{received.body.lines[0].line_id: 2}]))
    assert warehouse.levels("mug") == (3, 0, 3, 0)
    counted, shipped = warehouse.ledger.entries
    assert (counted.reason, counted.change, counted.level) == (Reason.COUNTED, 5, 5)
    assert (shipped.reason, shipped.change, shipped.level) == (Reason.SHIPPED, -2, 3)
    assert shipped.order_id == received.subject


@pytest.mark.parametrize("write_back", [None, "owed", "sending", "sent", "refused", "shipped_elsewhere"])
async def test_a_parcel_that_is_not_confirmed_leaves_nothing(write_back: str) -> None:
    """Only what was read back from the marketplace is gone."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 2)])
    await warehouse.order(received)
    parcel = {received.body.lines[0].line_id: 2}
    await warehouse.shipment(shipment(received.subject, [parcel], write_back=write_back))
    assert warehouse.levels("mug") == (5, 2, 3, 0)


async def test_the_marketplace_and_labels_tell_of_the_same_parcel_once() -> None:
    """The larger of the two counts, never the sum, whoever speaks first."""
    for order_first in (True, False):
        warehouse = Warehouse()
        await warehouse.count("mug", 5)
        received = order([order_line("mug", 5)])
        await warehouse.order(received)
        confirmed = shipment(received.subject, [{received.body.lines[0].line_id: 2}])
        fulfilled = changed(received, 2, fulfilled=2)
        if order_first:
            await warehouse.order(fulfilled)
            await warehouse.shipment(confirmed)
        else:
            await warehouse.shipment(confirmed)
            await warehouse.order(fulfilled)
        assert warehouse.levels("mug") == (3, 3, 0, 0)
        assert sum(entry.change for entry in warehouse.ledger.entries) == 3


async def test_labels_may_speak_of_an_order_before_orders_does() -> None:
    """Both halves are kept; nothing is published before the order is known."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 2)])
    await warehouse.shipment(shipment(received.subject, [{received.body.lines[0].line_id: 1}]))
    assert not warehouse.told(received)
    assert warehouse.levels("mug") == (5, 0, 5, 0)
    await warehouse.order(received)
    assert warehouse.levels("mug") == (4, 1, 3, 0)
    assert [line.wanted for line in warehouse.told(received)[-1].body.lines] == [1]


async def test_units_shipped_before_the_line_was_first_seen_never_leave_the_level() -> None:
    """They left before we kept count; what is shipped afterwards does leave."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 3, fulfilled=1)])
    await warehouse.order(received)
    assert warehouse.levels("mug") == (5, 2, 3, 0)
    await warehouse.order(changed(received, 2, fulfilled=3))
    assert warehouse.levels("mug") == (3, 0, 3, 0)


async def test_what_orders_saw_first_counts_though_we_missed_its_first_event() -> None:
    """A consumer may only see the newest event: `fulfilled_before` says where the line stood at the start."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    await warehouse.order(order([order_line("mug", 3, fulfilled=2, fulfilled_before=0)]))
    assert warehouse.levels("mug") == (3, 1, 2, 0)


async def test_an_order_first_heard_of_when_it_was_all_shipped_leaves_what_left_since() -> None:
    """Orders holds nothing for it any more, but its units were on our shelf when orders first saw it."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    finished = {"reserve": False, "decision": "not_ours", "code": "already_shipped"}
    await warehouse.order(order([order_line("mug", 3, fulfilled=3, fulfilled_before=1, **finished)]))
    assert warehouse.levels("mug") == (3, 0, 3, 0)


async def test_our_own_parcel_leaves_the_level_though_the_marketplace_told_of_it_first() -> None:
    """First seen as shipped, then labels says that parcel was ours: the units leave our shelf."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 2, fulfilled=2)])
    await warehouse.order(received)
    assert warehouse.levels("mug") == (5, 0, 5, 0)
    await warehouse.shipment(shipment(received.subject, [{received.body.lines[0].line_id: 2}]))
    assert warehouse.levels("mug") == (3, 0, 3, 0)


async def test_what_the_marketplace_ships_from_its_own_warehouse_is_not_ours() -> None:
    """Fulfilment by the marketplace never touches our level."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    theirs = {"reserve": False, "decision": "not_ours", "code": "marketplace_fulfilled"}
    received = order([order_line("mug", 2, **theirs)])
    await warehouse.order(received)
    await warehouse.order(changed(received, 2, fulfilled=2))
    assert warehouse.levels("mug") == (5, 0, 5, 0)


async def test_a_line_that_was_ours_stays_ours() -> None:
    """It may end in a state that holds nothing and names no shipper; its units left our shelf all the same."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 3)])
    await warehouse.order(received)
    odd = {"reserve": False, "decision": "needs_person", "code": "unfulfillable"}
    await warehouse.order(changed(received, 2, fulfilled=1, **odd))
    assert warehouse.levels("mug") == (4, 0, 4, 0)


async def test_a_short_line_shipped_by_hand_takes_units_others_held() -> None:
    """The shelf is what counts: the latest ship-by becomes short, and the level stops at zero."""
    warehouse = Warehouse()
    await warehouse.count("mug", 1)
    holder = order([order_line("mug", 1)])
    without = order([order_line("mug", 2)])
    await warehouse.order(holder)
    await warehouse.order(without)
    await warehouse.order(changed(without, 2, fulfilled=2))
    assert warehouse.levels("mug") == (0, 0, 0, 1)
    assert warehouse.told(holder)[-1].body.lines[0].short == 1


async def test_units_of_an_untracked_sku_leave_no_ledger_entry() -> None:
    """There is no level to take them from; the first count is what is left."""
    warehouse = Warehouse()
    received = order([order_line("mug", 2)])
    await warehouse.order(received)
    await warehouse.shipment(shipment(received.subject, [{received.body.lines[0].line_id: 2}]))
    assert warehouse.levels("mug") == (0, 0, 0, 0)
    assert not warehouse.ledger.entries
    await warehouse.count("mug", 7)
    assert warehouse.levels("mug") == (7, 0, 7, 0)


async def test_a_marketplace_that_takes_a_shipment_back_invents_no_stock() -> None:
    """The units are wanted again, but the level waits for a count."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 2)])
    await warehouse.order(received)
    await warehouse.order(changed(received, 2, fulfilled=2))
    await warehouse.order(changed(received, 3, fulfilled=1))
    assert warehouse.levels("mug") == (3, 1, 2, 0)
    await warehouse.order(changed(received, 4, fulfilled=2))
    assert warehouse.levels("mug") == (3, 0, 3, 0)


async def test_parcels_of_one_order_add_up() -> None:
    """Two parcels of the same line are two parcels."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 3), order_line("cup", 1)])
    await warehouse.order(received)
    mug, cup = (line.line_id for line in received.body.lines)
    await warehouse.shipment(shipment(received.subject, [{mug: 1}]))
    await warehouse.shipment(shipment(received.subject, [{mug: 1}, {mug: 2, cup: 1}], sequence=2))
    assert warehouse.levels("mug") == (2, 0, 2, 0)
    assert [line.wanted for line in warehouse.told(received)[-1].body.lines] == [0, 0]
