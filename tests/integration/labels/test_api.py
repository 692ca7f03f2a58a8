"""API and pages as a seller's browser and programs meet them, on a real PostgreSQL."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.kernel.errors import Refused, Unavailable
from tests.integration.labels.browsers import BASE, client, listed
from tests.integration.labels.conftest import CHANNEL, Labels
from tests.integration.labels.fakes import RECIPIENT

CARRIER: dict[str, Any] = {
    "carrier_name": "Test Express",
    "sender": {"name": "Shop", "lines": ["1 rue"], "postal_code": "75001", "city": "Paris", "country": "FR"},
    "gs1_prefix": "9521234",
    "extension": 0,
    "serial_first": 1,
    "serial_last": 999_999_999,
    "tracking_url_template": "https://tracking.example/{tracking_number}",
}


async def test_a_label_is_asked_for_by_the_api_and_followed_in_the_list(
    labels: Labels, ours: httpx.AsyncClient
) -> None:
    """Planned, asked for, made, told; each list item says what may be done now."""
    await labels.mode(automatic=False)
    order = await labels.order()
    (item,) = await listed(ours, f"?order_id={order.order_id}")
    assert (item["state"], item["reason"], item["actions"]) == ("planned", "channel_manual", ["label"])
    answer = await ours.post(f"{BASE}/shipments/{item['id']}/label")
    assert (answer.status_code, answer.json()["state"]) == (202, "label_pending")
    await labels.settle_everything()
    (done,) = await listed(ours, "?state=confirmed")
    assert (done["write_back"], done["tracking_number"], done["actions"]) == ("confirmed", "095212340000000013", [])
    assert done["confirmed_at"] is not None
    assert await listed(ours, "?state=planned") == []


async def test_fewer_units_and_a_weight_by_the_api(labels: Labels, ours: httpx.AsyncClient) -> None:
    """The rest is another item; a SKU without weight is no obstacle where the parcel's is given."""
    await labels.mode(automatic=False)
    order = await labels.order(units=3)
    await labels.reserve(order, weight_grams=None)
    (item,) = await listed(ours)
    refused = await ours.post(f"{BASE}/shipments/{item['id']}/label")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:passerelle:problem:weight-missing")
    assert refused.json()["detail"] == "SKU-1"
    for wrong in ({str(order.lines[0].line_id): 4}, {str(uuid4()): 1}, {str(order.lines[0].line_id): 0}):
        refused = await ours.post(f"{BASE}/shipments/{item['id']}/label", json={"units": wrong, "weight_grams": 900})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "units")
    body = {"units": {str(order.lines[0].line_id): 1}, "weight_grams": 900}
    answer = await ours.post(f"{BASE}/shipments/{item['id']}/label", json=body)
    assert (answer.json()["weight_grams"], answer.json()["lines"][0]["quantity"]) == (900, 1)
    assert sorted(one["lines"][0]["quantity"] for one in await listed(ours)) == [1, 2]


