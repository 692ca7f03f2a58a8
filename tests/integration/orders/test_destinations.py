"""The laws of orders whose lines differ: in who ships, how far they are, and where they go (domain rules 8 and 9)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.marketplaces.models import MarketplaceOrder, OrderStatus, PersonalData, Recipient, ShippedBy
from tests.integration.orders.browsers import BASE, HTML, client
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import ANNE, ORGANISATION, line, order, page

BORIS = Recipient(name="Boris Modèle", lines=("3 quai du Test",), postal_code="69002", city="Lyon", country="FR")
CLARA = replace(BORIS, name="Clara Patron")


def two_places(**changes: Any) -> MarketplaceOrder:
    """One line to Anne, one to Boris."""
    told = order(lines=(line(1), line(2, destination=1)), personal=PersonalData(ANNE, {}, (BORIS,)))
    return replace(told, **changes)


def later(told: MarketplaceOrder, minutes: int = 1, **changes: Any) -> MarketplaceOrder:
    return replace(told, **{"updated_at": told.updated_at + timedelta(minutes=minutes)} | changes)


async def test_a_mixed_order_is_decided_line_by_line(orders: OrdersService) -> None:
    """Ours, the marketplace's, cancelled, shipped, and one without an address yet: each line says its own."""
    lines = (
        line(1),
        line(2, shipped_by=ShippedBy.MARKETPLACE),
        line(3, status=OrderStatus.CANCELLED),
        line(4, status=OrderStatus.SHIPPED),
        line(5, destination=1),
    )
    await orders.receive(page(order(lines=lines)))
    (told,) = await orders.events()
    assert [(one.decision, one.code, one.reserve, one.destination) for one in told.lines] == [
        ("ship", "ready", True, 0),
        ("not_ours", "marketplace_fulfilled", False, 0),
        ("not_ours", "cancelled", False, 0),
        ("not_ours", "already_shipped", False, 0),
        ("wait", "recipient_missing", True, 1),
    ]


async def test_the_version_rises_when_any_address_or_destination_changes(orders: OrdersService) -> None:
    """The digest covers all addresses; an e-mail is none of them."""
    told = two_places()
    await orders.receive(page(told))
    await orders.receive(page(later(told, 1, personal=PersonalData(ANNE, {}, (CLARA,)))))
    await orders.receive(page(later(told, 2, lines=(line(1, destination=1), line(2)))))
    events = await orders.events()
    assert [one.order_version for one in events] == [1, 2, 3]
    assert len({one.recipient_digest for one in events}) == 2
    with_email = PersonalData(ANNE, {}, (replace(BORIS, email="boris@buyer.example"),))
    await orders.receive(page(later(told, 3, lines=(line(1, destination=1), line(2)), personal=with_email)))
    assert len(await orders.events()) == 3


async def test_a_reading_without_addresses_sends_no_line_elsewhere(orders: OrdersService) -> None:
    """Rule 23: what was told stands, addresses and destinations both, although such a reading numbers none."""
    told = two_places()
    await orders.receive(page(told))
    silent = later(told, 1, personal=PersonalData(), lines=(line(1), line(2, title="Other")))
    await orders.receive(page(silent))
    (event,) = await orders.events()
    assert [one.destination for one in event.lines] == [0, 1]
    assert [row.destination for row in sorted(await orders.rows("order_line"), key=lambda row: row.position)] == [0, 1]


async def test_addresses_come_from_one_reading(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """Told in another order: each line still goes to its own place."""
    told = two_places()
    await orders.receive(page(told))
    turned = PersonalData(BORIS, {}, (replace(ANNE, email=None),))
    await orders.receive(page(later(told, 1, personal=turned, lines=(line(1, destination=1), line(2)))))
    event = (await orders.events())[-1]
    names = {}
    for one in event.lines:
        path = f"{BASE}/orders/{event.order_id}/recipient?destination={one.destination}"
        names[one.sku] = (await ours.get(path)).json()["recipient"]
    assert (names["SKU-1"]["name"], names["SKU-2"]["name"]) == (ANNE.name, BORIS.name)
    assert names["SKU-2"]["email"] is None, "never the other's"


async def test_each_destination_has_its_recipient_and_its_trace(
    orders: OrdersService, ours: httpx.AsyncClient, app: Any
) -> None:
    """`destination`, 0 unless said, on both routes; one that is none is not there and leaves no trace."""
    await orders.receive(page(two_places()))
    (told,) = await orders.events()
    path = f"{BASE}/orders/{told.order_id}/recipient"
    assert (await ours.get(path)).json()["recipient"]["name"] == ANNE.name
    answer = (await ours.get(f"{path}?destination=1")).json()
    assert (answer["destination"], answer["recipient"]["name"], answer["recipient_digest"]) == (
        1, BORIS.name, told.recipient_digest,
    )  # fmt: skip
    assert (await ours.get(f"{path}?destination=2")).status_code == 404
    async with client(app, token="labels") as labels:
        asked = [{"order_id": str(told.order_id), "destination": number} for number in (1, 7)]
        internal = f"/internal/v1/organisations/{ORGANISATION}/recipients"
        there, nowhere = (await labels.post(internal, json={"asked": asked})).json()["items"]
        assert (there["recipient"]["name"], nowhere["state"]) == (BORIS.name, "unknown")
    assert [row.destination for row in sorted(await orders.rows("recipient_read"), key=lambda row: row.id)] == [0, 1, 1]


async def test_a_destination_whose_address_is_not_told_yet_is_absent(
    orders: OrdersService, ours: httpx.AsyncClient
) -> None:
    """A line goes there, so it is no mistake to ask."""
    await orders.receive(page(order(lines=(line(1), line(2, destination=1)))))
    (told,) = await orders.events()
    answer = (await ours.get(f"{BASE}/orders/{told.order_id}/recipient?destination=1")).json()
    assert (answer["state"], answer["recipient"]) == ("absent", None)


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_page_says_which_line_goes_where_and_shows_one_address_when_asked(
    orders: OrdersService, ours: httpx.AsyncClient, language: str
) -> None:
    """Numbers only, until one address is asked for."""
    await orders.receive(page(two_places()))
    (told,) = await orders.events()
    text = (await ours.get(f"/orders/{told.order_id}?language={language}", headers=HTML)).text
    assert {"en": "goes to address 2", "fr": "va à l’adresse 2"}[language] in text
    assert not any(secret in text for secret in ("Anne", "Boris", "75011", "69002"))
    shown = await ours.post(
        f"/orders/{told.order_id}/recipient", data={"csrf_token": "genuine", "destination": "1"}, headers=HTML
    )
    assert "Boris Modèle" in shown.text
    assert "Anne" not in shown.text
    wrong = {"csrf_token": "genuine", "destination": "x"}
    assert (await ours.post(f"/orders/{told.order_id}/recipient", data=wrong, headers=HTML)).status_code == 404
    assert [row.destination for row in await orders.rows("recipient_read")] == [1]
