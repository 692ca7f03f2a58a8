"""A seller who ships one line of our parcel by hand at the marketplace."""

from typing import Any
from uuid import uuid4

import pytest

from services.labels.domain.labels import Asked
from services.labels.domain.shipment import State, Told
from services.labels.usecases.act import request_label, void_label
from shared.events.orders import OrderLineV1, PackageLineV1, PackageV1
from shared.kernel.errors import AlreadyDone
from shared.marketplaces.models import MarketplacePackage
from tests.integration.labels.conftest import Labels


def line(name: str) -> OrderLineV1:
    return OrderLineV1(
        line_id=uuid4(), marketplace_line_id=f"far-{name}", sku=name, ordered=2, decision="ship", code="ship",
        reserve=True,
    )  # fmt: skip


@pytest.mark.parametrize("outcome", ["dropped", AlreadyDone("Shipped.")])
async def test_the_other_line_leaves_in_a_parcel_of_its_own(labels: Labels, ours: Any, outcome: Any) -> None:
    """
    Ours never showed: a person is told, voids it, and what has not left is planned, made and told once.

    Seen red: the parcel was shipped elsewhere, without a button, and its other line in no parcel any more.
    """
    cup, plate = line("CUP"), line("PLATE")
    order = await labels.order(lines=(cup, plate))
    await labels.make_labels()
    by_hand = MarketplacePackage("1", "X", "BY-HAND", "SHIPPED", (("far-CUP", 2),))
    labels.tracking.packages[order.marketplace_order_id] = {"1": by_hand}
    labels.tracking.outcomes.append(outcome)
    await labels.settle_everything()
    parcel = await labels.shipment(order.order_id)
    told = await labels.told(order.order_id)
    assert (parcel.state, told.state, told.may_have_left) == (State.OUTDATED, Told.RELEASED, False)
    there = PackageV1(reference="1", tracking_number="BY-HAND", lines=(PackageLineV1(line_id=cup.line_id, quantity=2),))
    lines = (cup.model_copy(update={"fulfilled": 2}), plate)
    newer = await labels.change(order, lines=lines, packages=(there,))
    await labels.reserve(newer)
    assert len(await labels.shipments(order.order_id)) == 1
    assert "Void the label" in (await ours.get(f"/shipments/{parcel.shipment_id}")).text
    await labels.act(void_label, parcel.shipment_id)
    rest = (await labels.shipments(order.order_id))[-1]
    assert [(one.sku, one.quantity) for one in rest.lines] == [("PLATE", 2)]
    await labels.act(request_label, rest.shipment_id, Asked(labels.person, labels.clock.now()))
    await labels.settle_everything()
    rest = (await labels.shipments(order.order_id))[-1]
    assert rest.write_back is not None
    assert rest.write_back.state is Told.CONFIRMED
    assert set(labels.tracking.packages[order.marketplace_order_id]) == {"1", rest.write_back.reference}
