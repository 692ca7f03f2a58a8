"""What the use cases need. Implemented in `adapters/`, bound to one transaction as a `Store` in `bootstrap.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from services.orders.domain.acceptance import Acceptance, Mode
from services.orders.domain.connection import Connection
from services.orders.domain.copies import Reservation, Shipments
from services.orders.domain.order import Order
from services.orders.domain.stage import Stage
from services.orders.domain.timeline import Entry
from services.orders.domain.windows import Progress
from shared.events.base import Event
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId, UserId
from shared.marketplaces.models import OrderStatus


class DataKey(Protocol):
    """One subject's key unwrapped, for its context; `shared.crypto.keyring.DataKey`. `wrapped`: as it is stored."""

    wrapped: bytes

    def seal(self, plaintext: bytes) -> bytes: ...
    def open(self, sealed: bytes) -> bytes: ...
    def digest(self, data: bytes) -> str: ...


class Keys(Protocol):
    """Makes and unwraps the data keys of subjects; `shared.crypto.keyring.KeyRing`."""

    def new_at_hand(self, context: bytes) -> DataKey: ...
    def at_hand(self, wrapped: bytes, context: bytes) -> DataKey: ...


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """What an order's own data key (wrapped) opens. `raw`: as it was read."""

    data_key: bytes
    personal: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """An order as stored. `sealed` None: it was erased."""

    order: Order
    sealed: Sealed | None

    def __repr__(self) -> str:
        return f"Kept({self.order.id})"


@dataclass(frozen=True, slots=True)
class Head:
    """What of an order others' words are joined with."""

    version: int
    status: OrderStatus


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record that could not be read. `key` is the same for the same record read again. Sealed under its own key."""

    key: str
    marketplace_order_id: str | None
    reason: str
    erase_after: datetime
    data_key: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class RecipientRead:
    """Who looked at which of an order's addresses: a user of the organisation, or a service of ours."""

    order_id: OrderId
    organisation_id: OrganisationId
    at: datetime
    user_id: UserId | None
    service: str | None
    destination: int


