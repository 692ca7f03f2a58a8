"""The store of one transaction."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters.accounts import SqlAccounts
from services.auth.adapters.addresses import SqlAddresses
from services.auth.adapters.api_clients import SqlApiClients, SqlRevokedTokens
from services.auth.adapters.asked_roles import SqlAskedRoles
from services.auth.adapters.attempts import SqlAttempts, SqlLinks, SqlLocks
from services.auth.adapters.audit import SqlAudit
from services.auth.adapters.client_secrets import SqlClientSecrets
from services.auth.adapters.closing import SqlClosings
from services.auth.adapters.connections import SqlConnections, SqlConsents
from services.auth.adapters.factors import SqlFactors
from services.auth.adapters.grants import SqlGrants, SqlSigningKeys
from services.auth.adapters.mails import SqlMails
from services.auth.adapters.members import SqlInvitations, SqlMembers
from services.auth.adapters.openid import SqlOpenIdStates
from services.auth.adapters.passkeys import SqlPasskeys
from services.auth.adapters.private_apps import SqlPrivateApps
from services.auth.adapters.retention import SqlOldConnections
from services.auth.adapters.sessions import SqlSessions
from services.auth.adapters.support import SqlSupport
from services.auth.adapters.upkeep import SqlUpkeep
from services.auth.usecases.ports import Store
from shared.messaging.outbox import SqlOutbox


def bind(connection: AsyncConnection) -> Store:
    return Store(
        accounts=SqlAccounts(connection),
        sessions=SqlSessions(connection),
        attempts=SqlAttempts(connection),
        locks=SqlLocks(connection),
        links=SqlLinks(connection),
        factors=SqlFactors(connection),
        passkeys=SqlPasskeys(connection),
        openid_states=SqlOpenIdStates(connection),
        consents=SqlConsents(connection),
        connections=SqlConnections(connection),
        grants=SqlGrants(connection),
        api_clients=SqlApiClients(connection),
        private_apps=SqlPrivateApps(connection),
        client_secrets=SqlClientSecrets(connection),
        revoked=SqlRevokedTokens(connection),
        addresses=SqlAddresses(connection),
        audit=SqlAudit(connection),
        signing_keys=SqlSigningKeys(connection),
        upkeep=SqlUpkeep(connection),
        old=SqlOldConnections(connection),
        mails=SqlMails(connection),
        members=SqlMembers(connection),
        invitations=SqlInvitations(connection),
        roles=SqlAskedRoles(connection),
        support=SqlSupport(connection),
        closings=SqlClosings(connection),
        outbox=SqlOutbox(connection),
    )
