"""Binds labels' repositories to one open transaction."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.labels.adapters.batches import SqlBatches
from services.labels.adapters.closed import DELETIONS
from services.labels.adapters.fulfilments import SqlFulfilments
from services.labels.adapters.policies import SqlConnections, SqlPolicies
from services.labels.adapters.retention import SqlOldRecords
from services.labels.usecases.ports import Store
from shared.db.closed import SqlClosedOrganisations
from shared.messaging.outbox import SqlOutbox


def bind(connection: AsyncConnection) -> Store:
    return Store(
        connections=SqlConnections(connection),
        fulfilments=SqlFulfilments(connection),
        policies=SqlPolicies(connection),
        batches=SqlBatches(connection),
        old=SqlOldRecords(connection),
        closed=SqlClosedOrganisations(connection, DELETIONS),
        outbox=SqlOutbox(connection),
    )