async def test_lists_come_in_pieces_newest_first(labels: Labels, ours: httpx.AsyncClient) -> None:
    """Every item once, the last piece says so."""
    made = [(await labels.order()).order_id for _ in range(5)]
    seen, cursor = [], ""
    while True:
        answer = (await ours.get(f"{BASE}/shipments?limit=2{cursor}")).json()
        seen += [UUID(item["order_id"]) for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert seen == made[::-1]


async def test_the_label_is_a_pdf_of_its_own_organisation_only(
    labels: Labels, ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    """API and page; never kept by a browser; 404 for others; a changed recipient is refused, orders away is a 503."""
    await labels.order()
    await labels.settle_everything()
    (item,) = await listed(ours)
    for path in (f"{BASE}/shipments/{item['id']}/label.pdf", f"/shipments/{item['id']}/label.pdf"):
        answer = await ours.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content.startswith(b"%PDF")
        assert (await theirs.get(path)).status_code == 404
    labels.recipients.digest = "digest-2"
    changed = await ours.get(f"{BASE}/shipments/{item['id']}/label.pdf")
    assert (changed.status_code, changed.json()["type"]) == (409, "urn:passerelle:problem:recipient-changed")
    labels.recipients.fails = Unavailable()
    assert (await ours.get(f"{BASE}/shipments/{item['id']}/label.pdf")).status_code == 503


async def test_a_label_is_shown_on_its_page_only_where_asked_for(labels: Labels, ours: httpx.AsyncClient) -> None:
    """It names the recipient, and reading that is written down; only pages of ours may frame it, and only then."""
    await labels.order()
    await labels.settle_everything()
    (item,) = await listed(ours)
    address = f"/shipments/{item['id']}"
    plain, asked = await ours.get(address), await ours.get(f"{address}?preview=true")
    assert ["<iframe" in page.text for page in (plain, asked)] == [False, True]
    policies = [page.headers["content-security-policy"] for page in (plain, asked)]
    assert ["frame-src 'self'" in policy for policy in policies] == [False, True]
    assert all("frame-ancestors 'none'" in policy for policy in policies)
    label = (await ours.get(f"{address}/label.pdf")).headers
    assert "frame-ancestors 'self'" in label["content-security-policy"]
    assert label["x-frame-options"] == "SAMEORIGIN"


async def test_a_viewer_sees_no_label_and_nothing_to_press(labels: Labels, app: Any, ours: httpx.AsyncClient) -> None:
    """
    Neither before the label is made nor after; whose address it has is told to shippers only. Seen red with the page's
    conditions left out.
    """
    await labels.mode(automatic=False)
    await labels.order()
    (item,) = await listed(ours)
    page = f"/shipments/{item['id']}"
    async with client(app, "viewer") as viewer:
        assert (await viewer.get(page)).text.count("<form") == 1  # to sign out
        await ours.post(f"{page}/label", data={"csrf_token": "genuine"})
        await labels.settle_everything()
        assert "label.pdf" in (await ours.get(page)).text
        assert "label.pdf" not in (await viewer.get(page)).text
        for path in (f"{page}/label.pdf", f"{BASE}{page}/label.pdf", "/shipments/settings"):
            assert (await viewer.get(path)).status_code == 403
        assert 'href="/shipments/settings"' not in (await viewer.get("/shipments")).text


async def test_foreign_ids_are_404_on_every_route(
    labels: Labels, ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    """As if they did not exist, before anything else is judged."""
    await labels.order()
    await labels.settle_everything()
    (item,) = await listed(ours)
    api, page = f"{BASE}/shipments/{item['id']}", f"/shipments/{item['id']}"
    form = {"csrf_token": "genuine"}
    answers = [
        await theirs.get(api),
        await theirs.get(page),
        *[await theirs.post(f"{api}/{verb}", json={}) for verb in ("label", "void", "retry")],
        *[await theirs.post(f"{page}/{verb}", data=form) for verb in ("label", "void", "retry")],
        await theirs.put(f"{BASE}/channels/{labels.connection_id}/{CHANNEL}", json={}),
        await theirs.get(f"{BASE}/carrier"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert await listed(theirs) == []


async def test_void_by_the_api(labels: Labels, ours: httpx.AsyncClient) -> None:
    """Before the marketplace heard of it: voided, and what is left waits for a person. After: refused."""
    await labels.order()
    await labels.make_labels()
    (item,) = await listed(ours)
    assert item["actions"] == ["void"]
    answer = await ours.post(f"{BASE}/shipments/{item['id']}/void")
    assert (answer.status_code, answer.json()["state"], answer.json()["write_back"]) == (200, "voided", None)
    assert {one["reason"] for one in await listed(ours)} == {"voided_by_person", "label_voided"}
    again = await ours.post(f"{BASE}/shipments/{item['id']}/void")
    assert again.json()["type"] == "urn:passerelle:problem:no-label"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"gs1_prefix": "12"}, "gs1_prefix"),
        ({"extension": 10}, "extension"),
        ({"serial_last": 10**9}, ""),
        ({"serial_first": 5, "serial_last": 4}, ""),
        ({"tracking_url_template": "https://tracking.example/"}, "tracking_url_template"),
        ({"tracking_url_template": "javascript:{tracking_number}"}, "tracking_url_template"),
        ({"sender": CARRIER["sender"] | {"country": "France"}}, "sender.country"),
        ({"sender": CARRIER["sender"] | {"lines": []}}, "sender.lines"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_wrong_settings_name_their_field(ours: httpx.AsyncClient, change: dict[str, Any], field: str) -> None:
    """Nothing is saved, nothing that was sent is repeated."""
    answer = await ours.put(f"{BASE}/carrier", json=CARRIER | change)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]


async def test_settings_are_read_as_they_were_written(ours: httpx.AsyncClient) -> None:
    """PUT, then GET."""
    assert (await ours.put(f"{BASE}/carrier", json=CARRIER)).status_code == 200
    assert (await ours.get(f"{BASE}/carrier")).json() == CARRIER


async def test_channels_and_their_modes(labels: Labels, ours: httpx.AsyncClient) -> None:
    """Listed, switched; an unknown one is 404, an unknown mode 422."""
    path = f"{BASE}/channels/{labels.connection_id}/{CHANNEL}"
    assert (await ours.put(path, json={"mode": "manual"})).json()["mode"] == "manual"
    assert [one["mode"] for one in (await ours.get(f"{BASE}/channels")).json()["items"]] == ["manual"]
    assert (await ours.put(f"{BASE}/channels/{uuid4()}/{CHANNEL}", json={"mode": "manual"})).status_code == 404
    assert (await ours.put(path, json={"mode": "never"})).status_code == 422


async def test_without_a_session_nobody_comes_in(app: Any) -> None:
    """API: 401; pages: to the sign-in; a session without its CSRF token changes nothing."""
    async with client(app, None) as nobody:
        assert (await nobody.get(f"{BASE}/shipments")).status_code == 401
        assert (await nobody.get("/shipments")).headers["location"].startswith("/signin")
    async with client(app, "ours") as forged:
        assert (await forged.put(f"{BASE}/carrier", json=CARRIER, headers={"X-CSRF-Token": "x"})).status_code == 403
        assert (await forged.post("/shipments/settings/carrier", data={"csrf_token": "x"})).status_code == 403


async def test_the_pages_say_why_a_parcel_waits_and_what_can_be_done(labels: Labels, ours: httpx.AsyncClient) -> None:
    """In both languages; the order's page posts here and gets its reader back; what is impossible is said."""
    assert "No shipments yet" in (await ours.get("/shipments")).text
    await labels.mode(automatic=False)
    order = await labels.order(units=3)
    (item,) = await listed(ours)
    page = f"/shipments/{item['id']}"
    assert "create the label when the parcel is ready" in (await ours.get(page)).text
    assert "Créer l’étiquette" in (await ours.get(f"{page}?language=fr")).text
    ours.cookies.delete("passerelle_language")
    assert order.marketplace_order_id in (await ours.get("/shipments")).text
    line = f"units.{order.lines[0].line_id}"
    wrong = await ours.post(f"{page}/label", data={"csrf_token": "genuine", line: "a"})
    assert (wrong.status_code, "whole numbers" in wrong.text) == (422, True)
    many = await ours.post(f"{page}/label", data={"csrf_token": "genuine", line: "4"})
    assert (many.status_code, "no more units" in many.text) == (409, True)
    back = f"/orders/{order.order_id}"
    done = await ours.post(f"{page}/label", data={"csrf_token": "genuine", "next": back})
    assert (done.status_code, done.headers["location"]) == (303, back)
    await labels.settle_everything()
    after = (await ours.get(page)).text
    assert "095212340000000013" in after
    assert "Void the label" not in after
    away = await ours.post(f"{page}/void", data={"csrf_token": "genuine", "next": "https://elsewhere.example"})
    assert (away.status_code, "cannot be voided" in away.text) == (409, True)
    assert str(RECIPIENT.name) not in after


async def test_the_settings_page_saves_and_says_what_is_wrong(labels: Labels, ours: httpx.AsyncClient) -> None:
    """What was typed stays in the form, each sentence beside its field."""
    page = (await ours.get("/shipments/settings")).text
    assert "Test Shop" in page
    assert "Amazon.fr" in page
    form = {"csrf_token": "genuine", "name": "New shop", "lines": "2 rue", "city": "Lyon", "country": "fr"}
    wrong = await ours.post("/shipments/settings/carrier", data=form)
    assert wrong.status_code == 422
    for said in ("New shop", "two capital letters", "6 to 12 digits"):
        assert said in wrong.text
    flat = {name: str(value) for name, value in CARRIER.items() if name != "sender"}
    saved = await ours.post("/shipments/settings/carrier", data=form | flat | {"country": "FR"})
    assert saved.headers["location"] == "/shipments/settings?saved=1"
    assert "Saved." in (await ours.get(saved.headers["location"])).text
    switch = {"connection_id": str(labels.connection_id), "channel_id": CHANNEL, "mode": "manual"}
    assert (await ours.post("/shipments/settings/channels", data=form | switch)).status_code == 303
    assert (
        await ours.post("/shipments/settings/channels", data=form | switch | {"channel_id": "x"})
    ).status_code == 404


async def test_the_openapi_document_names_every_route(ours: httpx.AsyncClient) -> None:
    """Complete, and without examples of anybody's data."""
    document = (await ours.get(f"{BASE}/openapi.json")).json()
    wanted = {"/shipments", "/shipments/{shipment_id}/label", "/carrier", "/channels/{connection_id}/{channel_id}"}
    assert {BASE + path for path in wanted} <= set(document["paths"])
    assert "example" not in json.dumps(document["components"])


async def test_void_and_retry_say_what_they_do_before_they_do_it(
    labels: Labels, ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    """A page of their own asks once more; where it is no longer possible the page says that; 404 for others."""
    order = await labels.order()
    await labels.make_labels()
    (item,) = await listed(ours)
    page = f"/shipments/{item['id']}"
    assert f'href="{page}/void"' in (await ours.get(page)).text
    asked = (await ours.get(f"{page}/void")).text
    assert "Destroy the printed label" in asked
    assert "Leave it as it is" in asked
    assert (await labels.shipment(order.order_id)).has_label
    assert "not possible now" in (await ours.get(f"{page}/retry")).text
    labels.tracking.outcomes.append(Refused("No such carrier."))
    await labels.tell()
    assert "words the message anew" in (await ours.get(f"{page}/retry")).text
    assert "reformule le message" in (await ours.get(f"{page}/retry?language=fr")).text
    for verb in ("void", "retry"):
        assert (await theirs.get(f"{page}/{verb}")).status_code == 404
