"""A channel whose marketplace is told when the carrier gets the parcel: by the API, on pages, in time, and once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.labels.domain.hand_over import HOURS_BEFORE_SHIP_BY
from services.labels.domain.shipment import Told
from services.labels.usecases.act import hand_over, undo_hand_over
from services.labels.usecases.write_back import write_back_due
from shared.events.orders import OrderStateV1
from tests.integration.labels.browsers import BASE, client, listed
from tests.integration.labels.conftest import Labels
from tests.integration.labels.dying import die_at


@pytest.fixture(autouse=True)
async def _told_at_the_hand_over(labels: Labels) -> None:
    await labels.mode(at_hand_over=True)


async def labelled(labels: Labels, **changes: Any) -> OrderStateV1:
    """An order whose label is made; its ship-by is tomorrow."""
    order = await labels.order(**{"ship_by": labels.clock.now() + timedelta(days=1)} | changes)
    await labels.settle_everything()
    return order


async def id_of(labels: Labels, order: OrderStateV1) -> UUID:
    return (await labels.shipment(order.order_id)).shipment_id


async def handed_over(labels: Labels, order: OrderStateV1) -> None:
    await labels.act(hand_over, await id_of(labels, order), labels.person)


async def test_a_label_tells_nobody_and_the_hand_over_does(labels: Labels) -> None:
    """Once, with the time of the hand-over, after the moment in which it can be undone."""
    order = await labelled(labels)
    told = await labels.told(order.order_id)
    assert (told.state, told.attempt, labels.tracking.sent) == (Told.TO_HAND_OVER, 0, [])
    assert told.due_at == order.ship_by - timedelta(hours=HOURS_BEFORE_SHIP_BY)  # type: ignore[operator]
    await handed_over(labels, order)
    await handed_over(labels, order)
    assert not await labels.tell()
    await labels.make_due()
    await labels.settle_everything()
    shipment = await labels.shipment(order.order_id)
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED
    assert len(labels.tracking.sent) == 1
    (words,) = labels.tracking.parcels
    assert (words.shipped_at, shipment.handed_over_by) == (shipment.handed_over_at, labels.person)
    kinds = [
        event.type.removeprefix("labels.shipment.").removesuffix(".v1") for event in await labels.events(order.order_id)
    ]
    assert kinds[-4:] == ["label_created", "handed_over", "tracking_sent", "tracking_confirmed"]


async def test_what_nobody_hands_over_is_told_before_ship_by(labels: Labels) -> None:
    """Its time comes: told once, as leaving now; afterwards there is nothing to hand over."""
    order = await labelled(labels)
    assert not await labels.tell()
    await labels.make_due()
    before = labels.clock.now()
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED
    (words,) = labels.tracking.parcels
    assert before <= words.shipped_at <= labels.clock.now()
    assert (await labels.shipment(order.order_id)).handed_over_at is None


async def test_without_ship_by_only_the_hand_over_counts(labels: Labels) -> None:
    """It waits, however long, and is in the list."""
    order = await labelled(labels, ship_by=None)
    await labels.make_due()
    assert not await labels.tell()
    assert await labels.views.count_to_hand_over(labels.organisation_id) == 1
    await handed_over(labels, order)
    await labels.make_due()
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


async def test_an_undone_hand_over_waits_again(labels: Labels) -> None:
    """Also where the teller had seen it due already."""
    order = await labelled(labels)
    shipment_id = await id_of(labels, order)
    await handed_over(labels, order)
    await labels.make_due()
    reads = labels.claims.lease("write_back")
    async with reads as lease:
        assert lease is not None
        real = lease.read

        async def read_then_undone(work: Any) -> Any:
            found = await real(work)
            await labels.act(undo_hand_over, shipment_id)
            return found

        lease.read = read_then_undone  # type: ignore[method-assign]
        await write_back_due(lease, tools=labels.telling)
    assert labels.tracking.sent == []
    told, parcel = await labels.told(order.order_id), await labels.shipment(order.order_id)
    assert (told.state, told.due_at) == (
        Told.TO_HAND_OVER, order.ship_by - timedelta(hours=HOURS_BEFORE_SHIP_BY)  # type: ignore[operator]
    )  # fmt: skip
    assert (parcel.handed_over_at, parcel.handed_over_by) == (None, None)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("hands", [False, True])
async def test_it_is_told_once_wherever_its_teller_dies(labels: Labels, *, hands: bool, after: bool) -> None:
    """Handed over or come due by its ship-by; killed before or after every step."""
    for at in range(1, 8):
        order = await labelled(labels)
        if hands:
            await handed_over(labels, order)
        await labels.make_due()
        await die_at(labels, "write_back", at, after=after)
        await labels.make_due()
        await labels.settle_everything()
        assert (await labels.told(order.order_id)).state is Told.CONFIRMED
        assert len(labels.tracking.packages[order.marketplace_order_id]) == 1


async def test_a_switch_goes_for_every_parcel_that_was_not_told(labels: Labels) -> None:
    """Waiting ones are told with the switch back; owed ones wait with the switch."""
    order, done = await labelled(labels), await labelled(labels)
    await handed_over(labels, done)
    await labels.make_due()
    await labels.mode(at_hand_over=False)
    await labels.settle_everything()
    for each in (order, done):
        assert (await labels.told(each.order_id)).state is Told.CONFIRMED
    assert (await labels.shipment(order.order_id)).handed_over_at is None
    owed = await labels.order(ship_by=None)
    await labels.make_labels()
    assert (await labels.told(owed.order_id)).state is Told.OWED
    await labels.mode(at_hand_over=True)
    await labels.settle_everything()
    assert (await labels.told(owed.order_id)).state is Told.TO_HAND_OVER
    assert [mode.automatic for mode in await labels.views.channels(labels.organisation_id)] == [True]


async def test_news_of_the_order_move_or_end_the_waiting(labels: Labels) -> None:
    """Another ship-by is another time; a cancelled order voids the label; a changed one shows it to a person."""
    moved, cancelled, changed = [await labelled(labels) for _ in range(3)]
    later = labels.clock.now() + timedelta(days=5)
    await labels.reserve(await labels.change(moved, ship_by=later))
    assert (await labels.told(moved.order_id)).due_at == later - timedelta(hours=HOURS_BEFORE_SHIP_BY)
    none = cancelled.lines[0].model_copy(update={"cancelled": 2, "decision": "not_ours", "code": "cancelled"})
    await labels.change(cancelled, status="cancelled", lines=(none,))
    assert (await labels.told(cancelled.order_id)).state is Told.RELEASED
    await labels.change(changed, recipient_digest="digest-2")
    first = next(one for one in await labels.shipments(changed.order_id) if one.label_created_at)
    assert (first.state.value, first.write_back and first.write_back.state) == ("outdated", Told.RELEASED)
    assert await labels.views.count_to_hand_over(labels.organisation_id) == 1


async def test_the_api_hands_over_one_and_undoes_it(
    labels: Labels, ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    """Idempotent both ways; 409 once it is told; a stranger's is not found."""
    order = await labelled(labels)
    (item,) = await listed(ours, "?state=to_hand_over")
    assert (item["write_back"], item["actions"]) == ("to_hand_over", ["hand_over", "void"])
    assert datetime.fromisoformat(item["tell_by"]) == (await labels.told(order.order_id)).due_at
    path = f"{BASE}/shipments/{item['id']}"
    for verb in ("hand-over", "undo-hand-over"):
        assert (await theirs.post(f"{path}/{verb}")).status_code == 404
    handed = [(await ours.post(f"{path}/hand-over")).json() for _ in range(2)]
    assert handed[0] == handed[1]
    assert (handed[0]["write_back"], handed[0]["tell_by"]) == ("owed", None)
    assert handed[0]["handed_over_by"] is not None
    undone = [(await ours.post(f"{path}/undo-hand-over")).json() for _ in range(2)]
    assert [(one["write_back"], one["handed_over_at"]) for one in undone] == [("to_hand_over", None)] * 2
    await ours.post(f"{path}/hand-over")
    await labels.make_due()
    await labels.settle_everything()
    refused = await ours.post(f"{path}/undo-hand-over")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:passerelle:problem:hand-over-told")
    assert (await ours.post(f"{path}/hand-over")).status_code == 200


