"""The laws of accepting automatically: only what can be reserved as a whole, and never over a person's word."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.orders.domain.acceptance import Mode
from services.orders.usecases.answer_order import Unknown
from shared.events.inventory import ReservedLineV1
from shared.kernel.errors import Refused
from shared.kernel.ids import ConnectionId, OrderId, new_id
from shared.marketplaces.models import MarketplaceOrder, OrderStatus, ShippedBy
from tests.integration.orders.browsers import received
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import OTHER_ORGANISATION, connection, line, order, page, waiting
from tests.unit.orders.events import reservation


async def state(orders: OrdersService) -> str:
    found: str = (await orders.one("acceptance")).state
    return found


async def test_automatic_accepts_what_is_reserved_as_a_whole(orders: OrdersService) -> None:
    """By hand is the default; automatic goes by the reservation of the newest version."""
    event = await received(orders)
    await orders.apply(reservation(event))
    assert await orders.rows("acceptance") == []
    await orders.choose(connection(), Mode.AUTOMATIC)
    assert await state(orders) == "owed", "orders that wait already are taken up"
    await orders.receive(page(waiting(2)))
    second = (await orders.events())[-1]
    await orders.apply(reservation(second, order_version=0))
    assert len(await orders.rows("acceptance")) == 1, "of an older version: not yet"
    await orders.apply(reservation(second))
    assert len(await orders.rows("acceptance")) == 2
    assert "acceptance.accept_automatically" in await orders.codes()
    await orders.send_answers()
    assert orders.acceptance.given == [(order(1).id, True), (order(2).id, True)]


def _untracked(event: Any) -> Any:
    lines = tuple(
        ReservedLineV1(line_id=one.line_id, sku=one.sku, wanted=2, reserved=2, short=0, tracked=one.sku != "SKU-2")
        for one in event.lines
    )
    return reservation(event, lines=lines)


@pytest.mark.parametrize(
    ("told", "news"),
    [
        (waiting(), lambda event: reservation(event, short=1)),
        (waiting(lines=(line(1), line(2))), _untracked),
        (waiting(lines=(line(1), line(2))), lambda event: reservation(event, lines=reservation(event).body.lines[:1])),
        (waiting(lines=(line(1), line(2, sku=None))), reservation),
        (waiting(lines=(line(1), line(2, shipped_by=ShippedBy.PROGRAM))), reservation),
        (waiting(cancel_requested=True), reservation),
        (order(), reservation),
        (waiting(lines=(line(1, shipped_by=ShippedBy.MARKETPLACE),)), reservation),
    ],
    ids=["short", "untracked", "not all told", "no SKU", "program", "cancel asked", "not waiting", "nothing ours"],
)
async def test_automatic_leaves_to_a_person_what_it_cannot_promise(
    orders: OrdersService, told: MarketplaceOrder, news: Any
) -> None:
    """Short, never counted, not told of, held anyway, to be cancelled, or not ours."""
    event = await received(orders, told)
    await orders.choose(connection(), Mode.AUTOMATIC)
    await orders.apply(news(event))
    assert await orders.rows("acceptance") == []


async def test_automatic_ignores_lines_that_are_not_ours(orders: OrdersService) -> None:
    """A line from the marketplace's warehouse keeps nothing from being accepted."""
    event = await received(orders, waiting(lines=(line(1), line(2, shipped_by=ShippedBy.MARKETPLACE))))
    await orders.choose(connection(), Mode.AUTOMATIC)
    await orders.apply(reservation(event, lines=reservation(event).body.lines[:1]))
    assert await state(orders) == "owed"


async def test_automatic_takes_up_an_order_that_waits_again(orders: OrdersService) -> None:
    """What was owed before it stopped waiting was withdrawn: it is as if nobody had answered."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    for minutes, status in ((1, OrderStatus.OPEN), (2, OrderStatus.WAITING_ACCEPTANCE)):
        at = waiting().updated_at + timedelta(minutes=minutes)
        await orders.receive(page(replace(waiting(), updated_at=at, status=status)))
    assert await state(orders) == "withdrawn"
    await orders.choose(connection(), Mode.AUTOMATIC)
    await orders.apply(reservation((await orders.events())[-1]))
    assert await state(orders) == "owed"
    await orders.send_answers()
    assert orders.acceptance.given == [(order().id, True)]


async def test_automatic_never_overrules_a_person(orders: OrdersService) -> None:
    """A refusal stands, also one the marketplace did not take; stock that comes changes nothing."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=False)
    orders.acceptance.errors = [Refused("no")]
    await orders.send_answers()
    await orders.choose(connection(), Mode.AUTOMATIC)
    await orders.apply(reservation(event))
    row = await orders.one("acceptance")
    assert (row.accept, row.state) == (False, "refused")


async def test_only_ones_own_connection_is_switched(orders: OrdersService) -> None:
    """Another organisation's connection, an unknown one, or one whose marketplace takes no answers is not there."""
    one = await orders.connect()
    for wrong in (replace(one, organisation_id=OTHER_ORGANISATION), replace(one, id=ConnectionId(new_id()))):
        with pytest.raises(Unknown):
            await orders.choose(wrong, Mode.AUTOMATIC)
    orders.parts = replace(orders.parts, answering=frozenset())
    with pytest.raises(Unknown):
        await orders.choose(one, Mode.AUTOMATIC)
    assert await orders.rows("acceptance_mode") == []
