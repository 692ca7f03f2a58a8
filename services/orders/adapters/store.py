"""All repositories over one open transaction."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.adapters.acceptances import SqlAcceptances
from services.orders.adapters.data_keys import SqlDataKeys
from services.orders.adapters.order_repository import SqlOrders
from services.orders.adapters.repositories import (
    SqlConnections,
    SqlCopies,
    SqlPolls,
    SqlRecipientReads,
    SqlTimeline,
    SqlUnreadableRecords,
)
from services.orders.adapters.retention import SqlOldRecords
from services.orders.usecases.ports import Store
from shared.messaging.outbox import SqlOutbox


def bind(connection: AsyncConnection) -> Store:
    return Store(
        connections=SqlConnections(connection),
        polls=SqlPolls(connection),
        orders=SqlOrders(connection),
        unreadable=SqlUnreadableRecords(connection),
        timeline=SqlTimeline(connection),
        copies=SqlCopies(connection),
        acceptances=SqlAcceptances(connection),
        recipient_reads=SqlRecipientReads(connection),
        data_keys=SqlDataKeys(connection),
        old=SqlOldRecords(connection),
        outbox=SqlOutbox(connection),
    )
