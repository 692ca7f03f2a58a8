"""What lists and pages show: reads that change nothing, always of one organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.labels.domain.batches import Item
from services.labels.domain.carrier import CarrierSettings
from services.labels.domain.shipment import Shipment, State
from shared.events.auth import MAY_FINISH

LEAST_BEGINNING = 6
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """
    A shipment with what its order says. `connection_state`: as auth last told it. `erased_at`: when the buyer's data
    went, and with it the label as a document. `at_hand_over`: its channel's marketplace is told then.
    """

    shipment: Shipment
    order_id: UUID
    connection_id: UUID
    channel_id: str
    channel_name: str
    marketplace: str
    marketplace_order_id: str
    ship_by: datetime | None
    cancel_requested: bool
    connection_state: str | None
    erased_at: datetime | None
    at_hand_over: bool

    @property
    def connection_active(self) -> bool:
        """False: nothing is done for it until somebody resumes the connection, or authorises it."""
        return self.connection_state in MAY_FINISH

    @property
    def paused(self) -> bool:
        return self.connection_state == "paused"

    @property
    def waits_for_authorisation(self) -> bool:
        return not self.connection_active and not self.paused

    @property
    def reason(self) -> str | None:
        """What the parcel waits for, or else its write-back."""
        told = self.shipment.write_back
        return self.shipment.reason or (told.reason if told else None)

    @property
    def reason_detail(self) -> str | None:
        told = self.shipment.write_back
        return self.shipment.reason_detail or (told.reason_detail if told else None)


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list, newest first. `after`: where the next piece begins; None: this was the last."""

    items: Sequence[ShipmentView]
    after: UUID | None


@dataclass(frozen=True, slots=True)
class Filter:
    """
    `state`: of the shipment or of its write-back. `channel`: a connection's id and a channel's. `search`: the
    marketplace's order number or the tracking number, or how it begins, from LEAST_BEGINNING characters on.
    `hide_voided`: leave out what came to nothing.
    """

    order_id: UUID | None = None
    state: str | None = None
    channel: tuple[UUID, str] | None = None
    search: str | None = None
    hide_voided: bool = False


class Standing(StrEnum):
    """How far a parcel of a batch has come. HALTED: no label comes of it unless somebody mends something."""

    MADE = "made"
    UNDER_WAY = "under_way"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class BatchItemView:
    """`marketplace_order_id` None: an order that was not found. `shipment`: as it is now, where there is one."""

    item: Item
    marketplace_order_id: str | None
    shipment: ShipmentView | None

    @property
    def standing(self) -> Standing:
        if self.shipment is None:
            return Standing.HALTED
        parcel = self.shipment.shipment
        if parcel.state is State.LABEL_CREATED and parcel.live:
            return Standing.MADE
        going = parcel.state is State.LABEL_PENDING and self.shipment.connection_active
        return Standing.UNDER_WAY if going else Standing.HALTED

    @property
    def paused(self) -> bool:
        return self.shipment is not None and self.shipment.paused

    @property
    def waits_for_authorisation(self) -> bool:
        return self.shipment is not None and self.shipment.waits_for_authorisation

    @property
    def reason(self) -> str | None:
        """Why it halted: as it is now where there is a parcel, else as it was at the asking."""
        return self.shipment.reason if self.shipment else self.item.reason

    @property
    def reason_detail(self) -> str | None:
        return self.shipment.reason_detail if self.shipment else self.item.reason_detail


@dataclass(frozen=True, slots=True)
class BatchView:
    batch_id: UUID
    requested_at: datetime
    items: Sequence[BatchItemView]

    def count(self, standing: Standing) -> int:
        return sum(one.standing is standing for one in self.items)


@dataclass(frozen=True, slots=True)
class BatchHead:
    """`parcels`: how many lines it has; `made`: of how many there is a label."""

    batch_id: UUID
    requested_at: datetime
    parcels: int
    made: int


@dataclass(frozen=True, slots=True)
class ChannelView:
    connection_id: UUID
    connection_name: str
    channel_id: str
    channel_name: str
    automatic: bool
    at_hand_over: bool


class Views(Protocol):
    async def shipments(self, organisation_id: UUID, wanted: Filter, *, after: UUID | None, limit: int) -> Page: ...

    async def shipment(self, organisation_id: UUID, shipment_id: UUID) -> ShipmentView | None: ...

    async def batch(self, organisation_id: UUID, batch_id: UUID) -> BatchView | None: ...

    async def batches(self, organisation_id: UUID, *, limit: int) -> Sequence[BatchHead]:
        """The newest, newest first."""
        ...

    async def carrier(self, organisation_id: UUID) -> CarrierSettings | None: ...

    async def count_to_hand_over(self, organisation_id: UUID) -> int:
        """Parcels that wait for their hand-over; MOST_COUNTED: so many or more."""
        ...

    async def channels(self, organisation_id: UUID) -> Sequence[ChannelView]:
        """Every channel of every connection, by names."""
        ...
