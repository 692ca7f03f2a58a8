"""Labels and numbers of several orders share transactions; what each of them has of its own stays its own."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from services.labels.domain.shipment import State, Told
from shared.kernel.budgets import Rate
from shared.kernel.errors import Throttled, Unavailable
from shared.kernel.ports import Intent
from shared.marketplaces.amazon.operations import CONFIRM_SHIPMENT, GET_ORDER
from tests.integration.labels.conftest import Labels
from tests.integration.labels.dying import die_at
from tests.integration.labels.test_unkeyed import BoughtLabels


class Bug(Exception):
    """Nobody foresaw this."""


async def states(labels: Labels, orders: list[Any]) -> Counter[str]:
    return Counter([(await labels.told(order.order_id)).state.value for order in orders])


async def use_up(labels: Labels, operation: str) -> None:
    """No call of it is left, and the next one is ten seconds away."""
    async with labels.claims.lease("write_back") as lease:
        assert lease is not None
        while lease.budgets.calls_left(operation, labels.clock.now()):
            lease.budgets.spend(operation, labels.clock.now())
        bucket = lease.budgets.buckets[operation]
        bucket.rate = Rate(0.1, bucket.rate.burst)


async def test_a_process_that_dies_with_some_orders_begun_leaves_each_to_be_resumed_once(labels: Labels) -> None:
    """Labels under the numbers that were drawn, parcel numbers under their references: none twice."""
    orders = [await labels.order() for _ in range(3)]
    assert await die_at(labels, "label", 2, after=True)
    drawn = {(await labels.shipment(order.order_id)).number for order in orders}
    assert (len(drawn), None in drawn) == (3, False)
    await labels.make_due()
    await labels.make_labels()
    assert {(await labels.shipment(order.order_id)).tracking_number for order in orders} == drawn
    assert await die_at(labels, "write_back", 2, after=True)
    assert await states(labels, orders) == {"sending": 3}
    references = {(await labels.told(order.order_id)).reference for order in orders}
    await labels.make_due()
    await labels.settle_everything()
    assert await states(labels, orders) == {"confirmed": 3}
    assert {body["reference"] for body in labels.tracking.sent} == references
    assert all(len(labels.tracking.packages[order.marketplace_order_id]) == 1 for order in orders)


async def test_what_may_not_be_repeated_is_begun_alone(labels: Labels) -> None:
    """A blind carrier, a blind marketplace: whoever dies leaves one parcel in doubt, not a group of them."""
    carrier: Any = BoughtLabels("blind")
    labels.labelling, made = replace(labels.labelling, carrier=carrier), labels.labelling
    orders = [await labels.order() for _ in range(3)]
    assert await die_at(labels, "label", 2, after=True)
    begun = [(await labels.shipment(order.order_id)).label_attempt for order in orders]
    assert sorted(begun) == [0, 0, 1]
    labels.labelling = made
    await labels.make_due()
    await labels.make_labels()
    labels.tracking.capabilities = replace(labels.tracking.capabilities, write="blind")
    assert await die_at(labels, "write_back", 2, after=True)
    assert await states(labels, orders) == {"sending": 1, "owed": 2}


async def test_each_order_is_settled_by_its_own_answer(labels: Labels) -> None:
    """One refused by none, one away, one accepted, in one transaction; the far side that is away rests the lease."""
    orders = [await labels.order() for _ in range(3)]
    await labels.make_labels()
    labels.tracking.outcomes.extend([None, Unavailable(), None])
    with pytest.raises(Unavailable):
        await labels.tell()
    assert await states(labels, orders) == {"sent": 2, "owed": 1}
    await labels.make_due()
    await labels.settle_everything()
    assert await states(labels, orders) == {"confirmed": 3}


async def test_a_row_that_breaks_while_it_is_told_rests_and_the_others_are_settled(labels: Labels) -> None:
    """Its order cannot be read any more when the answers come: theirs are kept, each by itself."""
    orders = [await labels.order() for _ in range(3)]
    await labels.make_labels()
    bad = orders[1].order_id
    strange = f"update fulfilment set order_state = jsonb_build_object('strange', 1) where order_id = '{bad}'"  # noqa: S608

    async def breaks() -> None:
        await labels.execute(strange)

    labels.tracking.during = breaks
    await labels.tell()
    rows = await labels.rows("select order_id, state, due_at > now() + interval '1 minute' from write_back")
    kept = {order_id: (state, rests) for order_id, state, rests in rows}
    assert kept[bad] == (Told.SENDING.value, True)
    assert [kept[order.order_id][0] for order in (orders[0], orders[2])] == [Told.SENT.value] * 2


async def test_numbers_that_run_out_in_the_middle_hold_the_rest_and_none_is_lost(labels: Labels) -> None:
    """Three orders, two numbers: two labels; the third waits, and the next range begins where this one ended."""
    await labels.set_up(serial_last=2)
    orders = [await labels.order() for _ in range(3)]
    await labels.settle_everything()
    shipments = [await labels.shipment(order.order_id) for order in orders]
    assert Counter(one.state for one in shipments) == {State.LABEL_CREATED: 2, State.PLANNED: 1}
    assert [one.reason for one in shipments if one.state is State.PLANNED] == ["numbers_used_up"]
    await labels.set_up(serial_last=3)
    await labels.settle_everything()
    numbers = sorted([(await labels.shipment(order.order_id)).number or "" for order in orders])
    assert [int(number[-4:-1]) for number in numbers] == [1, 2, 3]


async def test_a_write_whose_budget_is_used_up_is_not_begun(labels: Labels) -> None:
    """Nothing is frozen for it and no attempt counted: the connection rests until its bucket is refilled."""
    order = await labels.order()
    await labels.make_labels()
    await use_up(labels, CONFIRM_SHIPMENT)
    with pytest.raises(Throttled):
        await labels.tell()
    told = await labels.told(order.order_id)
    assert (told.state, told.attempt, labels.tracking.sent) == (Told.OWED, 0, [])


async def test_as_many_are_begun_as_the_budget_allows(labels: Labels) -> None:
    """Three calls left for five orders: three go out at once, then one at a time as the bucket is refilled."""
    orders = [await labels.order() for _ in range(5)]
    await labels.make_labels()
    async with labels.claims.lease("write_back") as lease:
        assert lease is not None
        for _ in range(7):
            lease.budgets.spend(CONFIRM_SHIPMENT, labels.clock.now())
    begun: list[int] = []
    send = labels.tracking.send

    async def spends(account: Any, order_id: str, intent: Intent[Any], token: Any, budgets: Any) -> None:
        begun.append((await states(labels, orders))["sending"])
        budgets.spend(CONFIRM_SHIPMENT, labels.clock.now())
        await send(account, order_id, intent, token, budgets)

    labels.tracking.send = spends  # type: ignore[method-assign]
    await labels.tell()
    assert begun[:3] == [3, 3, 3]
    assert max(begun[3:]) < 3


async def test_reads_without_a_budget_wait_and_hold_up_no_write(labels: Labels) -> None:
    """What was sent is not asked for and is due later; what is owed goes out."""
    sent, owed = await labels.order(), await labels.order()
    await labels.make_labels()
    labels.tracking.outcomes.extend([None, Unavailable()])
    with pytest.raises(Unavailable):
        await labels.tell()
    await labels.make_due()
    await use_up(labels, GET_ORDER)
    labels.tracking.reads.append(Bug())
    await labels.tell()
    assert await states(labels, [sent, owed]) == {"sent": 2}
    assert len(labels.tracking.reads) == 1, "nobody asked"
    (waits,) = await labels.rows("select count(*) from write_back where due_at > now() + interval '4 seconds'")
    assert waits == (2,)
