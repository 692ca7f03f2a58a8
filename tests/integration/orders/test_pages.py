"""The pages as sellers meet them, on a real PostgreSQL: in two languages, without JavaScript."""

from dataclasses import replace
from typing import Any

import httpx

from shared.marketplaces.models import ShippedBy, UnreadableOrder
from tests.integration.orders.browsers import BASE, HTML, PERSONAL, USER, client, stored
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import NOW, line, order, page
from tests.unit.orders.events import LABELLED, SHIPMENT_ID, reservation, shipment


async def test_the_list_page_says_why_reading_waits(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """In the reader's language, with what to do; and how many records could not be read."""
    one = await orders.connect()
    async with orders.parts.uow() as store:
        await store.polls.waits(one.id, "throttled", NOW)
    await orders.receive(page(order(), unreadable=(UnreadableOrder("402-9", "orderItems is empty", b"{}"),)))
    text = (await ours.get("/orders", headers=HTML)).text
    assert "Reading waits because the marketplace asks us to slow down" in text
    assert "Records that could not be read: 1" in text
    french = (await ours.get("/orders?language=fr", headers=HTML)).text
    assert "La lecture est en attente, car la place de marché nous demande de ralentir" in french
    assert (await ours.get(f"{BASE}/polling")).json()["items"][0]["waits_for"] == "throttled"
    records = (await ours.get("/orders/unreadable", headers=HTML)).text
    assert "402-9" in records
    assert "orderItems is empty" in records
    assert (await ours.get(f"{BASE}/unreadable")).json()["items"][0]["reason"] == "orderItems is empty"
    await orders.revoke(one)
    assert "the connection is not authorised" in (await ours.get("/orders?language=en", headers=HTML)).text


async def test_empty_lists_say_what_to_do(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """No connection, no orders yet, no order that fits: three different sentences."""
    assert "Connect a marketplace account first" in (await ours.get("/orders", headers=HTML)).text
    await orders.connect()
    assert "They appear here as soon as" in (await ours.get("/orders", headers=HTML)).text
    assert "No order fits this" in (await ours.get("/orders?search=zzz", headers=HTML)).text
    assert "Everything could be read" in (await ours.get("/orders/unreadable", headers=HTML)).text


async def test_the_list_page_leads_to_the_next_one(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Fifty a page, the filter kept on the way; a cursor cut short begins anew."""
    await orders.receive(page(*(order(number) for number in range(60))))
    first = (await ours.get("/orders?status=open", headers=HTML)).text
    address = first.split('class="pager"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert "status=open" in address
    second = (await ours.get(address, headers=HTML)).text
    assert second.count("<tr>") - 1 == 10
    assert (await ours.get("/orders?cursor=abc&status=nonsense", headers=HTML)).status_code == 200


async def test_an_orders_page_tells_its_story_and_hides_the_address(
    orders: OrdersService, ours: httpx.AsyncClient
) -> None:
    """Why it waits, lines, parcel with its form, timeline; the address only after asking by the form."""
    told = await stored(orders)
    await orders.apply(reservation(told))
    await orders.apply(shipment(told))
    for language in ("en", "fr"):
        text = (await ours.get(f"/orders/{told.order_id}?language={language}", headers=HTML)).text
        assert f'action="/shipments/{SHIPMENT_ID}/label"' in text
        assert not any(secret in text for secret in PERSONAL)
    assert "Un colis est planifié." in text
    assert "créez l’étiquette quand le colis est prêt" in text
    refused = await ours.post(f"/orders/{told.order_id}/recipient", data={"csrf_token": "forged"}, headers=HTML)
    assert refused.status_code == 403
    assert await orders.rows("recipient_read") == []
    shown = await ours.post(f"/orders/{told.order_id}/recipient", data={"csrf_token": "genuine"}, headers=HTML)
    assert "Anne Exemple" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert (await orders.one("recipient_read")).user_id == USER


async def test_a_viewer_sees_no_address_and_nothing_to_press(orders: OrdersService, app: Any) -> None:
    """Not by the page, the form, or the API; and is told why. Seen red with the page's conditions left out."""
    told = await stored(orders)
    await orders.apply(reservation(told))
    await orders.apply(shipment(told))
    async with client(app, "viewer") as viewer:
        text = (await viewer.get(f"/orders/{told.order_id}", headers=HTML)).text
        assert "your role does not show it" in text
        assert text.count("<form") == 1  # to sign out
        asked = await viewer.post(f"/orders/{told.order_id}/recipient", data={"csrf_token": "genuine"}, headers=HTML)
        assert (asked.status_code, "Your role does not allow this" in asked.text) == (403, True)
        by_call = await viewer.get(f"{BASE}/orders/{told.order_id}/recipient")
        assert by_call.json()["type"] == "urn:passerelle:problem:role-forbids"
        assert 'type="checkbox"' not in (await viewer.get("/orders", headers=HTML)).text
    assert await orders.rows("recipient_read") == []


async def test_every_kind_of_line_has_a_page(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Unmapped, duties, packages, replacements, programs, cancellation wishes: nothing breaks the page."""
    whole = order(
        lines=(line(1, cancel_requested=True, duties=("age_check",)), line(2, sku=None, title=None, unit_price=None)),
        cancel_requested=True,
        business=True,
        program="PRIME",
        shipped_by=ShippedBy.PROGRAM,
        related=(("replacement_of", "402-1"), ("other", "x")),
        label_not_before=NOW,
        delivered_at=NOW,
    )
    await orders.receive(page(whole, replace(order(2), channel_id=None, ship_by=None, deliver_by=None, total=None)))
    for told in await orders.events():
        for language in ("en", "fr"):
            answer = await ours.get(f"/orders/{told.order_id}?language={language}", headers=HTML)
            assert answer.status_code == 200
            assert "%(" not in answer.text
    assert (
        "unmapped" in (await ours.get(f"/orders/{(await orders.events())[0].order_id}?language=en", headers=HTML)).text
    )


async def test_what_others_wrote_is_shown_as_text_only(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """A SKU, a title or a tracking address with markup or a script neither becomes one nor breaks the page."""
    await orders.connect()
    await orders.receive(page(order(lines=(line(sku='<b>"x"</b>', title="<script>1</script>"),))))
    (told,) = await orders.events()
    await orders.apply(shipment(told, **LABELLED | {"tracking_url": "javascript:alert(1)", "reason": "<i>100%</i>"}))
    text = (await ours.get(f"/orders/{told.order_id}", headers=HTML)).text
    for markup in ("<b>", "<script>1", "<i>", 'href="javascript:'):
        assert markup not in text
    assert "&lt;b&gt;" in text
