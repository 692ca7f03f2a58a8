"""Reads for pages and lists: each in a short transaction of its own."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters import connection_list, tables
from services.auth.adapters.accounts import SqlAccounts, to_account
from services.auth.adapters.addresses import of_organisation as addresses_of
from services.auth.adapters.addresses import to_sealed
from services.auth.adapters.api_clients import clients, of_organisation
from services.auth.adapters.asked_roles import SqlAskedRoles
from services.auth.adapters.audit import SqlAudit
from services.auth.adapters.connections import CONNECTIONS, to_connection
from services.auth.adapters.factors import has_factor
from services.auth.adapters.grants import SqlSigningKeys
from services.auth.adapters.passkeys import SqlPasskeys
from services.auth.adapters.private_apps import authorisations_of, to_app
from services.auth.adapters.private_apps import of_organisation as private_apps_of
from services.auth.adapters.sessions import to_session
from services.auth.domain.account import Account, Session
from services.auth.domain.address import SealedAddress
from services.auth.domain.api_client import ApiClient
from services.auth.domain.connection import RUNNING, Connection, ConnectionState
from services.auth.domain.consent import STATE_LASTS, WONDERED_AFTER, WONDERED_UNTIL
from services.auth.domain.passkey import Passkey
from services.auth.domain.private_app import PrivateApp
from services.auth.domain.signing import SigningKey
from services.auth.usecases.connection_list import Counts, ListAsked, ListPage
from services.auth.usecases.views import Standing, User
from shared.db.unit_of_work import Statements, transaction
from shared.kernel.ids import ConnectionId, OrganisationId, UserId

_ITS = tables.connection
_REVOKED = select(tables.revoked_token.c.id)


class SqlViews:
    """See `usecases.views.Views`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._statements = Statements(engine)

    async def connections(
        self, organisation_id: OrganisationId, *, after: ConnectionId | None, limit: int
    ) -> Sequence[Connection]:
        query = CONNECTIONS.where(_ITS.c.organisation_id == organisation_id).order_by(_ITS.c.id).limit(limit)
        if after is not None:
            query = query.where(_ITS.c.id > after)
        async with transaction(self._engine) as connection:
            return [to_connection(row) for row in await connection.execute(query)]

    async def listed(self, organisation_id: OrganisationId, asked: ListAsked) -> ListPage:
        async with transaction(self._engine) as connection:
            return await connection_list.listed(connection, organisation_id, asked)

    async def counted(self, organisation_id: OrganisationId) -> Counts:
        async with transaction(self._engine) as connection:
            return await connection_list.counted(connection, organisation_id)

    async def living(self, organisation_id: OrganisationId, *, app_id: UUID | None = None) -> Sequence[Connection]:
        query = CONNECTIONS.where(_ITS.c.organisation_id == organisation_id, connection_list.LIVES)
        if app_id is not None:
            query = query.where(_ITS.c.app_id == app_id)
        async with transaction(self._engine) as connection:
            found = await connection.execute(query.order_by(_ITS.c.name, _ITS.c.id))
            return [to_connection(row) for row in found]

    async def plans(self, organisation_id: OrganisationId) -> Collection[bool]:
        told = (connection_list.LIVES, _ITS.c.professional.is_not(None))
        query = select(_ITS.c.professional).where(_ITS.c.organisation_id == organisation_id, *told).distinct()
        async with transaction(self._engine) as connection:
            return (await connection.execute(query)).scalars().all()

    async def connection(self, organisation_id: OrganisationId, connection_id: ConnectionId) -> Connection | None:
        query = CONNECTIONS.where(_ITS.c.organisation_id == organisation_id, _ITS.c.id == connection_id)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(query)).first()
        return to_connection(row) if row else None

    async def erased_by(self, connection: Connection) -> Mapping[str, datetime]:
        if connection.erase_asked_at is None:
            return {}
        async with transaction(self._engine) as opened:
            return await SqlAudit(opened).erased_by(connection.id, connection.erase_asked_at)

    async def of_seller(
        self, organisation_id: OrganisationId, marketplace: str, seller_id: str
    ) -> Sequence[Connection]:
        account = (_ITS.c.marketplace == marketplace, _ITS.c.seller_id == seller_id)
        query = CONNECTIONS.where(_ITS.c.organisation_id == organisation_id, *account).order_by(_ITS.c.id)
        async with transaction(self._engine) as connection:
            return [to_connection(row) for row in await connection.execute(query)]

    async def unanswered(self, user_id: UserId, now: datetime) -> str | None:
        its = tables.consent_state
        begun = (now - WONDERED_UNTIL + STATE_LASTS, now + STATE_LASTS)
        query = (
            select(its)
            .where(its.c.account_id == user_id, its.c.expires_at.between(*begun))
            .order_by(its.c.expires_at.desc())
            .limit(1)
        )
        async with transaction(self._engine) as connection:
            last = (await connection.execute(query)).first()
        if last is None or last.used_at is not None or last.expires_at - STATE_LASTS > now - WONDERED_AFTER:
            return None
        return str(last.marketplace)

    async def calendar(self, digest: str) -> Sequence[Connection] | None:
        its = tables.organisation
        async with transaction(self._engine) as connection:
            found = await connection.execute(select(its.c.id).where(its.c.calendar_digest == digest))
            organisation_id = found.scalar_one_or_none()
            if organisation_id is None:
                return None
            own = CONNECTIONS.where(_ITS.c.organisation_id == organisation_id).order_by(_ITS.c.id)
            return [to_connection(row) for row in await connection.execute(own)]

    async def has_calendar(self, organisation_id: OrganisationId) -> bool:
        its = tables.organisation
        query = select(its.c.calendar_digest.is_not(None)).where(its.c.id == organisation_id)
        async with transaction(self._engine) as connection:
            return bool((await connection.execute(query)).scalar_one())

    async def account(self, user_id: UserId) -> Account | None:
        async with transaction(self._engine) as connection:
            own = select(tables.account).where(tables.account.c.id == user_id)
            row = (await connection.execute(own)).first()
        return to_account(row) if row else None

    async def sessions(self, user_id: UserId) -> Sequence[Session]:
        its = tables.session
        own = select(its).where(its.c.account_id == user_id).order_by(its.c.seen_at.desc(), its.c.id)
        async with transaction(self._engine) as connection:
            return [to_session(row) for row in await connection.execute(own)]

    async def has_factor(self, user_id: UserId) -> bool:
        its = tables.second_factor
        own = select(its.c.confirmed_at.is_not(None)).where(its.c.account_id == user_id)
        async with transaction(self._engine) as connection:
            return bool((await connection.execute(own)).scalar_one_or_none())

    async def recovery_codes(self, user_id: UserId) -> int:
        its = tables.recovery_code
        own = select(func.count()).select_from(its).where(its.c.account_id == user_id)
        async with transaction(self._engine) as connection:
            return int((await connection.execute(own)).scalar_one())

    async def passkeys(self, user_id: UserId) -> Sequence[Passkey]:
        async with transaction(self._engine) as connection:
            return await SqlPasskeys(connection).of(user_id)

    async def every_user(self, email_key: str | None) -> Sequence[User]:
        its, lock, session = tables.account, tables.sign_in_lock, tables.session
        locked = select(func.max(lock.c.locked_until)).where(lock.c.account_id == its.c.id).scalar_subquery()
        sessions = select(func.count()).where(session.c.account_id == its.c.id).scalar_subquery()
        seen = select(func.max(session.c.seen_at)).where(session.c.account_id == its.c.id).scalar_subquery()
        facts = (
            locked.label("locked_until"),
            has_factor(its.c.id).label("has_factor"),
            sessions.label("sessions"),
            seen.label("seen_at"),
        )
        query = select(its, *facts).order_by(its.c.id)
        if email_key is not None:
            query = query.where(its.c.email_key == email_key)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            User(to_account(row), row.created_at, row.locked_until, row.has_factor, row.sessions, row.seen_at)
            for row in rows
        ]

    async def api_clients(self, organisation_id: OrganisationId) -> Sequence[ApiClient]:
        async with transaction(self._engine) as connection:
            return await clients(connection, of_organisation(organisation_id))

    async def revoked_ids(self) -> frozenset[str]:
        async with self._statements() as connection:
            return frozenset((await connection.execute(_REVOKED)).scalars())

    async def private_apps(self, organisation_id: OrganisationId) -> Sequence[PrivateApp]:
        async with transaction(self._engine) as connection:
            return [to_app(row) for row in await connection.execute(private_apps_of(organisation_id))]

    async def authorisations(self, organisation_id: OrganisationId) -> Mapping[UUID, int]:
        own = authorisations_of(tables.private_app.c.organisation_id == organisation_id)
        async with transaction(self._engine) as connection:
            return {row.id: row.authorisations for row in await connection.execute(own)}

    async def addresses(self, organisation_id: OrganisationId) -> Sequence[SealedAddress]:
        async with transaction(self._engine) as connection:
            return [to_sealed(row) for row in await connection.execute(addresses_of(organisation_id))]

    async def says_professional(self, organisation_id: OrganisationId) -> bool:
        its = tables.organisation
        async with transaction(self._engine) as connection:
            found = await connection.execute(select(its.c.professional).where(its.c.id == organisation_id))
        return bool(found.scalar_one())

    async def has_confirmed(self, organisation_id: OrganisationId) -> bool:
        async with transaction(self._engine) as connection:
            return await SqlAccounts(connection).has_confirmed(organisation_id)

    async def every_connection(self, state: ConnectionState | None) -> Sequence[Connection]:
        query = CONNECTIONS.order_by(_ITS.c.id)
        if state is not None:
            query = query.where(_ITS.c.state == state)
        async with transaction(self._engine) as connection:
            return [to_connection(row) for row in await connection.execute(query)]

    async def standing(self) -> Standing:
        counted = select(_ITS.c.marketplace, _ITS.c.state, func.count().label("connections")).group_by(
            _ITS.c.marketplace, _ITS.c.state
        )
        its = tables.access_grant
        granted = (
            select(its.c.marketplace, its.c.region, func.count().label("grants"))
            .where(its.c.sealed_refresh_token.is_not(None), its.c.app_id.is_(None))
            .group_by(its.c.marketplace, its.c.region)
        )
        nearest = select(func.min(_ITS.c.expires_at)).where(_ITS.c.state.in_(RUNNING))
        oldest = select(func.min(tables.mail.c.due_at))
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(counted)).all()
            grants = (await connection.execute(granted)).all()
            authorised = (await connection.execute(authorisations_of())).all()
            end = (await connection.execute(nearest)).scalar_one()
            due = (await connection.execute(oldest)).scalar_one()
            roles = await SqlAskedRoles(connection).standing()
        counts = {(row.marketplace, ConnectionState(row.state)): row.connections for row in rows}
        by_region = {(row.marketplace, row.region): row.grants for row in grants}
        by_app = [(row.marketplace, row.authorisations) for row in authorised]
        return Standing(counts, by_region, by_app, end, due, roles)

    async def regions(self) -> Sequence[tuple[str, str]]:
        pair = (_ITS.c.marketplace, _ITS.c.region)
        query = select(*pair).where(_ITS.c.grant_id.is_not(None), _ITS.c.app_id.is_(None)).distinct().order_by(*pair)
        async with transaction(self._engine) as connection:
            return [(row.marketplace, row.region) for row in await connection.execute(query)]

    async def signing_keys(self) -> Sequence[SigningKey]:
        async with transaction(self._engine) as connection:
            return await SqlSigningKeys(connection).all()
