"""The API as sellers, programs and our services meet it, on a real PostgreSQL."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.marketplaces.models import OrderStatus, PersonalData, ShippedBy, UnreadableOrder
from tests.integration.orders.browsers import BASE, HTML, PERSONAL, USER, client, stored
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import FRANCE, NOW, ORGANISATION, OTHER_ORGANISATION, line, order, page
from tests.unit.orders.events import LABELLED, reservation, shipment


async def test_orders_are_listed_newest_first_over_pages(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Following the cursor sees each order once; the last answer has none."""
    await orders.receive(page(*(order(number, placed_at=NOW - timedelta(minutes=number // 2)) for number in range(7))))
    seen, cursor = [], ""
    while cursor is not None:
        answer = (await ours.get(f"{BASE}/orders?limit=3" + (f"&cursor={cursor}" if cursor else ""))).json()
        seen += [item["marketplace_order_id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert len(seen) == len(set(seen)) == 7
    assert {seen[0], seen[1]} == {order(0).id, order(1).id}


async def test_filters_narrow_the_list(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Status, decision, channel, and how the number begins; `%` and `_` are no wildcards."""
    await orders.receive(
        page(
            order(1),
            order(2, status=OrderStatus.PENDING, channel_id="other"),
            order(3, shipped_by=ShippedBy.MARKETPLACE),
            order(4, lines=(line(1), line(2, sku=None))),
        )
    )

    async def found(query: str) -> set[str]:
        answer = await ours.get(f"{BASE}/orders?{query}")
        assert answer.status_code == 200, answer.text
        return {item["marketplace_order_id"] for item in answer.json()["items"]}

    assert await found("status=pending") == {order(2).id}
    assert await found("decision=not_ours") == {order(3).id}
    assert await found("decision=needs_person") == {order(4).id}
    assert await found("channel=other") == {order(2).id}
    assert await found("search=402-0000003") == {order(3).id}
    assert await found("search=402%25") == await found("search=402_0000001-0000001") == set()
    assert await found(f"status=open&channel={FRANCE.id}&search=402") == {order(1).id, order(3).id, order(4).id}


@pytest.mark.parametrize("query", ["status=sold", "decision=maybe", "cursor=xyz", "cursor=!!", "limit=0", "limit=201"])
async def test_a_wrong_question_names_its_field(ours: httpx.AsyncClient, query: str) -> None:
    """422 with the field."""
    answer = await ours.get(f"{BASE}/orders?{query}")
    assert answer.status_code == 422
    name = query.partition("=")[0]
    assert [error["field"] for error in answer.json()["errors"]] == [name]


async def test_one_order_says_what_it_waits_for(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Lines with decision and stock, parcels, reasons with sentences, and how far it has come."""
    told = await stored(orders)
    answer = (await ours.get(f"{BASE}/orders/{told.order_id}")).json()
    assert [reason["code"] for reason in answer["waits_for"]] == ["waits.reservation", "waits.plan"]
    await orders.apply(reservation(told, short=1))
    await orders.apply(shipment(told))
    answer = (await ours.get(f"{BASE}/orders/{told.order_id}")).json()
    assert [(reason["code"], reason["person"]) for reason in answer["waits_for"]] == [
        ("waits.stock_short", True),
        ("shipment.planned", True),
    ]
    assert (answer["lines"][0]["reserved"], answer["lines"][0]["short"]) == (1, 1)
    assert answer["time_zone"] == "Europe/Paris"
    assert answer["stage"] == "received"
    await orders.apply(reservation(told))
    await orders.apply(shipment(told, **LABELLED | {"write_back": "confirmed", "confirmed_at": NOW}))
    answer = (await ours.get(f"{BASE}/orders/{told.order_id}")).json()
    assert (answer["stage"], answer["waits_for"]) == ("confirmed", [])
    assert answer["shipments"][0]["tracking_number"] == LABELLED["tracking_number"]
    listed = (await ours.get(f"{BASE}/orders")).json()["items"][0]
    assert listed["stage"] == "confirmed"


async def test_the_timeline_has_sentences(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """What happened, oldest first, with a code for machines and a sentence for people."""
    told = await stored(orders)
    items = (await ours.get(f"{BASE}/orders/{told.order_id}/timeline")).json()["items"]
    assert [item["code"] for item in items] == ["order.received", "status.open", "decision.ready"]
    assert items[2]["sentence"] == "Ready to ship: SKU-1."


async def test_the_recipient_is_told_only_by_its_endpoint_and_written_down(
    orders: OrdersService, ours: httpx.AsyncClient
) -> None:
    """Nowhere else in API or pages; each look leaves who, when, and which order."""
    told = await stored(orders)
    for path in ("orders", f"orders/{told.order_id}", f"orders/{told.order_id}/timeline"):
        text = (await ours.get(f"{BASE}/{path}")).text
        assert not any(secret in text for secret in PERSONAL)
    answer = (await ours.get(f"{BASE}/orders/{told.order_id}/recipient")).json()
    assert (answer["state"], answer["recipient"]["name"], answer["recipient"]["postal_code"]) == (
        "present", "Anne Exemple", "75011",
    )  # fmt: skip
    assert answer["recipient_digest"] == told.recipient_digest
    look = await orders.one("recipient_read")
    assert (look.user_id, look.service, look.at, look.order_id) == (USER, None, NOW, told.order_id)


async def test_a_service_reads_recipients_by_its_scope(orders: OrdersService, app: Any) -> None:
    """
    Only a service's token opens the internal route; which service looked is written down, once for each that was there.
    An order of somebody else is as unknown as none, and its neighbours are answered.
    """
    told = await stored(orders)
    path = f"/internal/v1/organisations/{ORGANISATION}/recipients"
    asked = [{"order_id": str(uuid4()), "destination": 0}, {"order_id": str(told.order_id), "destination": 0}]
    async with client(app, token="labels") as labels:
        strange, answer = (await labels.post(path, json={"asked": asked})).json()["items"]
        assert (strange["state"], strange["recipient"]) == ("unknown", None)
        assert (answer["state"], answer["recipient"]["lines"]) == ("present", ["12 rue des Essais"])
        assert (await orders.one("recipient_read")).service == "labels"
        foreign = f"/internal/v1/organisations/{OTHER_ORGANISATION}/recipients"
        items = (await labels.post(foreign, json={"asked": asked})).json()["items"]
        assert [one["state"] for one in items] == ["unknown", "unknown"]
        assert (await labels.post(path, json={"asked": []})).status_code == 422
    async with client(app, "ours") as browser:
        assert (await browser.post(path, json={"asked": asked})).status_code in (401, 403)
    async with client(app, token="program") as program:
        assert (await program.post(path, json={"asked": asked})).status_code == 403
        assert (await program.get(f"{BASE}/orders/{told.order_id}/recipient")).status_code == 403
        assert (await program.get(f"{BASE}/orders/{told.order_id}")).status_code == 200


async def test_an_absent_address_is_said_to_be_absent(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Rule 23: no error, no invention."""
    await orders.receive(page(order(personal=PersonalData())))
    (told,) = await orders.events()
    answer = (await ours.get(f"{BASE}/orders/{told.order_id}/recipient")).json()
    assert (answer["state"], answer["recipient"], answer["recipient_digest"]) == ("absent", None, None)


@pytest.mark.parametrize("path", ["", "/timeline", "/recipient"])
async def test_foreign_and_unknown_orders_are_not_there(
    orders: OrdersService, theirs: httpx.AsyncClient, path: str
) -> None:
    """Another organisation's order answers like one that does not exist, on every route."""
    told = await stored(orders)
    for order_id in (told.order_id, uuid4()):
        answer = await theirs.get(f"{BASE}/orders/{order_id}{path}")
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:passerelle:problem:not-found"
    page_answer = await theirs.get(f"/orders/{told.order_id}", headers=HTML)
    assert page_answer.status_code == 404
    posted = await theirs.post(f"/orders/{told.order_id}/recipient", data={"csrf_token": "genuine"}, headers=HTML)
    assert posted.status_code == 404
    assert await orders.rows("recipient_read") == []
    for secret in (*PERSONAL, order().id):
        assert secret not in page_answer.text + posted.text


async def test_lists_hold_only_our_own(orders: OrdersService, theirs: httpx.AsyncClient) -> None:
    """Orders, polling and unreadable records of others do not appear."""
    await stored(orders)
    await orders.receive(page(unreadable=(UnreadableOrder("402-9", "broken", b"{}"),)))
    for path in ("orders", "polling", "unreadable"):
        assert (await theirs.get(f"{BASE}/{path}")).json()["items"] == []
    assert order().id not in (await theirs.get("/orders", headers=HTML)).text
    assert "402-9" not in (await theirs.get("/orders/unreadable", headers=HTML)).text


async def test_without_a_session_nobody_gets_in(app: Any) -> None:
    """Programs get 401, people the sign-in page."""
    async with client(app) as stranger:
        assert (await stranger.get(f"{BASE}/orders")).status_code == 401
        answer = await stranger.get("/orders?status=open", headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=%2Forders%3Fstatus%3Dopen")


async def test_an_id_that_is_none_is_refused_without_echo(ours: httpx.AsyncClient) -> None:
    """422 for programs; what was typed is not repeated."""
    answer = await ours.get(f"{BASE}/orders/not-an-id")
    assert answer.status_code == 422
    assert "not-an-id" not in answer.text


async def test_strangers_read_nothing_of_our_internal_routes(ours: httpx.AsyncClient) -> None:
    """The public OpenAPI document describes the public API alone."""
    paths = (await ours.get(f"{BASE}/openapi.json")).json()["paths"]
    assert [path for path in paths if not path.startswith(BASE)] == []
