"""The laws of answering orders that wait: who decides, what is sent, and what becomes of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.orders.domain.acceptance import MOST_REPEATS, Asker, NotPossible
from services.orders.usecases.answer_order import Unknown
from services.orders.usecases.send_answers import send_answers
from shared.kernel.errors import (
    AlreadyDone,
    ConsentLost,
    FarSideError,
    OutcomeUnknown,
    Refused,
    RoleMissing,
    Throttled,
    Unavailable,
)
from shared.kernel.ids import OrderId, new_id
from shared.marketplaces.models import MarketplaceOrder, OrderStatus
from tests.integration.orders.browsers import received
from tests.integration.orders.service import PERSON, SEEN_WITHIN, OrdersService
from tests.unit.orders.builders import NOW, FakeAcceptance, connection, order, page, waiting

PROGRAM = Asker(client="erp")


def answered(told: MarketplaceOrder, minutes: int = 1, **changes: Any) -> MarketplaceOrder:
    """Its next reading: it no longer waits."""
    later: dict[str, Any] = {"updated_at": told.updated_at + timedelta(minutes=minutes), "status": OrderStatus.OPEN}
    return replace(told, **later | changes)


async def state(orders: OrdersService) -> str:
    found: str = (await orders.one("acceptance")).state
    return found


async def test_an_answer_goes_out_once_and_is_settled_by_the_next_reading(orders: OrdersService) -> None:
    """Owed, sent, answered; the timeline says who decided, and each step."""
    event = await received(orders)
    given = await orders.answer(OrderId(event.order_id), accept=True)
    assert given.state == "owed"
    assert await orders.send_answers()
    assert orders.acceptance.given == [(order().id, True)]
    assert await state(orders) == "sent"
    await orders.receive(page(answered(waiting())))
    assert await state(orders) == "answered"
    assert not await orders.send_answers()
    codes = [code for code in await orders.codes() if code.startswith("acceptance.")]
    assert codes == ["acceptance.accept_by_person", "acceptance.sent", "acceptance.answered"]
    entry = next(row for row in await orders.rows("timeline") if row.code == "acceptance.accept_by_person")
    assert entry.facts == {"user_id": str(PERSON.user_id)}


async def test_a_refusal_is_an_answer_too(orders: OrdersService) -> None:
    """By a program, said so; cancelled then, and settled."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=False, by=PROGRAM)
    await orders.send_answers()
    assert orders.acceptance.given == [(order().id, False)]
    await orders.receive(page(answered(waiting(), status=OrderStatus.CANCELLED)))
    assert await state(orders) == "answered"
    assert "acceptance.refuse_by_program" in await orders.codes()


async def test_an_answer_may_change_until_it_is_sent(orders: OrdersService) -> None:
    """The last word before sending counts; after that nothing changes it, and the same again is no news."""
    event = await received(orders)
    order_id = OrderId(event.order_id)
    await orders.answer(order_id, accept=True)
    await orders.answer(order_id, accept=False)
    await orders.send_answers()
    assert orders.acceptance.given == [(order().id, False)]
    with pytest.raises(NotPossible, match="other_answer_sent"):
        await orders.answer(order_id, accept=True)
    assert (await orders.answer(order_id, accept=False)).state == "sent"
    assert not [row for row in await orders.rows("acceptance") if row.accept]


@pytest.mark.parametrize("told", [order(), order(status=OrderStatus.CANCELLED), order(status=OrderStatus.PENDING)])
async def test_only_what_waits_is_answered(orders: OrdersService, told: MarketplaceOrder) -> None:
    """No answer is owed to an order that does not wait."""
    event = await received(orders, told)
    with pytest.raises(NotPossible, match="not_waiting"):
        await orders.answer(OrderId(event.order_id), accept=True)
    with pytest.raises(Unknown):
        await orders.answer(OrderId(new_id()), accept=True)
    assert await orders.rows("acceptance") == []


@pytest.mark.parametrize("status", [OrderStatus.CANCELLED, OrderStatus.OPEN])
async def test_what_is_owed_to_an_order_that_no_longer_waits_is_withdrawn(
    orders: OrdersService, status: OrderStatus
) -> None:
    """Cancelled, or answered elsewhere: nothing is sent."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    await orders.receive(page(answered(waiting(), status=status)))
    assert await state(orders) == "withdrawn"
    assert not await orders.send_answers()
    assert orders.acceptance.given == []
    assert (await orders.codes())[-1] != "acceptance.answered"


async def test_an_unknown_outcome_is_the_same_again(orders: OrdersService) -> None:
    """A keyed write: repeated with a back-off until it is known; nobody changes it meanwhile."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    orders.acceptance.errors = [OutcomeUnknown("silence")]
    with pytest.raises(OutcomeUnknown):
        await orders.send_answers()
    row = await orders.one("acceptance")
    assert (row.state, row.reason, row.due_at) == ("sending", "answer_outcome_unknown", NOW + timedelta(seconds=2))
    with pytest.raises(NotPossible):
        await orders.answer(OrderId(event.order_id), accept=False)
    await orders.send_answers()
    assert orders.acceptance.given == [(order().id, True)] * 2
    assert await state(orders) == "sent"


