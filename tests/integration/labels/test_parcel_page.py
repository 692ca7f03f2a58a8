"""What a parcel's page says before its label is asked for."""

import httpx

from services.labels.domain.labels import Asked
from services.labels.usecases.act import request_label
from tests.integration.labels.conftest import Labels


async def test_the_form_says_what_a_parcel_weighs_without_another_word(labels: Labels, ours: httpx.AsyncClient) -> None:
    """The sum of its SKUs' weights; where somebody gave a weight for these very units, that."""
    await labels.mode(automatic=False)
    order = await labels.order()
    planned = await labels.shipment(order.order_id)
    page = f"/shipments/{planned.shipment_id}"
    assert "Without it, the sum of its SKUs" in (await ours.get(page)).text
    await labels.act(request_label, planned.shipment_id, Asked(labels.person, labels.clock.now(), weight_grams=150))
    changed = await labels.change(order, cancel_requested=True)
    await labels.reserve(changed)
    assert "Without it, 150 g as given before" in (await ours.get(page)).text
    assert "Sans lui, 150 g comme indiqué auparavant" in (await ours.get(f"{page}?language=fr")).text