async def test_the_api_hands_over_many(labels: Labels, ours: httpx.AsyncClient, theirs: httpx.AsyncClient) -> None:
    """Each says what became of it, in the order named; 500 at most."""
    good, before = await id_of(labels, await labelled(labels)), await id_of(labels, await labelled(labels))
    await labels.mode(automatic=False)
    planned, missing = await id_of(labels, await labelled(labels)), uuid4()
    await ours.post(f"{BASE}/shipments/{before}/hand-over")
    named = {"shipment_ids": [str(one) for one in (good, before, planned, missing, good)]}
    strange = (await theirs.post(f"{BASE}/hand-overs", json=named)).json()["items"]
    assert {item["outcome"] for item in strange} == {"not_found"}
    found = (await ours.post(f"{BASE}/hand-overs", json=named)).json()["items"]
    assert [(item["shipment_id"], item["outcome"]) for item in found] == [
        (str(good), "handed_over"), (str(before), "already"), (str(planned), "not_possible"),
        (str(missing), "not_found"),
    ]  # fmt: skip
    assert "does not wait to be handed over" in found[2]["sentence"]
    too_many = {"shipment_ids": [str(uuid4()) for _ in range(501)]}
    assert (await ours.post(f"{BASE}/hand-overs", json=too_many)).status_code == 422


