"""Whether SKUs weigh what a connection's listings tell: chosen by the seller, for each connection."""

from collections.abc import Container

from services.inventory.domain.connection import DISCONNECTED
from services.inventory.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, OrganisationId


class ConnectionUnknown(Exception):
    """The organisation has none of this id, or it was ended."""


class WeightsNotTold(Exception):
    """No listing of this marketplace tells what it weighs."""


async def take_weights(
    connection_id: ConnectionId,
    organisation_id: OrganisationId,
    *,
    taken: bool,
    telling: Container[str],
    store: Store,
    clock: Clock,
) -> None:
    """
    From now on, or no longer; its listings are read at once. `telling`: marketplaces whose listings tell it.

    What was taken stays: parcels that were ready do not begin to wait. Raises ConnectionUnknown, WeightsNotTold.
    """
    connection = (await store.connections.lock([connection_id])).get(connection_id)
    if connection is None or connection.organisation_id != organisation_id or connection.state == DISCONNECTED:
        raise ConnectionUnknown
    if connection.marketplace not in telling:
        raise WeightsNotTold
    discovery = await store.discoveries.lock(connection_id)
    if discovery is not None and discovery.weights != taken:
        await store.discoveries.save(connection_id, discovery.taking_weights(taken, clock.now()))
