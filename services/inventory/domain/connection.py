"""Our own copy of a connection, as auth last told of it."""

from dataclasses import dataclass, replace

from shared.events.auth import MAY_WORK
from shared.kernel.ids import ConnectionId, OrganisationId

DISCONNECTED = "disconnected"
PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Connection:
    """
    `active`: we may work for it. `consent_version` is what a token must come from for its results to count.

    `channels`: ids, in auth's order.
    """

    id: ConnectionId
    organisation_id: OrganisationId
    marketplace: str
    region: str
    seller_id: str
    name: str
    state: str
    consent_version: int
    channels: tuple[str, ...]

    def forgotten(self) -> "Connection":
        """After auth deleted it: nothing is known of its seller, and nothing is reached."""
        return replace(self, seller_id="", name="", state=DISCONNECTED, channels=())

    @property
    def active(self) -> bool:
        return self.state in MAY_WORK
