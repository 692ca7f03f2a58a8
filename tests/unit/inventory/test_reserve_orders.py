"""What an order holds, who is short, and what is told of it."""

from dataclasses import replace

from services.inventory.domain.sku import StockRow
from tests.unit.inventory.builders import order, order_line, ship_by
from tests.unit.inventory.fakes import Warehouse


async def test_units_are_held_for_an_order_once_per_version() -> None:
    """The same order again, in a newer version with the same lines, holds no more than before."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 2)])
    await warehouse.order(received)
    again = order(received.body.lines, order_id=received.subject, version=2)
    await warehouse.order(again)
    assert warehouse.levels("mug") == (5, 2, 3, 0)
    assert [event.body.order_version for event in warehouse.told(received)] == [1, 2]
    assert [event.sequence for event in warehouse.told(received)] == [1, 2]


async def test_an_order_told_again_without_news_is_not_published_again() -> None:
    """Packages, for one, come in events that do not raise the version and hold nothing else."""
    warehouse = Warehouse()
    received = order([order_line("mug", 2)])
    await warehouse.order(received)
    await warehouse.order(order(received.body.lines, order_id=received.subject, version=1, sequence=2))
    assert len(warehouse.told(received)) == 1


async def test_a_sku_first_seen_in_an_order_is_untracked_and_never_short() -> None:
    """Nobody has counted it: its lines count as reserved, nothing is short and nothing is available."""
    warehouse = Warehouse()
    received = order([order_line("mug", 3)])
    await warehouse.order(received)
    (line,) = warehouse.told(received)[0].body.lines
    assert (line.wanted, line.reserved, line.short, line.tracked) == (3, 3, 0, False)
    assert warehouse.levels("mug") == (0, 3, 0, 0)


async def test_a_line_that_names_no_sku_is_held_as_untracked_and_makes_no_stock() -> None:
    """An unmapped line waits for nobody here: it is told, without a SKU."""
    warehouse = Warehouse()
    received = order([order_line("", 1)])
    await warehouse.order(received)
    (line,) = warehouse.told(received)[0].body.lines
    assert (line.sku_id, line.reserved, line.short, line.tracked) == (None, 1, 0, False)
    assert not warehouse.skus.rows


async def test_what_is_not_there_is_short() -> None:
    """Units beyond the level are short, and the event says so."""
    warehouse = Warehouse()
    await warehouse.count("mug", 2)
    received = order([order_line("mug", 5)])
    await warehouse.order(received)
    (line,) = warehouse.told(received)[0].body.lines
    assert (line.reserved, line.short) == (2, 3)
    assert warehouse.levels("mug") == (2, 2, 0, 3)


async def test_only_lines_to_reserve_hold_stock() -> None:
    """A line the marketplace ships itself holds nothing."""
    warehouse = Warehouse()
    await warehouse.count("mug", 2)
    await warehouse.order(order([order_line("mug", 1, reserve=False, decision="not_ours", code="fba")]))
    assert warehouse.levels("mug") == (2, 0, 2, 0)


async def test_stock_that_comes_serves_the_earliest_ship_by_first() -> None:
    """A count that rises goes to who must ship first, whoever ordered first; all of them hear of it."""
    warehouse = Warehouse()
    await warehouse.count("mug", 0)
    late, early, never = (order([order_line("mug", 2)], ship_by=when) for when in (ship_by(5), ship_by(1), None))
    await warehouse.order(never, late, early)
    await warehouse.count("mug", 3)
    assert [warehouse.reserved(one) for one in (early, late, never)] == [[2], [1], [0]]
    assert len(warehouse.told(early)) == 2
    assert len(warehouse.told(never)) == 1


async def test_a_count_below_the_reserved_makes_the_latest_ship_by_short() -> None:
    """Who must ship first keeps the units."""
    warehouse = Warehouse()
    await warehouse.count("mug", 4)
    late, early = (order([order_line("mug", 2)], ship_by=ship_by(days)) for days in (5, 1))
    await warehouse.order(late, early)
    await warehouse.count("mug", 3)
    assert [warehouse.reserved(one) for one in (early, late)] == [[2], [1]]
    await warehouse.count("mug", 1)
    assert [warehouse.reserved(one) for one in (early, late)] == [[1], [0]]
    assert warehouse.levels("mug") == (1, 1, 0, 3)


async def test_an_earlier_order_that_comes_later_takes_nothing_away() -> None:
    """Who holds units keeps them: the parcel may be packed."""
    warehouse = Warehouse()
    await warehouse.count("mug", 2)
    first = order([order_line("mug", 2)], ship_by=ship_by(5))
    await warehouse.order(first)
    urgent = order([order_line("mug", 1)], ship_by=ship_by(1))
    await warehouse.order(urgent)
    assert (warehouse.reserved(first), warehouse.reserved(urgent)) == ([2], [0])
    await warehouse.order(order(first.body.lines, order_id=first.subject, version=2, ship_by=ship_by(6)))
    assert (warehouse.reserved(first), warehouse.reserved(urgent)) == ([2], [0])


async def test_a_cancelled_order_gives_its_units_to_who_waits() -> None:
    """In the same transaction, and both are told."""
    warehouse = Warehouse()
    await warehouse.count("mug", 2)
    first = order([order_line("mug", 2)])
    second = order([order_line("mug", 2)])
    await warehouse.order(first)
    await warehouse.order(second)
    (line,) = first.body.lines
    cancelled = line.model_copy(update={"cancelled": 2})
    await warehouse.order(order([cancelled], order_id=first.subject, version=2))
    assert (warehouse.reserved(first), warehouse.reserved(second)) == ([0], [2])
    assert warehouse.told(second)[-1].body.lines[0].short == 0


async def test_a_line_that_vanishes_from_the_order_wants_nothing() -> None:
    """The newest version is the whole order."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    received = order([order_line("mug", 2), order_line("mug", 1)])
    await warehouse.order(received)
    await warehouse.order(order(received.body.lines[:1], order_id=received.subject, version=2))
    assert warehouse.levels("mug") == (5, 2, 3, 0)
    assert [line.wanted for line in warehouse.told(received)[-1].body.lines] == [2]


