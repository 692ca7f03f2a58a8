"""Answering as sellers and programs meet it: a step before, the API with its own scope, who may and who may not."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.kernel.errors import Refused
from shared.kernel.ids import OrderId
from tests.integration.orders.browsers import BASE, HTML, USER, client, received
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import CONNECTION_ID, order, waiting
from tests.unit.orders.events import reservation

GENUINE = {"csrf_token": "genuine"}


async def test_the_orders_page_leads_over_a_step_that_says_what_will_happen(
    orders: OrdersService, ours: httpx.AsyncClient
) -> None:
    """Refusing says plainly that it cancels the sale and may hurt the rating; nothing is owed before the form."""
    event = await received(orders)
    path = f"/orders/{event.order_id}"
    text = (await ours.get(path, headers=HTML)).text
    assert "The marketplace waits for your answer: accept or refuse the order." in text
    for answer, sentence in (("accept", "cannot be taken back"), ("refuse", "Refusing cancels the sale")):
        assert f"{path}/acceptance?answer={answer}" in text
        step = (await ours.get(f"{path}/acceptance?answer={answer}", headers=HTML)).text
        assert sentence in step
        assert "rating" in step
    french = (await ours.get(f"{path}/acceptance?answer=refuse&language=fr", headers=HTML)).text
    assert "Refuser annule la vente" in french
    assert "note de vendeur" in french
    assert await orders.rows("acceptance") == []
    done = await ours.post(f"{path}/acceptance", data=GENUINE | {"answer": "refuse"}, headers=HTML)
    assert (done.status_code, done.headers["location"]) == (303, path)
    row = await orders.one("acceptance")
    assert (row.accept, row.asked_by_user) == (False, USER)
    again = (await ours.get(f"{path}?language=en", headers=HTML)).text
    assert "Your answer is about to be sent" in again
    assert "answer=accept" in again, "it may still change"


async def test_a_page_never_offers_what_is_not_possible(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """After it was sent there is nothing to choose; a late form is told so, and changes nothing."""
    event = await received(orders)
    path = f"/orders/{event.order_id}"
    await orders.answer(OrderId(event.order_id), accept=True)
    await orders.send_answers()
    assert "/acceptance?answer=" not in (await ours.get(path, headers=HTML)).text
    late = await ours.post(f"{path}/acceptance", data=GENUINE | {"answer": "refuse"}, headers=HTML)
    assert late.status_code == 409
    assert "Another answer was sent" in late.text
    assert (await orders.one("acceptance")).accept is True
    for wrong in ({"answer": "perhaps"}, {}):
        assert (await ours.post(f"{path}/acceptance", data=GENUINE | wrong, headers=HTML)).status_code == 404
    assert (await ours.get(f"{path}/acceptance?answer=perhaps", headers=HTML)).status_code == 404
    forged = await ours.post(f"{path}/acceptance", data={"csrf_token": "forged", "answer": "accept"}, headers=HTML)
    assert forged.status_code == 403


async def test_a_refused_answer_is_shown_and_can_be_given_again(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """In both languages, with the choice below."""
    event = await received(orders)
    await orders.answer(OrderId(event.order_id), accept=True)
    orders.acceptance.errors = [Refused("holiday")]
    await orders.send_answers()
    text = (await ours.get(f"/orders/{event.order_id}?language=fr", headers=HTML)).text
    assert "La place de marché n’a pas accepté votre réponse." in text
    assert "answer=accept" in text
    answer = (await ours.get(f"{BASE}/orders/{event.order_id}")).json()
    assert (answer["acceptance"]["state"], answer["acceptance"]["detail"]) == ("refused", "holiday")
    first = answer["waits_for"][0]
    assert (first["code"], first["person"]) == ("acceptance.refused", True)


async def test_a_program_needs_its_scope_to_answer(orders: OrdersService, app: Any) -> None:
    """Reading orders is not enough; the timeline names the program; a second word comes too late."""
    event = await received(orders)
    path = f"{BASE}/orders/{event.order_id}/acceptance"
    async with client(app, token="program") as reader:
        assert (await reader.post(path, json={"accept": True})).status_code == 403
        assert (
            await reader.put(f"{BASE}/acceptance-modes/{CONNECTION_ID}", json={"mode": "by_hand"})
        ).status_code == 403
    async with client(app, token="writer") as writer:
        answer = await writer.post(path, json={"accept": True})
        assert (answer.status_code, answer.json()["state"]) == (202, "owed")
        await orders.send_answers()
        late = await writer.post(path, json={"accept": False})
        assert (late.status_code, late.json()["type"]) == (409, "urn:passerelle:problem:other-answer-sent")
        for wrong in ({}, {"accept": True, "reason": "x"}, {"accept": "perhaps"}):
            assert (await writer.post(path, json=wrong)).status_code == 422
    (row,) = [row for row in await orders.rows("timeline") if row.code == "acceptance.accept_by_program"]
    assert row.facts == {"client": "oms"}


async def test_strangers_answer_nothing(orders: OrdersService, theirs: httpx.AsyncClient) -> None:
    """Another organisation's orders and connections are not there."""
    event = await received(orders)
    token = {"x-csrf-token": "genuine"}
    for order_id in (event.order_id, uuid4()):
        path = f"{BASE}/orders/{order_id}/acceptance"
        assert (await theirs.post(path, json={"accept": True}, headers=token)).status_code == 404
        page = f"/orders/{order_id}/acceptance"
        assert (await theirs.get(f"{page}?answer=accept", headers=HTML)).status_code == 404
        assert (await theirs.post(page, data=GENUINE | {"answer": "accept"}, headers=HTML)).status_code == 404
    mode = f"{BASE}/acceptance-modes/{CONNECTION_ID}"
    assert (await theirs.put(mode, json={"mode": "automatic"}, headers=token)).status_code == 404
    form = GENUINE | {"connection_id": str(CONNECTION_ID), "mode": "automatic"}
    assert (await theirs.post("/orders/settings/acceptance", data=form, headers=HTML)).status_code == 404
    assert (await theirs.get(f"{BASE}/acceptance-modes")).json()["items"] == []
    assert await orders.rows("acceptance") == await orders.rows("acceptance_mode") == []