async def test_two_who_hand_over_the_same_parcels_do_it_once(labels: Labels, ours: httpx.AsyncClient) -> None:
    """At the same moment, named the other way round."""
    ids = [str(await id_of(labels, await labelled(labels))) for _ in range(5)]
    answers = await asyncio.gather(
        *(ours.post(f"{BASE}/hand-overs", json={"shipment_ids": named}) for named in (ids, ids[::-1]))
    )
    outcomes = sorted(item["outcome"] for answer in answers for item in answer.json()["items"])
    assert outcomes == ["already"] * 5 + ["handed_over"] * 5
    await labels.make_due()
    await labels.settle_everything()
    assert len(labels.tracking.sent) == 5


async def test_the_channel_says_when_its_marketplace_is_told(labels: Labels, ours: httpx.AsyncClient) -> None:
    """What is left out of a change stays; one that says nothing is refused; the page's buttons do the same."""
    (channel,) = (await ours.get(f"{BASE}/channels")).json()["items"]
    assert (channel["mode"], channel["told_at"]) == ("automatic", "hand_over")
    path = f"{BASE}/channels/{channel['connection_id']}/{channel['channel_id']}"
    assert (await ours.put(path, json={"told_at": "label"})).json() == channel | {"told_at": "label"}
    assert (await ours.put(path, json={"mode": "manual"})).json() == channel | {"told_at": "label", "mode": "manual"}
    assert (await ours.put(path, json={})).status_code == 422
    page = (await ours.get("/shipments/settings")).text
    assert ("Tell it at the hand-over" in page, f"{HOURS_BEFORE_SHIP_BY} hours before" in page) == (True, True)
    form = {"csrf_token": "genuine", "connection_id": channel["connection_id"], "channel_id": channel["channel_id"]}
    await ours.post("/shipments/settings/channels", data=form | {"told_at": "hand_over"})
    assert (await ours.get(f"{BASE}/channels")).json()["items"] == [channel | {"mode": "manual"}]