async def test_a_line_that_changes_its_sku_lets_go_of_the_old_one() -> None:
    """A listing that was mapped anew holds the new SKU, and the old one is free."""
    warehouse = Warehouse()
    await warehouse.set(StockRow("mug", counted=5), StockRow("cup", counted=5))
    received = order([order_line("mug", 2)])
    await warehouse.order(received)
    (line,) = received.body.lines
    await warehouse.order(order([line.model_copy(update={"sku": "cup"})], order_id=received.subject, version=2))
    assert warehouse.levels("mug") == (5, 0, 5, 0)
    assert warehouse.levels("cup") == (5, 2, 3, 0)


async def test_the_first_count_of_an_untracked_sku_withdraws_what_is_not_there() -> None:
    """Lines that were never short become short when the level is known and too low."""
    warehouse = Warehouse()
    late, early = (order([order_line("mug", 2)], ship_by=ship_by(days)) for days in (5, 1))
    await warehouse.order(late, early)
    await warehouse.count("mug", 3)
    assert (warehouse.reserved(early), warehouse.reserved(late)) == ([2], [1])
    assert warehouse.told(late)[-1].body.lines[0].tracked


async def test_a_first_count_that_suffices_is_told_to_who_holds_the_sku() -> None:
    """Nothing moved, but the SKU is tracked now: the reservation event says so."""
    warehouse = Warehouse()
    received = order([order_line("mug", 2)])
    await warehouse.order(received)
    await warehouse.count("mug", 3)
    assert [event.body.lines[0].tracked for event in warehouse.told(received)] == [False, True]


async def test_a_weight_is_told_to_the_orders_that_wait_for_the_sku() -> None:
    """Labels learns the weight from the reservation; finished orders are left alone."""
    warehouse = Warehouse()
    waiting = order([order_line("mug", 2)])
    done = order([order_line("mug", 1, cancelled=1)])
    await warehouse.order(waiting, done)
    await warehouse.set(StockRow("mug", weight_grams=350))
    assert [event.body.lines[0].weight_grams for event in warehouse.told(waiting)] == [None, 350]
    assert len(warehouse.told(done)) == 1
    await warehouse.set(StockRow("mug", weight_grams=350))
    assert len(warehouse.told(waiting)) == 2


async def test_each_change_of_a_level_is_told_once_and_in_order() -> None:
    """One event per SKU and transaction, numbered 1, 2, 3; a weight alone is no change of level."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    await warehouse.order(order([order_line("mug", 2)]), order([order_line("mug", 1)]))
    await warehouse.set(StockRow("mug", weight_grams=350))
    told = warehouse.told_levels("mug")
    assert [(one.sequence, one.body.on_hand, one.body.available) for one in told] == [(1, 5, 5), (2, 5, 2)]


async def test_organisations_do_not_share_skus_of_the_same_name() -> None:
    """A code belongs to its organisation."""
    warehouse = Warehouse()
    await warehouse.count("mug", 5)
    other = order([order_line("mug", 2)])
    body = other.body.model_copy(update={"organisation_id": other.subject})
    await warehouse.order(replace(other, body=body))
    assert warehouse.levels("mug") == (5, 0, 5, 0)
    assert len(warehouse.skus.rows) == 2
