"""A row that meets a bug of ours waits alone: those behind it flow on, and nothing ends for it."""

from typing import Any

import pytest

from services.labels.domain.shipment import State, Told
from services.labels.usecases.replan import replan_due
from tests.integration.labels.conftest import Labels


class Bug(Exception):
    """Nobody foresaw this."""


async def test_an_order_that_cannot_be_planned_rests_alone(labels: Labels) -> None:
    """Its row cannot be read: the two beside it are planned anew, it is due later, and the batch is done."""
    await labels.mode(automatic=False)
    orders = [await labels.order() for _ in range(3)]
    bad = orders[1].order_id
    unreadable = "jsonb_build_object('strange', 1)"
    await labels.execute(f"update fulfilment set order_state = {unreadable} where order_id = '{bad}'")  # noqa: S608
    await labels.mode(automatic=True)
    assert await replan_due(labels.uow, planner=labels.planner) == 3
    for order in (orders[0], orders[2]):
        assert (await labels.shipment(order.order_id)).state is State.LABEL_PENDING
    assert await replan_due(labels.uow, planner=labels.planner) == 0


async def test_a_label_that_meets_a_bug_rests_alone(labels: Labels, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of three cannot be made for a reason nobody foresaw: the others are, in the same round."""
    orders = [await labels.order() for _ in range(3)]
    read = labels.recipients.read

    async def stumbles(organisation_id: Any, asked: Any) -> Any:
        if orders[0].order_id in {order_id for order_id, _ in asked}:
            raise Bug
        return await read(organisation_id, asked)

    monkeypatch.setattr(labels.recipients, "read", stumbles)
    await labels.make_labels()
    states = [(await labels.shipment(order.order_id)).state for order in orders]
    assert states == [State.LABEL_PENDING, State.LABEL_CREATED, State.LABEL_CREATED]
    assert not await labels.make_labels()


async def test_a_number_that_meets_a_bug_rests_alone(labels: Labels) -> None:
    """The write of the first of three ends in a bug: the others are told in the same round."""
    orders = [await labels.order() for _ in range(3)]
    await labels.make_labels()
    labels.tracking.outcomes.append(Bug())
    await labels.tell()
    states = sorted([(await labels.told(order.order_id)).state.value for order in orders])
    assert states == [Told.SENDING.value, Told.SENT.value, Told.SENT.value]
    await labels.make_due()
    await labels.settle_everything()
    assert {(await labels.told(order.order_id)).state for order in orders} == {Told.CONFIRMED}
