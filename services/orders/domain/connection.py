"""Our own copy of a connection, as auth last told of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.auth import MAY_WORK
from shared.kernel.ids import ConnectionId, OrganisationId
from shared.marketplaces.models import Channel

DISCONNECTED = "disconnected"
PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Connection:
    """
    `active`: we may work for it. `consent_version` is what a token must come from for its results to count.
    `orders_from`: orders placed before stay with another system.
    `erase_asked_at`: when its seller last wanted all buyers' data destroyed; `erase_done_at`: when all of that was.
    """

    id: ConnectionId
    organisation_id: OrganisationId
    marketplace: str
    region: str
    seller_id: str
    name: str
    state: str
    consent_version: int
    channels: tuple[Channel, ...]
    orders_from: datetime | None = None
    erase_asked_at: datetime | None = None
    erase_done_at: datetime | None = None

    @property
    def active(self) -> bool:
        return self.authorised and not self.erasing

    @property
    def authorised(self) -> bool:
        return self.state in MAY_WORK

    def forgotten(self, at: datetime) -> "Connection":
        """After auth deleted it: nothing is known of its seller, and no buyer's data that came by it may be left."""
        return replace(self, seller_id="", name="", state=DISCONNECTED, channels=(), erase_asked_at=at)

    def takes(self, placed_at: datetime) -> bool:
        """Whether an order placed then is ours to import."""
        return self.orders_from is None or placed_at >= self.orders_from

    @property
    def erasing(self) -> bool:
        """What its seller wanted destroyed is not all destroyed yet: until then nothing new is read."""
        asked, done = self.erase_asked_at, self.erase_done_at
        return asked is not None and (done is None or done < asked)