class StoppedProcess(FakeAcceptance):
    """Wakes up after another has sent the answer under its own lease."""

    def __init__(self, orders: OrdersService) -> None:
        super().__init__()
        self.orders = orders

    async def answer(self, *_: Any) -> None:
        async with asyncio.timeout(60):
            while not await self.orders.send_answers():
                await asyncio.sleep(0.05)
        raise Refused("too late to count")


async def test_an_attempt_nobody_settled_is_resumed(orders: OrdersService) -> None:
    """A process that died behind its intent: the next holder sends the same, and a late outcome changes nothing."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)

    async with orders.claims(lease_seconds=0.2).lease("acceptance") as lease:
        assert lease is not None
        stopped = replace(orders.answering(), marketplaces={"amazon": StoppedProcess(orders)})
        await send_answers(lease, answering=stopped)
    assert await state(orders) == "sent"
    assert (await orders.one("acceptance")).attempt == 2


@pytest.mark.parametrize(
    ("error", "reason", "later"),
    [
        (Unavailable("away"), "marketplace_away", timedelta()),
        (Throttled("slow", retry_after_seconds=60), None, timedelta()),
        (ConsentLost("gone"), "consent_lost", timedelta()),
        (RoleMissing("role"), "role_missing", timedelta(minutes=15)),
    ],
)
async def test_what_was_surely_not_taken_is_owed_again(
    orders: OrdersService, error: FarSideError, reason: str | None, later: timedelta
) -> None:
    """Still to be changed by a person; what concerns the whole connection rests it."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    orders.acceptance.errors = [error]
    if isinstance(error, RoleMissing):
        await orders.send_answers()
    else:
        with pytest.raises(type(error)):
            await orders.send_answers()
    row = await orders.one("acceptance")
    assert (row.state, row.reason, row.due_at) == ("owed", reason, NOW + later)
    assert (await orders.answer(OrderId(event.order_id), accept=False)).accept is False


async def test_a_short_wait_for_the_budget_holds_up_nobody(orders: OrdersService) -> None:
    """The next order is answered in the same lease."""
    await received(orders)
    await orders.receive(page(waiting(2)))
    for event in await orders.events():
        await orders.answer(OrderId(event.order_id), accept=True)
    orders.acceptance.errors = [Throttled("budget", retry_after_seconds=0.5)]
    await orders.send_answers()
    assert len(orders.acceptance.given) == 1
    await orders.send_answers()
    assert {row.state for row in await orders.rows("acceptance")} == {"sent"}


async def test_what_the_marketplace_refuses_is_a_persons(orders: OrdersService) -> None:
    """Shown with its words, not repeated by itself; a person may answer again, or otherwise."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    orders.acceptance.errors = [Refused("seller on holiday")]
    await orders.send_answers()
    row = await orders.one("acceptance")
    assert (row.state, row.reason_detail, row.due_at) == ("refused", "seller on holiday", None)
    assert not await orders.send_answers()
    await orders.answer(OrderId(event.order_id), accept=False)
    await orders.send_answers()
    assert orders.acceptance.given == [(order().id, False)]


async def test_answered_before_is_seen_by_the_next_reading(orders: OrdersService) -> None:
    """The marketplace says that it no longer waits; what became of it only a reading shows."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    orders.acceptance.errors = [AlreadyDone("not waiting")]
    await orders.send_answers()
    row = await orders.one("acceptance")
    assert (row.state, row.reason) == ("sent", "already_answered")
    await orders.receive(page(answered(waiting())))
    assert await state(orders) == "answered"


async def test_answered_before_but_waiting_still_ends_with_a_person(orders: OrdersService) -> None:
    """The marketplace's word was about something else: the order's deadline must not pass unseen."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    for _ in range(MOST_REPEATS + 1):
        orders.acceptance.errors = [AlreadyDone("not waiting")]
        assert await orders.send_answers()
        orders.clock.move(hours=1)
    await orders.send_answers()
    row = await orders.one("acceptance")
    assert (row.state, row.reason) == ("needs_person", "answer_never_seen")


async def test_what_was_taken_but_never_shows_is_sent_again_then_left_to_a_person(orders: OrdersService) -> None:
    """The order goes on waiting: the same again after some readings, so many times."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    for _ in range(MOST_REPEATS + 1):
        assert await orders.send_answers()
        assert (await orders.one("acceptance")).due_at == orders.clock.now() + SEEN_WITHIN
        orders.clock.move(hours=1)
    await orders.send_answers()
    assert len(orders.acceptance.given) == MOST_REPEATS + 1
    row = await orders.one("acceptance")
    assert (row.state, row.reason) == ("needs_person", "answer_never_seen")
    await orders.answer(OrderId(event.order_id), accept=True)
    await orders.send_answers()
    assert len(orders.acceptance.given) == MOST_REPEATS + 2


async def test_no_answer_leaves_for_a_connection_that_is_not_active(orders: OrdersService) -> None:
    """It stays owed until the seller authorises again."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    await orders.revoke(connection())
    assert not await orders.send_answers()
    await orders.connect()
    assert await orders.send_answers()


async def test_a_bug_in_one_answer_does_not_stop_the_next(orders: OrdersService) -> None:
    """It rests; the others flow on."""
    await received(orders)
    await orders.receive(page(waiting(2)))
    for event in await orders.events():
        await orders.answer(OrderId(event.order_id), accept=True)
    orders.acceptance.errors = [ZeroDivisionError()]
    await orders.send_answers()
    assert sorted(row.state for row in await orders.rows("acceptance")) == ["sending", "sent"]
