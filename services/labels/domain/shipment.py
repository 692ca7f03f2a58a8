"""A parcel and its write-back: their states and what is kept of them. The rules that move them are in the siblings."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.labels.domain.carrier import Address
from services.labels.domain.reasons import Reason


class State(StrEnum):
    PLANNED = "planned"  # waits; `reason` says for what
    LABEL_PENDING = "label_pending"  # asked for, by a person or by the channel's policy
    LABEL_CREATED = "label_created"
    OUTDATED = "outdated"  # the label no longer fits the order; never written back by itself
    VOIDED = "voided"
    NEEDS_PERSON = "needs_person"


class Told(StrEnum):
    """How far telling the marketplace has come."""

    TO_HAND_OVER = "to_hand_over"  # waits for that; `due_at`: when it is told all the same
    OWED = "owed"
    SENDING = "sending"  # an attempt was committed; its outcome is not known
    SENT = "sent"  # accepted (or said to be done before), not read back
    CONFIRMED = "confirmed"
    SHIPPED_ELSEWHERE = "shipped_elsewhere"
    REFUSED = "refused"
    NEEDS_PERSON = "needs_person"
    RELEASED = "released"  # the label was voided before the marketplace heard of it


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """`weight_grams` is of one unit, as known when the line was planned or frozen."""

    line_id: UUID
    marketplace_line_id: str
    sku: str
    quantity: int
    weight_grams: int | None = None


@dataclass(frozen=True, slots=True)
class WriteBack:
    """
    `attempt` counts intents; `known` = that attempt's outcome is known: together the fence against late outcomes.
    `sent_at` = when the marketplace accepted it last; `repeats` = how often an accepted write had to be sent again,
    or could not be read back.
    """

    shipment_id: UUID
    state: Told
    due_at: datetime | None
    attempt: int = 0
    known: bool = True
    repeats: int = 0
    reference: str | None = None
    body: dict[str, Any] | None = None
    reason: str | None = None
    reason_detail: str | None = None
    sent_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def may_have_left(self) -> bool:
        """The marketplace may know the number: the label can no longer be taken back."""
        return (
            self.state in _LEFT or not self.known or self.sent_at is not None or self.reason == Reason.OUTCOME_UNKNOWN
        )


_LEFT = frozenset({Told.SENDING, Told.SENT, Told.CONFIRMED, Told.SHIPPED_ELSEWHERE})


@dataclass(frozen=True, slots=True)
class Shipment:
    """
    One parcel of an order. `destination`: which of the order's addresses it goes to.

    Until its label's intent it follows the order; the intent freezes lines, order version and recipient digest.
    `label_attempt` and `label_known` fence the label's outcome as in `WriteBack`. `problem` is what label creation
    found out at `problem_version` of the order (an incomplete address, no numbers left): it holds that version.
    `weight_override_grams`: of these very units, as a person gave it.
    `despite_version`: the order version for which a person decided to go on despite a cancellation request.
    `handed_over_at`, `handed_over_by`: when a person said that the carrier has it, and who.
    """

    shipment_id: UUID
    state: State
    planned_at: datetime
    lines: tuple[ShipmentLine, ...]
    destination: int = 0
    reason: str | None = None
    reason_detail: str | None = None
    requested_at: datetime | None = None
    requested_by: UUID | None = None
    despite_version: int | None = None
    weight_override_grams: int | None = None
    problem: str | None = None
    problem_detail: str | None = None
    problem_version: int | None = None
    label_due_at: datetime | None = None
    label_attempt: int = 0
    label_known: bool = True
    order_version: int | None = None
    order_version_seen: int | None = None
    cancel_seen: bool = False
    recipient_digest: str | None = None
    carrier: str | None = None
    sender: Address | None = None
    number: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    label_created_at: datetime | None = None
    handed_over_at: datetime | None = None
    handed_over_by: UUID | None = None
    voided_at: datetime | None = None
    write_back: WriteBack | None = None

    @property
    def open(self) -> bool:
        """Nothing is frozen yet: it is planned anew whenever the order changes."""
        return self.state in (State.PLANNED, State.LABEL_PENDING) and self.label_known

    @property
    def requested(self) -> bool:
        """A person asked for its label, and nothing is frozen yet."""
        return self.open and self.state is State.LABEL_PENDING and self.requested_by is not None

    @property
    def live(self) -> bool:
        """Its units are spoken for."""
        if self.state is State.VOIDED:
            return False
        return self.write_back is None or self.write_back.state is not Told.SHIPPED_ELSEWHERE

    @property
    def has_label(self) -> bool:
        return self.label_created_at is not None and self.state is not State.VOIDED

    @property
    def tell_by(self) -> datetime | None:
        """While it waits to be handed over: when the marketplace is told all the same; None: never without that."""
        waits = self.write_back is not None and self.write_back.state is Told.TO_HAND_OVER
        return self.write_back.due_at if self.write_back and waits else None

    @property
    def weight_grams(self) -> int | None:
        """The parcel's weight; None while a unit's weight is missing and nobody gave the parcel's."""
        if self.weight_override_grams is not None:
            return self.weight_override_grams
        total = 0
        for line in self.lines:
            if line.weight_grams is None:
                return None
            total += line.weight_grams * line.quantity
        return total

    def holding(self, lines: tuple[ShipmentLine, ...]) -> "Shipment":
        """The same with these contents. A weight given for other units goes: it says nothing of these."""
        before, after = ({one.line_id: one.quantity for one in each} for each in (self.lines, lines))
        weight = self.weight_override_grams if before == after else None
        return replace(self, lines=lines, weight_override_grams=weight)

    def units(self, line_id: UUID) -> int:
        return sum(line.quantity for line in self.lines if line.line_id == line_id)

    def telling(self, **changes: Any) -> "Shipment":
        """The same shipment with its write-back changed."""
        if self.write_back is None:
            raise ValueError("nothing is owed for this shipment")
        return replace(self, write_back=replace(self.write_back, **changes))
