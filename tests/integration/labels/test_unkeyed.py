"""Carriers that call out, writes without a key, orders that cannot be read back: what a dead process leaves."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.labels.domain.carrier import CarrierAbilities, CreatedLabel, LabelRequest
from services.labels.domain.shipment import State, Told
from services.labels.domain.write_back import MOST_REPEATS
from services.labels.usecases.ports import RecipientGone
from shared.kernel.errors import OutcomeUnknown, Refused, RoleMissing, Unreadable
from shared.kernel.ports import Intent
from tests.integration.labels.conftest import Labels
from tests.integration.labels.dying import die_at


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
        labels.recipients.gone = None
        assert await die_at(labels, "label", 2, after=True)
        labels.recipients.gone = RecipientGone(erased=True) if erased else None
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
