"""Labels asked for together, followed, and printed as one document."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pypdfium2  # type: ignore[import-untyped]
import pytest

from shared.events.orders import OrderLineV1, OrderStateV1
from shared.kernel.errors import Unavailable
from tests.integration.labels.browsers import BASE, listed
from tests.integration.labels.conftest import Labels

Json = dict[str, Any]


@pytest.fixture(autouse=True)
async def _by_hand(labels: Labels) -> None:
    await labels.mode(automatic=False)


async def ask(browser: httpx.AsyncClient, *order_ids: UUID) -> Json:
    answer = await browser.post(f"{BASE}/batches", json={"order_ids": [str(order_id) for order_id in order_ids]})
    assert answer.status_code == 202, answer.text
    body: Json = answer.json()
    return body


async def seen(browser: httpx.AsyncClient, batch: Json) -> Json:
    body: Json = (await browser.get(f"{BASE}/batches/{batch['id']}")).json()
    return body


def pages_of(pdf: bytes) -> list[str]:
    return [str(page.get_textpage().get_text_range()) for page in pypdfium2.PdfDocument(pdf)]


async def waiting(labels: Labels) -> OrderStateV1:
    """An order whose only line waits."""
    line = OrderLineV1(
        line_id=uuid4(), marketplace_line_id="far", sku="SKU-1", ordered=1, decision="wait", code="pending",
        reserve=True,
    )  # fmt: skip
    return await labels.order(lines=(line,))


async def test_fifty_labels_are_asked_for_made_and_printed_as_one(labels: Labels, ours: httpx.AsyncClient) -> None:
    """One page each, in the order in which the orders were named, whatever order they were made in."""
    orders = [await labels.order(units=1) for _ in range(50)]
    named = orders[::-1]
    batch = await ask(ours, *(order.order_id for order in named))
    assert {item["outcome"] for item in batch["items"]} == {"asked"}
    assert (batch["made"], batch["under_way"], batch["halted"]) == (0, 50, 0)
    early = await ours.get(f"{BASE}/batches/{batch['id']}/labels.pdf")
    assert (early.status_code, early.json()["type"]) == (409, "urn:passerelle:problem:no-label")
    await labels.make_labels()
    done = await seen(ours, batch)
    assert (done["made"], done["under_way"], done["halted"]) == (50, 0, 0)
    asked = len(labels.recipients.asked)
    for path in (f"{BASE}/batches/{batch['id']}/labels.pdf", f"/shipments/batches/{batch['id']}/labels.pdf"):
        answer = await ours.get(path)
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/pdf", "no-store")
        pages = pages_of(answer.content)
        assert len(pages) == 50
        assert all(order.marketplace_order_id in page for order, page in zip(named, pages, strict=True))
    assert len(labels.recipients.asked) == asked + 100


async def test_what_cannot_be_made_is_said_and_the_rest_goes_on(
    labels: Labels, ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    """Each order has its outcome and its reason; a stranger's order is not found, and nothing of it is touched."""
    good, short, gone = await labels.order(), await labels.order(), await labels.order()
    await labels.reserve(short, short=1)
    cancelled = gone.lines[0].model_copy(update={"cancelled": 2, "decision": "not_ours", "code": "cancelled"})
    await labels.change(gone, status="cancelled", lines=(cancelled,))
    waits, done = await waiting(labels), await labels.order()
    (shipment,) = await labels.shipments(done.order_id)
    await ours.post(f"{BASE}/shipments/{shipment.shipment_id}/label")
    await labels.settle_everything()
    strange = await ask(theirs, good.order_id)
    assert [(item["outcome"], item["marketplace_order_id"]) for item in strange["items"]] == [("not_found", None)]
    missing = uuid4()
    ids = [one.order_id for one in (good, short, gone, waits, done)]
    batch = await ask(ours, *ids, missing, good.order_id)
    assert [(item["outcome"], item["standing"], item["reason"]) for item in batch["items"]] == [
        ("asked", "under_way", None),
        ("held", "halted", "short_stock"),
        ("held", "halted", "order_cancelled"),
        ("held", "halted", "order_waits"),
        ("already", "made", None),
        ("not_found", "halted", None),
    ]
    assert batch["items"][1]["detail"] == "SKU-1"
    await labels.settle_everything()
    page = (await ours.get(f"/shipments/batches/{batch['id']}")).text
    for said in (
        "2 of 6 labels",
        "raise the level under Stock",
        'href="/stock"',
        "There is no such order",
        "before this",
    ):
        assert said in page
    assert len(pages_of((await ours.get(f"/shipments/batches/{batch['id']}/labels.pdf")).content)) == 2


