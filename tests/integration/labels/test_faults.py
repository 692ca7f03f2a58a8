"""Processes that die between any two steps, or stop beyond their lease: nothing lost, nothing twice."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.labels.domain.carrier import CarrierAbilities, CreatedLabel, LabelRequest
from services.labels.domain.shipment import State, Told
from services.labels.domain.write_back import MOST_REPEATS
from services.labels.usecases.create_labels import create_labels
from services.labels.usecases.ports import RecipientGone
from services.labels.usecases.write_back import write_back_due
from shared.kernel.errors import ConsentLost, OutcomeUnknown, Refused, RoleMissing, Unavailable, Unreadable
from shared.kernel.ports import Intent
from tests.integration.labels.conftest import RECIPIENT, Labels

STEPS = ("read", "intend", "settle_write", "settle")


class Killed(BaseException):
    """The process is gone: nothing catches it."""


class Dying:
    """A lease whose holder dies before or after its n-th step."""

    def __init__(self, lease: Any, at: int, *, after: bool) -> None:
        self._lease, self._left, self._after = lease, at, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._lease, name)
        return self._dying(real) if name in STEPS else real

    def _dying(self, real: Any) -> Any:
        async def step(work: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed
            done = await real(work)
            if self._left == 0:
                raise Killed
            return done

        return step


async def die_at(labels: Labels, kind: str, at: int, *, after: bool) -> bool:
    """True: it died; False: it was done before that step."""
    work: Any = create_labels if kind == "label" else write_back_due
    tools: Any = labels.labelling if kind == "label" else labels.telling
    try:
        async with labels.claims.lease(kind) as lease:
            if lease is not None:
                await work(Dying(lease, at, after=after), tools=tools)
    except Killed:
        return True
    return False


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
        ({"fails": RecipientGone(erased=True)}, "address_erased", None),
        ({"fails": RecipientGone(erased=False)}, "address_missing", None),
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
    labels.recipients.recipient, labels.recipients.fails = RECIPIENT, None
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


class BoughtLabels:
    """A carrier that calls out and sells its own numbers; its first answer does not come."""

    def __init__(self, write: Any) -> None:
        self.write = write
        self.keys: list[str] = []

    @property
    def abilities(self) -> CarrierAbilities:
        return CarrierAbilities("bought", frozenset(), False, ("pdf",), False, self.write)

    def number(self, settings: Any, serial: int) -> str:
        raise AssertionError("its numbers are not ours")

    async def create(self, intent: Intent[LabelRequest]) -> CreatedLabel:
        self.keys.append(intent.value.key)
        if len(self.keys) == 1:
            raise OutcomeUnknown
        return CreatedLabel("Bought Express", "BOUGHT-1", None)

    def render(self, content: Any) -> bytes:
        raise AssertionError("nobody prints here")


@pytest.mark.parametrize(
    ("write", "state", "calls"), [("keyed", State.LABEL_CREATED, 2), ("blind", State.NEEDS_PERSON, 1)]
)
async def test_a_second_carrier_that_calls_out_fits_the_port(
    labels: Labels, write: str, state: State, calls: int
) -> None:
    """Unknown outcome: keyed = the same key again; blind = a person, never the machine."""
    carrier: Any = BoughtLabels(write)
    labels.labelling = replace(labels.labelling, carrier=carrier)
    order = await labels.order()
    for _ in range(3):
        await labels.make_labels()
        await labels.make_due()
    shipment = await labels.shipment(order.order_id)
    assert (shipment.state, len(carrier.keys)) == (state, calls)
    assert {UUID(key) for key in carrier.keys} == {shipment.shipment_id}


async def test_a_blind_carrier_is_not_asked_again_for_one_that_died_asking(labels: Labels) -> None:
    """The label may exist at the carrier's: a person looks, also when the recipient is gone meanwhile."""
    carrier: Any = BoughtLabels("blind")
    labels.labelling = replace(labels.labelling, carrier=carrier)
    for erased in (False, True):
        order = await labels.order()
        labels.recipients.fails = None
        assert await die_at(labels, "label", 2, after=True)
        labels.recipients.fails = RecipientGone(erased=True) if erased else None
        await labels.make_due()
        await labels.make_labels()
        shipment = await labels.shipment(order.order_id)
        assert (shipment.state, shipment.reason) == (State.NEEDS_PERSON, "label_outcome_unknown")
    assert carrier.keys == []


@pytest.mark.parametrize(("write", "state"), [("readable", Told.SENT), ("blind", Told.NEEDS_PERSON)])
async def test_a_write_without_a_key_is_not_repeated_for_one_that_died_sending(
    labels: Labels, write: Any, state: Told
) -> None:
    """Readable = read first; blind = a person. Either way the next holder sends nothing."""
    labels.tracking.capabilities = replace(labels.tracking.capabilities, write=write)
    order = await labels.order()
    await labels.make_labels()
    assert await die_at(labels, "write_back", 2, after=True)
    await labels.make_due()
    await labels.tell()
    told = await labels.told(order.order_id)
    assert (told.state, told.reason, told.may_have_left) == (state, "outcome_unknown", True)
    assert labels.tracking.sent == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(Refused("No."), "read_refused"), (Unreadable("Odd."), "read_refused"), (RoleMissing(), "role_missing")],
)
async def test_an_order_that_cannot_be_read_back_says_why_and_ends_with_a_person(
    labels: Labels, answer: Exception, reason: str
) -> None:
    """Its reason is shown from the first refusal on; after so many a person looks, and nothing was sent again."""
    order = await labels.order()
    await labels.make_labels()
    await labels.tell()
    for _ in range(MOST_REPEATS):
        labels.tracking.reads.append(answer)
        await labels.make_due()
        await labels.tell()
        told = await labels.told(order.order_id)
        assert (told.state, told.reason) == (Told.SENT, reason)
    labels.tracking.reads.append(answer)
    await labels.make_due()
    await labels.tell()
    told = await labels.told(order.order_id)
    assert (told.state, told.reason, told.due_at) == (Told.NEEDS_PERSON, "read_refused", None)
    assert len(labels.tracking.sent) == 1
