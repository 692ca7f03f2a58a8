"""An order whose lines go to different addresses."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.labels.adapters.recipients import RemoteRecipients
from services.labels.domain.shipment import State, Told
from services.labels.usecases.ports import ReadRecipient, RecipientGone
from shared.events.orders import OrderLineV1
from shared.http.messages import Answer
from shared.kernel.errors import Unavailable
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


class Orders:
    """Orders' internal API: what was asked of it, and an answer for each."""

    def __init__(self, *found: dict[str, Any]) -> None:
        self.found = found
        self.asked: list[tuple[str, list[dict[str, Any]]]] = []

    async def call(self, _method: str, path: str, *, body: dict[str, Any], **_: Any) -> Answer:
        self.asked.append((path, body["asked"]))
        items = [self.found[n % len(self.found)] for n in range(len(body["asked"]))]
        return Answer(200, {}, json.dumps({"items": items}).encode())

    def reader(self) -> RemoteRecipients:
        return RemoteRecipients(self)  # type: ignore[arg-type]


async def test_orders_is_asked_for_the_address_of_each_parcel() -> None:
    """By order and destination, many in one call; each answer is its parcel's, also where there is no address."""
    known = {"recipient_digest": "d", "state": "present", "recipient": {"name": "A"}}
    none = {"recipient_digest": None, "recipient": None}
    orders = Orders(known, none | {"state": "unknown"}, none | {"state": "erased"})
    organisation, asked = UUID(int=1), [(UUID(int=2), 0), (UUID(int=2), 2), (UUID(int=3), 0)]
    read, *others = await orders.reader().read(organisation, asked)
    assert isinstance(read, ReadRecipient)
    assert (read.recipient.name, others) == ("A", [RecipientGone(erased=False), RecipientGone(erased=True)])
    body = [{"order_id": str(order_id), "destination": number} for order_id, number in asked]
    assert orders.asked == [(f"/internal/v1/organisations/{organisation}/recipients", body)]


async def test_a_document_of_many_labels_asks_a_hundred_at_a_time() -> None:
    """As many as orders answers at once."""
    orders = Orders({"recipient_digest": "d", "state": "present", "recipient": {"name": "A"}})
    asked = [(UUID(int=number), 0) for number in range(230)]
    assert len(await orders.reader().read(UUID(int=1), asked)) == 230
    assert [len(some) for _, some in orders.asked] == [100, 100, 30]


@pytest.mark.parametrize("body", [b"{", b'{"items": []}', b'{"items": [{"state": "present"}]}'])
async def test_an_answer_that_is_none_is_as_good_as_no_answer(body: bytes) -> None:
    """Not one for each: the parcels wait, none gets another's address."""

    class Odd(Orders):
        async def call(self, *_: Any, **__: Any) -> Answer:
            return Answer(200, {}, body)

    with pytest.raises(Unavailable):
        await Odd().reader().read(UUID(int=1), [(UUID(int=2), 0)])
