"""An order whose lines go to different addresses."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.labels.adapters.recipients import RemoteRecipients
from services.labels.domain.shipment import State, Told
from shared.access.internal import InternalApi
from shared.events.orders import OrderLineV1
from shared.http.messages import Answer
from tests.integration.labels.conftest import Labels


def line(destination: int) -> OrderLineV1:
    return OrderLineV1(
        line_id=uuid4(), marketplace_line_id=f"far-{destination}", sku=f"SKU-{destination}", ordered=1,
        decision="ship", code="ready", reserve=True, destination=destination,
    )  # fmt: skip


async def test_each_address_gets_its_own_parcel(labels: Labels) -> None:
    """Two labels, each for the recipient of its lines, two numbers told, both confirmed."""
    order = await labels.order(lines=(line(0), line(1)))
    await labels.settle_everything()
    shipments = await labels.shipments(order.order_id)
    assert [(one.destination, one.state, [each.sku for each in one.lines]) for one in shipments] == [
        (0, State.LABEL_CREATED, ["SKU-0"]),
        (1, State.LABEL_CREATED, ["SKU-1"]),
    ]
    assert {one.write_back.state for one in shipments if one.write_back} == {Told.CONFIRMED}
    assert labels.recipients.asked == [(order.order_id, 0), (order.order_id, 1)]
    assert len(labels.tracking.packages[order.marketplace_order_id]) == 2


@pytest.mark.parametrize("destination", [0, 2])
async def test_orders_is_asked_for_the_address_of_the_parcel(monkeypatch: pytest.MonkeyPatch, destination: int) -> None:
    """By its number, in the query of the internal address."""
    asked: list[str] = []

    async def call(self: Any, method: str, path: str, **_: Any) -> Answer:
        asked.append(path)
        body = b'{"recipient_digest": "d", "state": "known", "recipient": {"name": "A"}}'
        return Answer(200, {}, body)

    monkeypatch.setattr(InternalApi, "call", call)
    orders: Any = InternalApi("http://orders", None, None)  # type: ignore[arg-type]
    organisation, order = UUID(int=1), UUID(int=2)
    read = await RemoteRecipients(orders).read(organisation, order, destination)
    assert read.recipient.name == "A"
    address = httpx.URL(asked[0])
    assert address.path == f"/internal/v1/organisations/{organisation}/orders/{order}/recipient"
    assert dict(address.params) == {"destination": str(destination)}
