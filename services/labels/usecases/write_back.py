"""
Telling the marketplaces about parcels that left, one lease per connection: what is due is sent, or read back.

Writes and read-backs share the lease and its budgets; a read that must wait for its budget only moves that parcel.
"""

from uuid import UUID

from services.labels.domain.shipment import Told
from services.labels.usecases.ports import ConnectionCopy, DueWriteBack, Store
from services.labels.usecases.read_back import read_back
from services.labels.usecases.send_tracking import send_tracking
from services.labels.usecases.telling import Place, Telling
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import Lease

BATCH = 50


async def write_back_due(lease: Lease[Store], *, tools: Telling) -> None:
    """
    Sends and reads back what is due of the lease's connection, longest due first.

    Raises what concerns the whole connection: ConsentLost, Retryable, ClientSecretInvalid.
    """
    connection, due = await lease.read(lambda store: _due(store, lease.subject))
    if connection is None:
        return
    tracking = tools.trackings[connection.marketplace]
    timing = tools.timing(connection.marketplace)
    place = Place(ConnectionId(lease.subject), connection.account, tracking, timing)
    for row in due:
        if row.state is Told.SENT:
            await read_back(lease, row, place, tools)
        else:
            await send_tracking(lease, row, place, tools)


async def _due(store: Store, connection_id: UUID) -> tuple[ConnectionCopy | None, list[DueWriteBack]]:
    connection = await store.connections.get(connection_id)
    return connection, await store.fulfilments.due_write_backs(connection_id, BATCH)
