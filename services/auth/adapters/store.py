"""The store of one transaction."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters.accounts import SqlAccounts, SqlAttempts, SqlSessions
from services.auth.adapters.api_clients import SqlApiClients
from services.auth.adapters.connections import SqlConnections, SqlConsents
from services.auth.adapters.grants import SqlAudit, SqlGrants, SqlSigningKeys
from services.auth.adapters.mails import SqlMails
from services.auth.adapters.private_apps import SqlPrivateApps
from services.auth.adapters.upkeep import SqlUpkeep
from services.auth.usecases.ports import Store
from shared.messaging.outbox import SqlOutbox


def bind(connection: AsyncConnection) -> Store:
    return Store(
        accounts=SqlAccounts(connection),
        sessions=SqlSessions(connection),
        attempts=SqlAttempts(connection),
        consents=SqlConsents(connection),
        connections=SqlConnections(connection),
        grants=SqlGrants(connection),
        api_clients=SqlApiClients(connection),
        private_apps=SqlPrivateApps(connection),
        audit=SqlAudit(connection),
        signing_keys=SqlSigningKeys(connection),
        upkeep=SqlUpkeep(connection),
        mails=SqlMails(connection),
        outbox=SqlOutbox(connection),
    )
