"""What people, programs and operators see of an order whose buyer was erased."""

import json
from argparse import Namespace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.orders import bootstrap
from services.orders.entrypoints import operator
from services.orders.settings import MigrationSettings
from shared.kernel.clock import SystemClock
from shared.marketplaces.models import UnreadableOrder
from tests.integration.orders.browsers import BASE, HTML, client
from tests.integration.orders.erasing import LONG_AGO, NEVER, delivered, erased
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import ORGANISATION, connection, order, page
from tests.unit.orders.events import LABELLED, reservation, shipment

GENUINE = {"csrf_token": "genuine"}


async def test_the_recipient_of_an_erased_order_is_gone(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """410 for people and programs, `erased` for our services; no look is written down. Seen red without the check."""
    order_id = await erased(orders)
    answer = await ours.get(f"{BASE}/orders/{order_id}/recipient")
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:passerelle:problem:personal-data-erased")
    posted = await ours.post(f"/orders/{order_id}/recipient?language=fr", data=GENUINE, headers=HTML)
    assert posted.status_code == 410
    assert "Les données de l’acheteur ont été effacées." in posted.text
    assert await orders.rows("recipient_read") == []


async def test_a_service_is_told_that_it_was_erased(orders: OrdersService, app: Any) -> None:
    """Its neighbours in the same question are answered."""
    order_id = await erased(orders)
    await orders.receive(page(order(2, deliver_by=NEVER)))
    other = next(row.id for row in await orders.rows("marketplace_order") if row.id != order_id)
    asked = [{"order_id": str(one), "destination": 0} for one in (order_id, other)]
    async with client(app, token="labels") as labels:
        path = f"/internal/v1/organisations/{ORGANISATION}/recipients"
        items = (await labels.post(path, json={"asked": asked})).json()["items"]
    assert [(one["state"], one["recipient"] is None) for one in items] == [("erased", True), ("present", False)]
    assert [row.order_id for row in await orders.rows("recipient_read")] == [other]


async def test_page_and_api_say_when_it_was_erased(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """In both languages, instead of the button that shows the address."""
    order_id = await erased(orders)
    answer = (await ours.get(f"{BASE}/orders/{order_id}")).json()
    assert (answer["erased_at"], answer["waits_for"]) == ("2026-09-14T09:00:00Z", [])
    english = (await ours.get(f"/orders/{order_id}?language=en", headers=HTML)).text
    assert "data was erased on" in english
    assert "The buyer's data was erased, because its time was over." in english
    assert f"/orders/{order_id}/recipient" not in english
    assert "told no address" not in english
    assert "ont été effacées le" in (await ours.get(f"/orders/{order_id}?language=fr", headers=HTML)).text


async def test_an_erased_order_that_never_left_waits_for_a_person(
    orders: OrdersService, ours: httpx.AsyncClient
) -> None:
    """Until there is a label: then nothing more is needed of the buyer's data."""
    await orders.connect()
    await orders.receive(page(order(deliver_by=LONG_AGO)))
    assert await orders.erase()
    told = (await orders.events())[-1]
    await orders.apply(reservation(told))
    await orders.apply(shipment(told))
    reasons = (await ours.get(f"{BASE}/orders/{told.order_id}")).json()["waits_for"]
    assert (reasons[0]["code"], reasons[0]["person"]) == ("waits.erased", True)
    await orders.apply(shipment(told, **LABELLED))
    reasons = (await ours.get(f"{BASE}/orders/{told.order_id}")).json()["waits_for"]
    assert "waits.erased" not in [reason["code"] for reason in reasons]


async def test_what_is_overdue_is_counted(orders: OrdersService) -> None:
    """Orders and records an hour late, for the operators' gauge."""
    count = bootstrap.overdue_on(orders.engine)
    an_hour_ago = SystemClock().now() - timedelta(minutes=50)
    await orders.connect()
    await orders.receive(page(delivered(1), order(2, deliver_by=NEVER)))
    orders.clock.at = SystemClock().now()
    await orders.receive(page(delivered(3, delivered_at=an_hour_ago - timedelta(days=30))))
    orders.clock.at = LONG_AGO
    await orders.receive(page(unreadable=(UnreadableOrder(None, "bad", b"x"),)))
    assert await count() == 2
    await orders.disconnect(connection(), LONG_AGO)
    assert await count() == 3
    while await orders.erase():
        pass
    assert await count() == 0


@pytest.mark.parametrize("as_json", [False, True])
async def test_an_operator_sees_what_is_kept_due_and_erased(
    orders: OrdersService, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """By marketplace, as a table or for programs; ids and names are in neither."""
    database_url = orders.engine.url.render_as_string(hide_password=False)
    settings = MigrationSettings(database_url=SecretStr(database_url))
    await erased(orders)
    await orders.receive(page(delivered(2), order(3, deliver_by=NEVER), order(4, deliver_by=None)))
    told = {"marketplace": "amazon", "kept": 3, "no_end_known": 1, "due_within_a_week": 1, "due": 1, "erased": 1}
    capsys.readouterr()
    assert await operator.run(Namespace(command="erasures", json=as_json), settings) == 0
    printed = capsys.readouterr().out
    if as_json:
        assert json.loads(printed) == [told]
    else:
        header, row = printed.splitlines()
        assert (header.split(), row.split()) == (list(told), [str(value) for value in told.values()])
