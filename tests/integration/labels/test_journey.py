"""From planned to confirmed on a real database, and what is published on the way."""

import asyncio
from uuid import UUID

import pytest

from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.shipment import State, Told
from services.labels.usecases.act import retry, void_label
from shared.events.orders import PackageV1
from shared.kernel.errors import AlreadyDone, OutcomeUnknown, Refused, Throttled, Unavailable
from shared.marketplaces.models import MarketplacePackage
from tests.integration.labels.conftest import Labels


async def test_an_order_goes_from_planned_to_confirmed(labels: Labels) -> None:
    """One label, one write, read back; four events, numbered without a gap."""
    order = await labels.order()
    await labels.settle_everything()
    shipment, told = await labels.shipment(order.order_id), await labels.told(order.order_id)
    assert (shipment.state, told.state) == (State.LABEL_CREATED, Told.CONFIRMED)
    assert shipment.tracking_number == "095212340000000013"
    assert shipment.tracking_url == "https://track.example/095212340000000013"
    assert len(labels.tracking.sent) == 1
    events = await labels.events(order.order_id)
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert [event.type.rsplit(".", 2)[1] for event in events] == [
        "planned",
        "label_created",
        "tracking_sent",
        "tracking_confirmed",
    ]


async def test_the_reservation_may_come_first(labels: Labels) -> None:
    """Topics have no order between them: both halves are kept and meet."""
    order = await labels.order()
    later = order.model_copy(update={"order_id": UUID(int=7)})
    await labels.reserve(later)
    assert (await labels.fulfilment(later.order_id)).shipments == ()
    await labels.news(later)
    assert (await labels.shipment(later.order_id)).state is State.LABEL_PENDING


async def test_switching_to_automatic_takes_up_what_waits(labels: Labels) -> None:
    """Planned by hand before; made by itself after the switch."""
    await labels.mode(automatic=False)
    orders = [await labels.order() for _ in range(3)]
    await labels.settle_everything()
    assert {(await labels.shipment(one.order_id)).reason for one in orders} == {"channel_manual"}
    await labels.mode(automatic=True)
    await labels.settle_everything()
    assert {(await labels.told(one.order_id)).state for one in orders} == {Told.CONFIRMED}


async def test_settings_release_what_waited_for_them(labels: Labels) -> None:
    """Numbers used up: held with no number drawn; a wider range lets it go, from where it stopped."""
    await labels.set_up(serial_last=1)
    first, second = await labels.order(), await labels.order()
    await labels.settle_everything()
    shipments = [await labels.shipment(order.order_id) for order in (first, second)]
    assert sorted(shipment.reason or "" for shipment in shipments) == ["", "numbers_used_up"]
    assert sorted(shipment.number or "" for shipment in shipments) == ["", "095212340000000013"]
    await labels.set_up(serial_last=5)
    await labels.settle_everything()
    numbers = {(await labels.shipment(order.order_id)).number for order in (first, second)}
    assert numbers == {"095212340000000013", "095212340000000020"}


async def test_a_partial_shipment_leaves_the_rest_to_another_parcel(labels: Labels) -> None:
    """Three units in two parcels: two labels, two references, both confirmed, no unit twice."""
    await labels.mode(automatic=False)
    order = await labels.order(units=3)
    waiting = await labels.shipment(order.order_id)
    line = order.lines[0].line_id
    await labels.ask_label(waiting.shipment_id, Asked(labels.person, labels.clock.now(), units={line: 1}))
    await labels.settle_everything()
    rest = next(one for one in await labels.shipments(order.order_id) if one.state is State.PLANNED)
    assert rest.units(line) == 2
    await labels.ask_label(rest.shipment_id, Asked(labels.person, labels.clock.now()))
    await labels.settle_everything()
    shipments = await labels.shipments(order.order_id)
    assert [one.write_back.state for one in shipments if one.write_back] == [Told.CONFIRMED, Told.CONFIRMED]
    packages = labels.tracking.packages[order.marketplace_order_id].values()
    assert sorted(quantity for package in packages for _, quantity in package.lines) == [1, 2]


