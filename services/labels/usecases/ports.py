"""What labels' use cases need of the outside. Implementations: `adapters/`, `carriers/`; bound in `bootstrap.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from services.labels.domain.batches import Batch
from services.labels.domain.carrier import (
    CarrierAbilities,
    CarrierSettings,
    CreatedLabel,
    LabelContent,
    LabelRequest,
    Recipient,
)
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import ChannelMode
from services.labels.domain.order import Order, Reservation
from services.labels.domain.shipment import Told
from shared.events.base import Event
from shared.kernel.ports import ClosedOrganisations, Intent
from shared.marketplaces.ports import FarAccount, TrackingPort

Trackings = Mapping[str, TrackingPort]


class NumbersUsedUp(Exception):
    """The organisation's serial range has no number left."""


@dataclass(frozen=True, slots=True)
class RecipientGone:
    """Orders has no recipient for this order. `erased`: it had one, and destroyed it."""

    erased: bool


class Carrier(Protocol):
    """How a label comes to be. A carrier that calls out gets the intent's `send_before` and raises FarSideErrors."""

    @property
    def abilities(self) -> CarrierAbilities: ...

    def number(self, settings: CarrierSettings, serial: int) -> str:
        """The parcel number for a serial of the seller's range, where the carrier's numbers are ours."""
        ...

    async def create(self, intent: Intent[LabelRequest]) -> CreatedLabel:
        """Raises TooLate, OutcomeUnknown, Refused, Retryable. The same `key` again gives the same label, if keyed."""
        ...

    def render(self, contents: Sequence[LabelContent]) -> bytes:
        """Labels as one document, a page each, in the first of the declared formats."""
        ...


@dataclass(frozen=True, slots=True)
class ReadRecipient:
    recipient: Recipient
    digest: str


class Recipients(Protocol):
    async def read(
        self, organisation_id: UUID, asked: Sequence[tuple[UUID, int]]
    ) -> list[ReadRecipient | RecipientGone]:
        """
        Where orders go, from orders, which notes who asked: of each order and destination the address that its lines
        with this number have. The digest is the order's. Raises Unavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConnectionCopy:
    """
    What auth last said of a connection. `channels`: id and name of each. `erase_asked_at`: when its seller last wanted
    all buyers' data destroyed.
    """

    connection_id: UUID
    organisation_id: UUID
    marketplace: str
    region: str
    seller_id: str
    name: str
    state: str
    consent_version: int
    channels: tuple[tuple[str, str], ...]
    erase_asked_at: datetime | None = None

    @property
    def account(self) -> FarAccount:
        return FarAccount(self.region, self.seller_id)


class Connections(Protocol):
    async def put(self, copies: Sequence[ConnectionCopy]) -> None: ...

    async def get(self, connection_id: UUID) -> ConnectionCopy | None: ...

    async def erasure_wished(self, connection_id: UUID) -> datetime | None:
        """When its seller wanted all buyers' data destroyed; None: nobody did, or all that was asked for is done."""
        ...

    async def erased(self, connection_id: UUID, asked_at: datetime) -> None:
        """All that was asked for then is done."""
        ...


@dataclass(frozen=True, slots=True)
class OrderNews:
    """`updated_at`: when the marketplace last changed the order."""

    order_id: UUID
    organisation_id: UUID
    order: Order
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ReservationNews:
    order_id: UUID
    organisation_id: UUID
    reservation: Reservation
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class DueLabel:
    order_id: UUID
    shipment_id: UUID
    organisation_id: UUID
    destination: int


@dataclass(frozen=True, slots=True)
class DueWriteBack:
    """`far_order_id`: the marketplace's name of the order. `state`, `due_at`: as it was found due."""

    order_id: UUID
    shipment_id: UUID
    far_order_id: str
    state: Told
    due_at: datetime