async def test_the_pages_hand_over_what_is_chosen(labels: Labels, ours: httpx.AsyncClient, app: Any) -> None:
    """From the list of those that wait, with their count; the parcel's page undoes it; a viewer may do neither."""
    assert "No parcel waits to be handed over" in (await ours.get("/shipments?state=to_hand_over")).text
    orders = [await labelled(labels) for _ in range(3)]
    ids = [str(await id_of(labels, order)) for order in orders]
    page = (await ours.get("/shipments?state=to_hand_over&tick=1")).text
    assert ('<span class="count">3</span>' in page, page.count(" checked")) == (True, 3)
    form: dict[str, Any] = {"csrf_token": "genuine"}
    async with client(app, "viewer") as viewer:
        assert 'name="shipment_id"' not in (await viewer.get("/shipments?state=to_hand_over")).text
        assert (await viewer.post("/shipments/hand-overs", data=form | {"shipment_id": ids})).status_code == 403
    answer = await ours.post("/shipments/hand-overs", data=form | {"shipment_id": [*ids[:2], str(uuid4()), "no id"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/shipments?state=to_hand_over&handed=2&left=1")
    after = (await ours.get(answer.headers["location"])).text
    assert ("Handed over: 2." in after, "Not handed over: 1." in after, ids[2] in after) == (True, True, True)
    undo = await ours.post(f"/shipments/{ids[0]}/undo-hand-over", data=form)
    assert undo.headers["location"] == f"/shipments/{ids[0]}"
    assert "Mark as handed over to the carrier" in (await ours.get(f"/shipments/{ids[0]}")).text
    await ours.post(f"/shipments/{ids[0]}/hand-over", data=form)
    assert "Undo the hand-over" in (await ours.get(f"/shipments/{ids[0]}")).text
    assert [one["id"] for one in await listed(ours, "?state=to_hand_over")] == [ids[2]]


@pytest.mark.parametrize(("count", "said"), [(0, "Choose at least one parcel."), (501, "Up to 500 parcels")])
async def test_a_form_with_none_or_too_many_says_so(ours: httpx.AsyncClient, count: int, said: str) -> None:
    """Nothing is handed over."""
    form = {"csrf_token": "genuine", "shipment_id": [str(uuid4()) for _ in range(count)]}
    answer = await ours.post("/shipments/hand-overs", data=form)
    assert (answer.status_code, said in answer.text) == (422, True)


async def test_a_batch_is_handed_over_as_one(labels: Labels, ours: httpx.AsyncClient) -> None:
    """Labels asked for together leave together: its page names those that wait."""
    await labels.mode(automatic=False)
    orders = [await labels.order() for _ in range(3)]
    named = {"order_ids": [str(order.order_id) for order in orders]}
    batch = (await ours.post(f"{BASE}/batches", json=named)).json()
    address = f"/shipments/batches/{batch['id']}"
    assert "handed over" not in (await ours.get(address)).text
    await labels.settle_everything()
    await handed_over(labels, orders[0])
    page = (await ours.get(address)).text
    waiting = {str(await id_of(labels, order)) for order in orders[1:]}
    assert "Mark all as handed over to the carrier (2)" in page
    assert {part.split('"')[0] for part in page.split('name="shipment_id" value="')[1:]} == waiting


async def test_where_the_label_tells_nothing_is_asked_for(labels: Labels, ours: httpx.AsyncClient) -> None:
    """No tab, no boxes, no button."""
    await labels.mode(at_hand_over=False)
    order = await labelled(labels)
    page = (await ours.get("/shipments")).text + (await ours.get(f"/shipments/{await id_of(labels, order)}")).text
    assert "and over" not in page.replace(">to be handed over<", "")
    answer = await ours.post(f"{BASE}/shipments/{await id_of(labels, order)}/hand-over")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:passerelle:problem:not-to-hand-over")