class Connections(Protocol):
    async def get(self, connection_id: ConnectionId) -> Connection | None: ...

    async def lock(self, connection_id: ConnectionId) -> Connection | None:
        """The same, its row locked until the end of the transaction."""
        ...

    async def of(self, connection_ids: Sequence[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        """Those that are known, locked in the order of their ids."""
        ...

    async def put(self, connections: Sequence[Connection]) -> None:
        """As auth told them: what of their erasing is done is ours, and stays."""
        ...

    async def erased(self, connection_id: ConnectionId, asked_at: datetime) -> None:
        """All that was asked for then is done."""
        ...


class Polls(Protocol):
    """Reading progress by connection, and what it waits for."""

    async def get(self, connection_id: ConnectionId) -> Progress | None: ...
    async def of(self, connection_ids: Sequence[ConnectionId]) -> Mapping[ConnectionId, Progress]: ...

    async def save(self, connection_id: ConnectionId, progress: Progress, due_at: datetime) -> None: ...

    async def waits(self, connection_id: ConnectionId, code: str | None, now: datetime) -> None:
        """What the connection's reading waits for; None: nothing, a page was just read."""
        ...


class Orders(Protocol):
    async def lock(self, of: Connection, marketplace_order_ids: Sequence[str]) -> Mapping[str, Kept]:
        """Those that are known, by the marketplace's id; their rows are locked in the order of their ids."""
        ...

    async def of(self, organisation_id: OrganisationId, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Kept]:
        """Those of them that are the organisation's; no row is locked."""
        ...

    async def lock_waiting(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Order]:
        """Those of them that wait for the seller's answer; their rows are locked in the order of their ids."""
        ...

    async def lock_waiting_of(self, connection_id: ConnectionId) -> Mapping[OrderId, Order]:
        """The same, all of a connection."""
        ...

    async def lock_heads(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Head]:
        """Those that are known; their rows are locked in the order of their ids."""
        ...

    async def put_stages(self, stages: Mapping[OrderId, Stage]) -> None:
        """Of orders whose rows are locked."""
        ...

    async def lock_one(self, order_id: OrderId) -> Order | None: ...

    async def add(self, orders: Sequence[Kept]) -> None:
        """New ones: nobody else adds orders of their connection meanwhile."""
        ...

    async def save(self, orders: Sequence[Kept]) -> None:
        """Known ones, whose rows are locked."""
        ...

    async def lock_to_erase(self, connection_id: ConnectionId, limit: int) -> Sequence[Order]:
        """
        Those of the connection whose time is over, longest first; all, where its seller wants them erased. Locked in
        the order of their ids.
        """
        ...

    async def erase(self, orders: Sequence[Order]) -> None:
        """Destroys their data keys, what these sealed, and others' words about them. Their rows are locked."""
        ...


class UnreadableRecords(Protocol):
    async def keep(self, connection: Connection, records: Sequence[UnreadableRecord], now: datetime) -> None:
        """New ones are added, those seen before count one more attempt."""
        ...

    async def clear(self, connection_id: ConnectionId, keys: Sequence[str]) -> None: ...

    async def erase_due(self, connection_id: ConnectionId, limit: int) -> int:
        """Destroys those whose time is over, or all, as with orders; how many."""
        ...


class Timeline(Protocol):
    async def add(self, entries: Sequence[tuple[OrganisationId, OrderId, Entry]]) -> None: ...


class Copies(Protocol):
    """Inventory's and labels' newest words by order; of orders not heard of yet, too."""

    async def reservations(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Reservation]: ...
    async def shipments(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Shipments]: ...
    async def put_reservations(self, reservations: Sequence[Reservation]) -> None: ...
    async def put_shipments(self, shipments: Sequence[Shipments]) -> None: ...


class Acceptances(Protocol):
    """Answers to orders that wait for one. The order's row is locked before its answer is read or saved."""

    async def of(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Acceptance]: ...
    async def save(self, answers: Sequence[Acceptance]) -> None: ...

    async def due(self, connection_id: ConnectionId, limit: int) -> Sequence[OrderId]:
        """Orders whose answer is to be sent now, longest due first."""
        ...

    async def postpone(self, order_id: OrderId, seconds: float) -> None: ...

    async def modes(self, connection_ids: Sequence[ConnectionId]) -> Mapping[ConnectionId, Mode]:
        """Where somebody chose; elsewhere it is by hand."""
        ...

    async def choose(self, connection: Connection, mode: Mode) -> None: ...


class RecipientReads(Protocol):
    async def add(self, reads: Sequence[RecipientRead]) -> None: ...


class KeyWrapping(Protocol):
    @property
    def newest(self) -> bytes:
        """What a data key under the newest key-encryption key begins with."""
        ...

    def rewrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """The data key under the newest one; None: it already is, or does not open (which is logged)."""
        ...


class DataKeys(Protocol):
    """Each rewraps a batch of the ids after `after`, and says where to go on; None: there are no more."""

    async def rewrap_orders(self, after: UUID | None, wrapping: KeyWrapping) -> UUID | None: ...
    async def rewrap_unreadable(self, after: UUID | None, wrapping: KeyWrapping) -> UUID | None: ...

    async def count(self) -> Mapping[str, int]:
        """How many there are under each key-encryption key, by its id."""
        ...


class Outbox(Protocol):
    async def add_all(self, events: Sequence[Event[Any]]) -> None:
        """The subjects' rows are locked and their sequences drawn before."""
        ...


class OldRecords(Protocol):
    """What was kept for its time, by the database's clock, oldest first; what others hold just now is left out."""

    async def lock_orders(self, marketplace: str, keep: timedelta, limit: int) -> Sequence[OrderId]:
        """Those that the marketplace changed last so long ago."""
        ...

    async def delete_orders(self, order_ids: Sequence[OrderId]) -> None:
        """Locked ones, with all that hangs on them."""
        ...

    async def delete_words(self, keep: timedelta, limit: int) -> int:
        """Others' words, as old, about orders that are not here; how many."""
        ...

    async def delete_looks(self, keep: timedelta, limit: int) -> int:
        """Looks at addresses, as long ago; how many."""
        ...

    async def delete_connections(self) -> int:
        """Copies of those that auth deleted, of which nothing is left here; how many."""
        ...

    async def drop_parked(self, keep: timedelta) -> int:
        """Events parked for so long; how many."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """Everything a use case may touch, bound to one open transaction."""

    connections: Connections
    polls: Polls
    orders: Orders
    unreadable: UnreadableRecords
    timeline: Timeline
    copies: Copies
    acceptances: Acceptances
    recipient_reads: RecipientReads
    data_keys: DataKeys
    old: OldRecords
    outbox: Outbox


def order_context(order_id: UUID) -> bytes:
    """What an order's data key and all that is sealed under it are bound to."""
    return b"orders.order:" + str(order_id).encode()


def record_context(connection_id: UUID, key: str) -> bytes:
    """The same for a record that could not be read."""
    return f"orders.unreadable:{connection_id}:{key}".encode()