async def test_each_parcel_of_an_order_is_an_item(labels: Labels, ours: httpx.AsyncClient) -> None:
    """Two addresses: two labels, two pages."""
    lines = tuple(
        OrderLineV1(
            line_id=uuid4(), marketplace_line_id=f"far-{place}", sku="SKU-1", ordered=1, decision="ship", code="ready",
            reserve=True, destination=place,
        )
        for place in (0, 1)
    )  # fmt: skip
    order = await labels.order(lines=lines)
    batch = await ask(ours, order.order_id)
    assert [item["outcome"] for item in batch["items"]] == ["asked", "asked"]
    await labels.settle_everything()
    assert len(pages_of((await ours.get(f"{BASE}/batches/{batch['id']}/labels.pdf")).content)) == 2


async def test_a_batch_belongs_to_its_organisation(
    labels: Labels, ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    """On every route, and in no list of others."""
    batch = await ask(ours, (await labels.order()).order_id)
    for base in (f"{BASE}/batches", "/shipments/batches"):
        assert (await theirs.get(f"{base}/{batch['id']}")).status_code == 404
        assert (await theirs.get(f"{base}/{batch['id']}/labels.pdf")).status_code == 404
    assert (await theirs.get(f"{BASE}/batches")).json()["items"] == []
    (head,) = (await ours.get(f"{BASE}/batches")).json()["items"]
    assert (head["id"], head["parcels"], head["made"]) == (batch["id"], 1, 0)


async def test_the_form_of_the_orders_list_leads_to_the_batch(labels: Labels, ours: httpx.AsyncClient) -> None:
    """The page looks again by itself while labels are made, then offers the document; in French too."""
    order = await labels.order()
    form = {"csrf_token": "genuine", "order_id": [str(order.order_id), "no id"]}
    assert (await ours.post("/shipments/batches", data={"order_id": str(order.order_id)})).status_code == 403
    address = (await ours.post("/shipments/batches", data=form)).headers["location"]
    page = await ours.get(address)
    assert (page.headers["refresh"], "0 of 1 labels" in page.text) == ("2", True)
    await labels.revoke()
    halted = await ours.get(address)
    assert ("refresh" in halted.headers, "waits for your authorisation" in halted.text) == (False, True)
    await labels.connect()
    await labels.settle_everything()
    page = await ours.get(address)
    assert ("refresh" in page.headers, "Print all labels" in page.text) == (False, True)
    assert "Étiquettes créées\u00a0: 1 sur 1" in (await ours.get(f"{address}?language=fr")).text
    ours.cookies.delete("passerelle_language")
    assert address in (await ours.get("/shipments/batches")).text


@pytest.mark.parametrize(("count", "said"), [(0, "Choose at least one order."), (501, "up to 500 orders")])
async def test_a_form_that_asks_for_nothing_or_too_much_says_so(ours: httpx.AsyncClient, count: int, said: str) -> None:
    """Nothing is asked for; the API names the field."""
    ids = [str(uuid4()) for _ in range(count)]
    answer = await ours.post("/shipments/batches", data={"csrf_token": "genuine", "order_id": ids})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert (await ours.post(f"{BASE}/batches", json={"order_ids": ids})).status_code == 422
    assert "No batches yet" in answer.text


async def test_a_document_is_complete_or_refused(labels: Labels, ours: httpx.AsyncClient) -> None:
    """A recipient that changed names its order; orders away is a 503: never a document with a label missing."""
    orders = [await labels.order() for _ in range(3)]
    batch = await ask(ours, *(order.order_id for order in orders))
    await labels.settle_everything()
    other = orders[1]
    labels.recipients.digests[other.order_id] = "digest-2"
    answer = await ours.get(f"{BASE}/batches/{batch['id']}/labels.pdf")
    assert (answer.status_code, answer.json()["detail"]) == (409, other.marketplace_order_id)
    labels.recipients.fails = Unavailable()
    assert (await ours.get(f"{BASE}/batches/{batch['id']}/labels.pdf")).status_code == 503


async def test_two_batches_of_the_same_orders_make_each_label_once(labels: Labels, ours: httpx.AsyncClient) -> None:
    """Posted twice at the same moment: asked for by one, already by the other."""
    orders = [(await labels.order()).order_id for _ in range(5)]
    first, second = await asyncio.gather(ask(ours, *orders), ask(ours, *reversed(orders)))
    outcomes = sorted(item["outcome"] for batch in (first, second) for item in batch["items"])
    assert outcomes == ["already"] * 5 + ["asked"] * 5
    await labels.settle_everything()
    assert len({item["tracking_number"] for item in await listed(ours)}) == 5
    assert (await seen(ours, first))["made"] == (await seen(ours, second))["made"] == 5


async def test_a_batch_takes_channels_that_make_labels_by_themselves_too(
    labels: Labels, ours: httpx.AsyncClient
) -> None:
    """Already under way there: followed and printed all the same."""
    await labels.mode(automatic=True)
    order = await labels.order()
    batch = await ask(ours, order.order_id)
    assert [(item["outcome"], item["standing"]) for item in batch["items"]] == [("already", "under_way")]
    await labels.settle_everything()
    assert (await seen(ours, batch))["made"] == 1