async def test_a_lost_answer_is_asked_again_under_the_same_reference(labels: Labels) -> None:
    """It had its effect: the same again is an edit of the same parcel, not a second one."""
    order = await labels.order()
    labels.tracking.outcomes.append(("lost", OutcomeUnknown()))
    await labels.make_labels()
    with pytest.raises(OutcomeUnknown):
        await labels.tell()
    assert (await labels.told(order.order_id)).state is Told.SENDING
    await labels.make_due()
    await labels.settle_everything()
    assert labels.tracking.sent[0] == labels.tracking.sent[1]
    assert len(labels.tracking.packages[order.marketplace_order_id]) == 1
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


async def test_a_dropped_acceptance_is_sent_again(labels: Labels) -> None:
    """204 without effect: found missing by reading back, sent again, confirmed."""
    order = await labels.order()
    labels.tracking.outcomes.append("dropped")
    await labels.settle_everything()
    assert len(labels.tracking.sent) == 2
    told = await labels.told(order.order_id)
    assert (told.state, told.repeats) == (Told.CONFIRMED, 1)


@pytest.mark.parametrize(("number", "state"), [(None, Told.CONFIRMED), ("ANOTHER", Told.SHIPPED_ELSEWHERE)])
async def test_already_done_is_judged_by_whose_number_is_there(labels: Labels, number: str | None, state: Told) -> None:
    """Ours: confirmed. Another's: shipped elsewhere, and nothing more is written."""
    order = await labels.order()
    await labels.make_labels()
    ours = (await labels.shipment(order.order_id)).tracking_number
    package = MarketplacePackage(None if number is None else "9", "X", number or ours, "SHIPPED", (("far-line", 2),))
    labels.tracking.packages[order.marketplace_order_id] = {"9": package}
    labels.tracking.outcomes.append(AlreadyDone())
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is state
    assert labels.tracking.sent == []


async def test_an_order_shipped_by_hand_after_the_label_is_not_written_over(labels: Labels) -> None:
    """The seller confirmed another number meanwhile: shipped elsewhere, seen at the intent, nothing is sent."""
    order = await labels.order()
    await labels.make_labels()
    line = order.lines[0]
    package = PackageV1.model_validate(
        {"reference": "1", "tracking_number": "X", "lines": [{"line_id": line.line_id, "quantity": 2}]}
    )
    shipped = line.model_copy(update={"fulfilled": 2, "decision": "not_ours", "code": "already_shipped"})
    await labels.change(order, status="shipped", lines=(shipped,), packages=(package,))
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.SHIPPED_ELSEWHERE
    assert labels.tracking.sent == []


async def test_a_refusal_waits_for_a_person_whose_retry_sends_it(labels: Labels) -> None:
    """The sentence is kept; other parcels flow on; the retry is a new attempt under the same reference."""
    refused, other = await labels.order(), await labels.order()
    labels.tracking.outcomes.append(Refused("Unknown carrier code."))
    await labels.settle_everything()
    states = [(await labels.told(order.order_id)).state for order in (refused, other)]
    assert sorted(states) == [Told.CONFIRMED, Told.REFUSED]
    halted = refused if states[0] is Told.REFUSED else other
    shipment = await labels.shipment(halted.order_id)
    assert (await labels.told(halted.order_id)).reason_detail == "Unknown carrier code."
    await labels.act(retry, shipment.shipment_id, Asked(labels.person, labels.clock.now()))
    await labels.settle_everything()
    assert (await labels.told(halted.order_id)).state is Told.CONFIRMED


@pytest.mark.parametrize("error", [Throttled(retry_after_seconds=30), Throttled(), Unavailable()])
async def test_a_write_that_surely_did_not_leave_is_owed_again(labels: Labels, error: Exception) -> None:
    """Nothing is lost, and the connection rests."""
    order = await labels.order()
    await labels.make_labels()
    labels.tracking.outcomes.append(error)
    with pytest.raises(type(error)):
        await labels.tell()
    assert (await labels.told(order.order_id)).state is Told.OWED
    await labels.make_due()
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED
    assert len(labels.tracking.sent) == 1


