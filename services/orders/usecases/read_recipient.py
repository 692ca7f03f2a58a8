"""Opening the seal: to whom an order goes, for one reader, who is written down."""

from dataclasses import dataclass

from services.orders.domain.order import Order
from services.orders.usecases import personal_data
from services.orders.usecases.ports import Keys, RecipientRead, Store, order_context
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
    """`recipient` None: the marketplace has told no address for this destination (yet)."""

    order: Order
    destination: int
    recipient: Recipient | None

    def __repr__(self) -> str:
        return f"Opened({self.order.id})"


async def read_recipient(
    order_id: OrderId,
    destination: int,
    *,
    organisation_id: OrganisationId,
    reader: Reader,
    store: Store,
    keys: Keys,
    clock: Clock,
) -> Opened | None:
    """
    To whom the lines with this destination go; None: this organisation has no such order, or the order no such place.

    The look is written down in the same transaction, so that there is none without its trace.
    """
    kept = await store.orders.get(organisation_id, order_id)
    if kept is None:
        return None
    opened = keys.at_hand(kept.data_key, order_context(order_id)).open(kept.personal)
    addresses = personal_data.from_bytes(opened).addresses
    if destination not in addresses and destination not in (0, *kept.order.destinations):
        return None
    await store.recipient_reads.add(
        RecipientRead(order_id, organisation_id, clock.now(), reader.user_id, reader.service, destination)
    )
    return Opened(kept.order, destination, addresses.get(destination))
