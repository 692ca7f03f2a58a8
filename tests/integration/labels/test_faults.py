"""Processes that die between any two steps, or stop beyond their lease: nothing lost, nothing twice."""

from dataclasses import replace
from typing import Any

import pytest

from services.labels.domain.shipment import State, Told
from services.labels.usecases.ports import RecipientGone
from shared.kernel.errors import ConsentLost, Refused, RoleMissing, Unavailable
from tests.integration.labels.conftest import Labels
from tests.integration.labels.dying import Killed, die_at
from tests.integration.labels.fakes import RECIPIENT


@pytest.mark.parametrize("after", [False, True])
async def test_a_label_is_made_once_wherever_its_maker_dies(labels: Labels, *, after: bool) -> None:
    """Killed before or after every step: the next holder resumes under the same number, and one number is used."""
    numbers = set()
    for at in range(1, 6):
        order = await labels.order()
        await die_at(labels, "label", at, after=after)
        drawn = (await labels.shipment(order.order_id)).number
        await labels.make_due()
        await labels.make_labels()
        shipment = await labels.shipment(order.order_id)
        assert shipment.state is State.LABEL_CREATED
        assert drawn in (None, shipment.number)
        numbers.add(shipment.number)
    assert sorted(number[:-1] for number in numbers if number) == [f"09521234{serial:09d}" for serial in range(1, 6)]


@pytest.mark.parametrize("after", [False, True])
async def test_a_number_is_told_once_wherever_its_teller_dies(labels: Labels, *, after: bool) -> None:
    """Killed before or after every step of writing and reading back: one parcel at the marketplace, confirmed."""
    for at in range(1, 8):
        order = await labels.order()
        await labels.make_labels()
        await die_at(labels, "write_back", at, after=after)
        await labels.make_due()
        await labels.settle_everything()
        assert (await labels.told(order.order_id)).state is Told.CONFIRMED
        assert len(labels.tracking.packages[order.marketplace_order_id]) == 1


async def test_a_teller_that_died_while_sending_is_followed_by_the_same_words(labels: Labels) -> None:
    """The write had its effect and nobody settled it: sent again under the same reference."""
    order = await labels.order()
    await labels.make_labels()

    async def die() -> None:
        raise Killed

    labels.tracking.during = die
    with pytest.raises(Killed):
        await labels.tell()
    told = await labels.told(order.order_id)
    assert (told.state, told.attempt, told.known) == (Told.SENDING, 1, False)
    labels.tracking.during = None
    await labels.make_due()
    await labels.settle_everything()
    after = await labels.told(order.order_id)
    assert (after.state, after.attempt, after.reference) == (Told.CONFIRMED, 2, told.reference)


async def test_a_late_outcome_of_a_stopped_process_is_discarded(labels: Labels) -> None:
    """Stopped while sending, beyond its lease; another sends it, and the first one's refusal is nothing."""
    order = await labels.order()
    await labels.make_labels()

    async def overtaken() -> None:
        labels.tracking.during = None
        labels.tracking.outcomes.clear()
        await labels.make_due()
        await labels.settle_everything()

    labels.tracking.during = overtaken
    labels.tracking.outcomes.append(Refused("Too late to matter."))
    await labels.tell()
    told = await labels.told(order.order_id)
    assert (told.state, told.attempt) == (Told.CONFIRMED, 2)
    assert len(labels.tracking.packages[order.marketplace_order_id]) == 1


async def test_a_lease_lost_while_sending_does_not_lose_the_outcome(labels: Labels) -> None:
    """Nobody has begun another attempt: the late acceptance is the attempt's outcome, whoever has the lease."""
    order = await labels.order()
    await labels.make_labels()

    async def lose_the_lease() -> None:
        await labels.execute("update lease set token = gen_random_uuid()")

    labels.tracking.during = lose_the_lease
    await labels.tell()
    assert (await labels.told(order.order_id)).state is Told.SENT


async def test_an_unavailable_orders_service_costs_no_number(labels: Labels) -> None:
    """The recipient cannot be read: the label stays due, nothing was drawn."""
    order = await labels.order()
    labels.recipients.fails = Unavailable()
    with pytest.raises(Unavailable):
        await labels.make_labels()
    shipment = await labels.shipment(order.order_id)
    assert (shipment.state, shipment.number, shipment.reason) == (State.LABEL_PENDING, None, "carrier_away")
    assert not await labels.make_labels()
    labels.recipients.fails = None
    await labels.make_due()
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"recipient": replace(RECIPIENT, lines=(), city=None)}, "address_missing", "street, city"),
        ({"recipient": replace(RECIPIENT, pickup_point=True)}, "pickup_point", None),
        ({"gone": RecipientGone(erased=True)}, "address_erased", None),
        ({"gone": RecipientGone(erased=False)}, "address_missing", None),
    ],
)
async def test_what_the_recipient_lacks_is_said_before_a_number_is_drawn(
    labels: Labels, change: dict[str, Any], reason: str, detail: str | None
) -> None:
    """Held with its reason; with the next version of the order it goes on."""
    order = await labels.order()
    for name, value in change.items():
        setattr(labels.recipients, name, value)
    await labels.settle_everything()
    shipment = await labels.shipment(order.order_id)
    assert (shipment.state, shipment.reason, shipment.reason_detail) == (State.PLANNED, reason, detail)
    assert shipment.number is None
    labels.recipients.recipient, labels.recipients.gone = RECIPIENT, None
    await labels.reserve(await labels.change(order))
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


async def test_a_recipient_newer_than_the_order_we_know_waits_for_its_event(labels: Labels) -> None:
    """Orders already has another recipient: the label waits a moment instead of being outdated at once."""
    order = await labels.order()
    labels.recipients.digest = "digest-2"
    await labels.settle_everything()
    assert (await labels.shipment(order.order_id)).number is None
    await labels.reserve(await labels.change(order, recipient_digest="digest-2"))
    await labels.make_due()
    await labels.settle_everything()
    assert (await labels.told(order.order_id)).state is Told.CONFIRMED


async def test_a_lost_consent_is_told_to_auth_and_the_number_stays_owed(labels: Labels) -> None:
    """403 with a consent text: the write had no effect."""
    order = await labels.order()
    await labels.make_labels()
    labels.tracking.outcomes.append(ConsentLost())
    with pytest.raises(ConsentLost):
        await labels.tell()
    assert labels.tokens.lost == [(labels.connection_id, 1)]
    assert (await labels.told(order.order_id)).state is Told.OWED


async def test_a_missing_role_stops_nothing_else(labels: Labels) -> None:
    """It is tried again later; the next parcel goes out."""
    for _ in range(2):
        await labels.order()
    await labels.make_labels()
    labels.tracking.outcomes.append(RoleMissing())
    await labels.tell()
    assert len(labels.tracking.sent) == 1