async def test_who_accepts_is_chosen_per_connection(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """By hand until somebody chooses, by page or API; what an order waits for then says so."""
    assert "No connection has orders to accept" in (await ours.get("/orders/settings", headers=HTML)).text
    event = await received(orders)
    assert (await ours.get(f"{BASE}/acceptance-modes")).json()["items"][0]["mode"] == "by_hand"
    form = GENUINE | {"connection_id": str(CONNECTION_ID), "mode": "automatic"}
    saved = await ours.post("/orders/settings/acceptance", data=form, headers=HTML)
    assert (saved.status_code, saved.headers["location"]) == (303, "/orders/settings?saved=1")
    for language, word in (("en", "automatically"), ("fr", "automatiquement")):
        text = (await ours.get(f"/orders/settings?saved=1&language={language}", headers=HTML)).text
        assert word in text
    found = (await ours.get(f"{BASE}/orders/{event.order_id}")).json()
    assert found["waits_for"][0]["code"] == "acceptance.waits_reservation"
    await orders.apply(reservation(event, short=1))
    found = (await ours.get(f"{BASE}/orders/{event.order_id}")).json()
    assert found["waits_for"][0]["code"] == "acceptance.short"
    mode = f"{BASE}/acceptance-modes/{CONNECTION_ID}"
    answer = await ours.put(mode, json={"mode": "by_hand"}, headers={"x-csrf-token": "genuine"})
    assert answer.json()["mode"] == "by_hand"
    assert (await ours.post("/orders/settings/acceptance", data=form | {"connection_id": "x"})).status_code == 404


@pytest.mark.parametrize("told", [waiting(), order()])
async def test_a_marketplace_that_takes_no_answers_is_answered_in_its_portal(
    orders: OrdersService, ours: httpx.AsyncClient, app: Any, told: Any
) -> None:
    """The page says so, offers nothing, and the API refuses."""
    app.state.orders = replace(orders.parts, answering=frozenset())
    event = await received(orders, told)
    text = (await ours.get(f"/orders/{event.order_id}", headers=HTML)).text
    assert "/acceptance?answer=" not in text
    assert ("give it in its own portal" in text) is (told.status == "waiting_acceptance")
    path = f"{BASE}/orders/{event.order_id}/acceptance"
    assert (await ours.post(path, json={"accept": True}, headers={"x-csrf-token": "genuine"})).status_code == 409
    assert "No connection has orders to accept" in (await ours.get("/orders/settings", headers=HTML)).text
