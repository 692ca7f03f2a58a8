"""Opening the seal: to whom an order goes, for one reader, who is written down."""

from dataclasses import dataclass

from services.orders.domain.order import Order
from services.orders.usecases import personal_data
from services.orders.usecases.ports import Keys, RecipientRead, Store, order_context
from shared.kernel.clock import Clock
from shared.kernel.ids import OrderId, OrganisationId, UserId
from shared.marketplaces.models import PersonalData


@dataclass(frozen=True, slots=True)
class Reader:
    """A user of the organisation, or one of our services by its client id."""

    user_id: UserId | None
    service: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    order: Order
    personal: PersonalData

    def __repr__(self) -> str:
        return f"Opened({self.order.id})"


async def read_recipient(
    order_id: OrderId, *, organisation_id: OrganisationId, reader: Reader, store: Store, keys: Keys, clock: Clock
) -> Opened | None:
    """
    The order and its personal data; None: this organisation has no such order.

    The look is written down in the same transaction, so that there is none without its trace.
    """
    kept = await store.orders.get(organisation_id, order_id)
    if kept is None:
        return None
    await store.recipient_reads.add(
        RecipientRead(order_id, organisation_id, clock.now(), reader.user_id, reader.service)
    )
    opened = keys.open(kept.data_key, kept.personal, order_context(order_id))
    return Opened(kept.order, personal_data.from_bytes(opened))
