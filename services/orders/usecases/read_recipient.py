"""Opening the seal: to whom orders go, for one reader, who is written down."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.orders.domain.order import Order
from services.orders.usecases import personal_data
from services.orders.usecases.ports import Kept, Keys, RecipientRead, Store, order_context
from shared.kernel.clock import Clock
from shared.kernel.ids import OrderId, OrganisationId, UserId
from shared.marketplaces.models import Recipient


@dataclass(frozen=True, slots=True)
class Reader:
    """A user of the organisation, or one of our services by its client id."""

    user_id: UserId | None
    service: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """`recipient` None: the marketplace has told no address for this destination (yet), or it was erased."""

    order: Order
    destination: int
    recipient: Recipient | None

    def __repr__(self) -> str:
        return f"Opened({self.order.id})"


async def read_recipients(
    asked: Sequence[tuple[OrderId, int]],
    *,
    organisation_id: OrganisationId,
    reader: Reader,
    store: Store,
    keys: Keys,
    clock: Clock,
) -> list[Opened | None]:
    """
    Of each order and destination to whom its lines go; None: this organisation has no such order, or the order no such
    place.

    Each look is written down in the same transaction, so that there is none without its trace. Where the data was
    erased, there is nothing to look at.
    """
    kept = await store.orders.of(organisation_id, [order_id for order_id, _ in asked])
    opened = [_opened(kept.get(order_id), destination, keys) for order_id, destination in asked]
    now = clock.now()
    reads = [
        RecipientRead(one.order.id, organisation_id, now, reader.user_id, reader.service, one.destination)
        for one in opened
        if one is not None and one.order.erased_at is None
    ]
    await store.recipient_reads.add(reads)
    return opened


def _opened(kept: Kept | None, destination: int, keys: Keys) -> Opened | None:
    if kept is None:
        return None
    if kept.sealed is None:
        return Opened(kept.order, destination, None) if destination in (0, *kept.order.destinations) else None
    personal = keys.at_hand(kept.sealed.data_key, order_context(kept.order.id)).open(kept.sealed.personal)
    addresses = personal_data.from_bytes(personal).addresses
    if destination not in addresses and destination not in (0, *kept.order.destinations):
        return None
    return Opened(kept.order, destination, addresses.get(destination))