async def test_a_moments_wait_for_the_budget_is_waited_in_place(labels: Labels) -> None:
    """The lease is kept, the next parcel goes out, the throttled one follows."""
    orders = [await labels.order(), await labels.order()]
    await labels.make_labels()
    labels.tracking.outcomes.append(Throttled(retry_after_seconds=0.5))
    await labels.tell()
    assert (labels.rests, len(labels.tracking.sent)) == ([0.5], 1)
    await labels.settle_everything()
    assert [(await labels.told(order.order_id)).state for order in orders] == [Told.CONFIRMED, Told.CONFIRMED]
    assert len(labels.tracking.sent) == 2


async def test_reading_waits_for_its_budget_and_writing_goes_on(labels: Labels) -> None:
    """A throttled read only moves its parcel; the next poll of the order confirms it meanwhile."""
    first = await labels.order()
    await labels.make_labels()
    await labels.tell()
    labels.tracking.reads.append(Throttled(retry_after_seconds=60))
    second = await labels.order()
    await labels.make_labels()
    await labels.tell()
    assert [(await labels.told(order.order_id)).state for order in (first, second)] == [Told.SENT, Told.SENT]
    told, shipment = await labels.told(first.order_id), await labels.shipment(first.order_id)
    shown = {"reference": told.reference, "tracking_number": shipment.tracking_number}
    await labels.change(first, order_version=1, packages=(PackageV1.model_validate(shown),))
    assert (await labels.told(first.order_id)).state is Told.CONFIRMED


async def test_a_lost_consent_waits_and_nothing_is_tried(labels: Labels) -> None:
    """Claims skip a connection that is not active; work resumes with it."""
    order = await labels.order()
    await labels.revoke()
    assert not await labels.make_labels()
    assert not await labels.tell()
    await labels.connect()
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


async def test_a_cancelled_order_takes_its_label_back(labels: Labels) -> None:
    """Made, not told: voided and released, never written back."""
    order = await labels.order()
    await labels.make_labels()
    await labels.change(order, status="cancelled")
    await labels.settle_everything()
    assert (await labels.shipment(order.order_id)).state is State.VOIDED
    assert labels.tracking.sent == []


async def test_a_cancellation_request_after_the_label_waits_for_a_person(labels: Labels) -> None:
    """The write-back's intent looks once more under the lock; the person's retry sends it all the same."""
    order = await labels.order()
    await labels.make_labels()
    await labels.change(order, cancel_requested=True)
    await labels.settle_everything()
    told = await labels.told(order.order_id)
    assert (told.state, told.reason, told.attempt) == (Told.NEEDS_PERSON, "cancel_requested", 0)
    shipment = await labels.shipment(order.order_id)
    await labels.act(retry, shipment.shipment_id, Asked(labels.person, labels.clock.now()))
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


async def test_void_is_refused_while_the_number_is_being_sent(labels: Labels) -> None:
    """The intent was committed under the order's lock: whoever voids after it comes too late."""
    order = await labels.order()
    await labels.make_labels()
    shipment = await labels.shipment(order.order_id)
    refusals = []

    async def void_meanwhile() -> None:
        try:
            await labels.act(void_label, shipment.shipment_id)
        except NotPossible as error:
            refusals.append(error.code)

    labels.tracking.during = void_meanwhile
    await labels.tell()
    assert refusals == ["already_told"]
    assert (await labels.shipment(order.order_id)).state is State.LABEL_CREATED


async def test_of_void_and_write_back_at_once_exactly_one_happens(labels: Labels) -> None:
    """Whoever has the order's row first: never both, never neither."""
    for _ in range(5):
        order = await labels.order()
        await labels.make_labels()
        parcel = await labels.shipment(order.order_id)
        void, _ = await asyncio.gather(
            labels.act(void_label, parcel.shipment_id), labels.tell(), return_exceptions=True
        )
        sent = any(body["number"] == parcel.tracking_number for body in labels.tracking.sent)
        after = (await labels.fulfilment(order.order_id)).shipment(parcel.shipment_id)
        assert (after.state is State.VOIDED) is not sent
        assert isinstance(void, NotPossible) is sent