class Fulfilments(Protocol):
    """Orders with their shipments. Everything that changes one locks its order's row first, several by id."""

    async def hear_orders(self, news: Sequence[OrderNews]) -> None:
        """Keeps the newest order states; rows are made where there are none, and locked."""
        ...

    async def hear_reservations(self, news: Sequence[ReservationNews]) -> None: ...

    async def known(self, order_ids: Sequence[UUID]) -> set[UUID]:
        """Those of them that orders has told of; nothing is locked."""
        ...

    async def lock(self, order_ids: Sequence[UUID]) -> list[Fulfilment]:
        """Those that exist, in id order."""
        ...

    async def lock_own(self, organisation_id: UUID, order_ids: Sequence[UUID]) -> list[Fulfilment]:
        """The same; those of other organisations are left out."""
        ...

    async def read(self, order_ids: Sequence[UUID]) -> list[Fulfilment]:
        """The same without a lock."""
        ...

    async def save(self, changes: Sequence[tuple[Fulfilment, Fulfilment]]) -> None:
        """Writes what differs between before and after."""
        ...

    async def orders_of(self, organisation_id: UUID, shipment_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
        """The order of each shipment; strangers' and those that are none at all are left out."""
        ...

    async def lock_to_replan(self, limit: int) -> list[Fulfilment]:
        """Those whose time has come by the database's clock, skipping what others hold."""
        ...

    async def lock_to_erase(self, connection_id: UUID, limit: int) -> list[Fulfilment]:
        """
        Those of the connection whose buyer's data must be gone by now, longest first; all, where its seller wants that.
        """
        ...

    async def due_to_replan(self, limit: int) -> list[UUID]:
        """Ids of the same, without a lock."""
        ...

    async def postpone_replan(self, order_id: UUID, seconds: float) -> None:
        """A due order's time to be planned anew is so much later."""
        ...

    async def replan_channel(self, connection_id: UUID, channel_id: str) -> None:
        """Every order of a channel that has open shipments, or one still to be told, is to be planned anew."""
        ...

    async def replan_organisation(self, organisation_id: UUID) -> None:
        """The same for a whole organisation; what label creation had found out about them is forgotten."""
        ...

    async def due_labels(self, connection_id: UUID, limit: int) -> list[DueLabel]:
        """Longest due first, by the database's clock."""
        ...

    async def due_write_backs(self, connection_id: UUID, limit: int) -> list[DueWriteBack]: ...

    async def postpone_label(self, shipment_id: UUID, seconds: float) -> None:
        """A due label is due so much later."""
        ...

    async def postpone_write_back(self, shipment_id: UUID, seconds: float) -> None:
        """A due write-back is due so much later."""
        ...

    async def postpone_reads(self, connection_id: UUID, seconds: float) -> None:
        """Write-backs of a connection that are due to be read back are due so much later."""
        ...


class Policies(Protocol):
    """What sellers chose: a mode per channel, a carrier per organisation."""

    async def modes(self, connection_ids: Sequence[UUID]) -> Mapping[tuple[UUID, str], ChannelMode]:
        """By connection and channel, of those of which somebody chose one."""
        ...

    async def set_mode(self, connection_id: UUID, channel_id: str, choice: Mapping[str, bool], now: datetime) -> None:
        """`choice`: the fields of ChannelMode that change."""
        ...

    async def carriers(self, organisation_ids: Sequence[UUID]) -> Mapping[UUID, CarrierSettings]: ...

    async def put_carrier(self, settings: CarrierSettings, now: datetime) -> None: ...

    async def draw_serial(self, settings: CarrierSettings) -> int:
        """The next serial of the range, never given before. Raises NumbersUsedUp, and nothing is drawn."""
        ...


class Batches(Protocol):
    async def add(self, batch: Batch) -> None: ...


class Outbox(Protocol):
    async def add_all(self, events: Sequence[Event[Any]]) -> None:
        """To be published; their subjects' rows are locked and their sequences set."""
        ...


class OldRecords(Protocol):
    """What was kept for its time, by the database's clock, oldest first; what others hold just now is left out."""

    async def lock_orders(self, marketplace: str | None, keep: timedelta, limit: int) -> Sequence[UUID]:
        """
        Those that the marketplace changed last so long ago; None: those that orders never told of, first heard of then.
        """
        ...

    async def count_owed(self, order_ids: Sequence[UUID]) -> int:
        """Parcels of these orders that the marketplace was never seen to know."""
        ...

    async def delete_orders(self, order_ids: Sequence[UUID]) -> None:
        """Locked ones, with all that hangs on them."""
        ...

    async def delete_batches(self, keep: timedelta, limit: int) -> int:
        """Labels asked for together so long ago; how many times."""
        ...

    async def delete_connections(self) -> int:
        """Copies of those that auth deleted, of which nothing is left here; how many."""
        ...

    async def drop_parked(self, keep: timedelta) -> int:
        """Events parked for so long; how many."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """Labels' repositories over one open transaction."""

    connections: Connections
    fulfilments: Fulfilments
    policies: Policies
    batches: Batches
    old: OldRecords
    closed: ClosedOrganisations
    outbox: Outbox
