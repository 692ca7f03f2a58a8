"""Connections and consents under way, in PostgreSQL."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.asked_roles import LACKS_ROLES, lacks_any
from services.auth.adapters.closing import lock_open
from services.auth.adapters.private_apps import OWN_SECRET
from services.auth.domain.connection import RUNNING, Connection, ConnectionState, ProbeOutcome
from services.auth.domain.consent import ConsentState
from services.auth.domain.life import EXPIRING_FOR
from shared.access.principal import Ending
from shared.kernel.ids import ConnectionId, GrantId, OrganisationId, UserId
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.models import Channel
from shared.marketplaces.reached import SellerState

_ITS = tables.connection
CONNECTIONS = select(_ITS, LACKS_ROLES, *OWN_SECRET)
_AT_ONCE = 500


class SqlConnections:
    """See `usecases.ports.Connections`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, connection_id: ConnectionId) -> Connection | None:
        return await self._first(CONNECTIONS.where(_ITS.c.id == connection_id).with_for_update(of=_ITS))

    async def lock_own(self, connection_id: ConnectionId, organisation_id: OrganisationId) -> Connection | None:
        return await self._first(_own(connection_id, organisation_id).with_for_update(of=_ITS))

    async def get_own(self, connection_id: ConnectionId, organisation_id: OrganisationId) -> Connection | None:
        return await self._first(_own(connection_id, organisation_id))

    async def get(self, connection_id: ConnectionId) -> Connection | None:
        return await self._first(CONNECTIONS.where(_ITS.c.id == connection_id))

    async def lock_of_grant(self, grant_id: GrantId) -> Sequence[Connection]:
        query = CONNECTIONS.where(_ITS.c.grant_id == grant_id).order_by(_ITS.c.id).with_for_update(of=_ITS)
        return [to_connection(row) for row in await self._connection.execute(query)]

    async def lock_of_app(self, app_id: UUID, organisation_id: OrganisationId) -> Sequence[Connection]:
        own = (_ITS.c.app_id == app_id, _ITS.c.organisation_id == organisation_id)
        living = CONNECTIONS.where(*own, _ITS.c.state != ConnectionState.DISCONNECTED)
        locked = living.order_by(_ITS.c.id).with_for_update(of=_ITS)
        return [to_connection(row) for row in await self._connection.execute(locked)]

    async def lock_of_seller(
        self, marketplace: str, region: str, seller_id: str, organisation_id: OrganisationId
    ) -> Sequence[Connection]:
        # A row that is not there yet cannot be locked; this name for it can.
        account = f"{marketplace} {region} {seller_id}"
        await self._connection.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:account, 0))"), {"account": account}
        )
        living = _ITS.c.state != ConnectionState.DISCONNECTED
        query = (
            CONNECTIONS.where(_ITS.c.marketplace == marketplace, _ITS.c.region == region, _ITS.c.seller_id == seller_id)
            .where(or_(living, _ITS.c.organisation_id == organisation_id))
            .order_by(_ITS.c.id)
            .with_for_update(of=_ITS)
        )
        return [to_connection(row) for row in await self._connection.execute(query)]

    async def lock_lapsed(self, claimed_before: datetime) -> Sequence[Connection]:
        query = (
            CONNECTIONS.where(_ITS.c.state == ConnectionState.UNPROVEN, _ITS.c.claimed_at <= claimed_before)
            .order_by(_ITS.c.id)
            .limit(_AT_ONCE)
            .with_for_update(of=_ITS, skip_locked=True)
        )
        return [to_connection(row) for row in await self._connection.execute(query)]

    async def lock_ending(self, before: datetime, after: ConnectionId | None) -> Sequence[Connection]:
        query = (
            CONNECTIONS.where(_ITS.c.state.in_(RUNNING), _ITS.c.expires_at <= before)
            .order_by(_ITS.c.id)
            .limit(_AT_ONCE)
            .with_for_update(of=_ITS, skip_locked=True)
        )
        if after is not None:
            query = query.where(_ITS.c.id > after)
        return [to_connection(row) for row in await self._connection.execute(query)]

    async def lock_to_be_reminded(self, now: datetime) -> Sequence[Connection]:
        query = (
            CONNECTIONS.where(_ITS.c.remind_at <= now, _ITS.c.app_id.is_not(None), _ITS.c.state.in_(RUNNING))
            .order_by(_ITS.c.id)
            .limit(_AT_ONCE)
            .with_for_update(of=_ITS, skip_locked=True)
        )
        return [to_connection(row) for row in await self._connection.execute(query)]

    async def lock_lacking_roles(self, told_before: datetime) -> Sequence[Connection]:
        lacking = lacks_any(told_before)
        organisations = select(_ITS.c.organisation_id).where(lacking).distinct().limit(_AT_ONCE).scalar_subquery()
        query = CONNECTIONS.where(lacking, _ITS.c.organisation_id.in_(organisations)).order_by(_ITS.c.id)
        locked = query.with_for_update(of=_ITS, skip_locked=True)
        return [to_connection(row) for row in await self._connection.execute(locked)]

    async def roles_told(self, connection_ids: Sequence[ConnectionId], at: datetime) -> None:
        await self._connection.execute(update(_ITS).where(_ITS.c.id.in_(connection_ids)).values(roles_told_at=at))

    async def count_lacking_roles(self, organisation_id: OrganisationId) -> int:
        query = select(func.count()).select_from(_ITS).where(_ITS.c.organisation_id == organisation_id, lacks_any())
        return int((await self._connection.execute(query)).scalar_one())

    async def ending(self, organisation_id: OrganisationId, now: datetime) -> Ending | None:
        rests = and_(_ITS.c.state == ConnectionState.PAUSED, _ITS.c.expires_at <= now + EXPIRING_FOR)
        ends = or_(_ITS.c.state.in_([ConnectionState.EXPIRING, ConnectionState.EXPIRED]), rests)
        query = select(func.count().label("connections"), func.min(_ITS.c.expires_at).label("first_at"))
        found = await self._connection.execute(query.where(_ITS.c.organisation_id == organisation_id, ends))
        row = found.one()
        return Ending(row.connections, row.first_at) if row.connections else None

    async def first_authorised(
        self, organisation_id: OrganisationId, marketplaces: Collection[str] | None = None
    ) -> datetime | None:
        since = func.min(func.coalesce(_ITS.c.first_authorised_at, _ITS.c.authorised_at))
        query = select(since).where(_ITS.c.organisation_id == organisation_id)
        query = query.where(_ITS.c.state != ConnectionState.DISCONNECTED)
        if marketplaces is not None:
            query = query.where(_ITS.c.marketplace.in_(marketplaces))
        first: datetime | None = (await self._connection.execute(query)).scalar_one()
        return first

    async def count_claims(self, organisation_id: OrganisationId) -> int:
        return await self._count_unproven(organisation_id, _ITS.c.claimed_at.is_not(None))

    async def count_brought(self, organisation_id: OrganisationId) -> int:
        return await self._count_unproven(organisation_id, _ITS.c.claimed_at.is_(None))

    async def _count_unproven(self, organisation_id: OrganisationId, which: ColumnElement[bool]) -> int:
        await lock_open(self._connection, organisation_id)
        unproven = (_ITS.c.organisation_id == organisation_id, _ITS.c.state == ConnectionState.UNPROVEN, which)
        counted = await self._connection.execute(select(func.count()).select_from(_ITS).where(*unproven))
        return int(counted.scalar_one())

    async def holder(self, marketplace: str, region: str, seller_id: str) -> OrganisationId | None:
        query = select(_ITS.c.organisation_id).where(
            _ITS.c.marketplace == marketplace,
            _ITS.c.region == region,
            _ITS.c.seller_id == seller_id,
            _ITS.c.state.not_in([ConnectionState.DISCONNECTED, ConnectionState.UNPROVEN]),
            _ITS.c.app_id.is_(None),
        )
        found = (await self._connection.execute(query)).scalar_one_or_none()
        return OrganisationId(found) if found else None

    async def save(self, connection: Connection) -> None:
        values = _values(connection)
        saving = upsert(_ITS).values(values)
        changed: dict[str, ColumnElement[Any]] = {
            name: saving.excluded[name] for name in values if name not in {"id", "organisation_id"}
        }
        ended = saving.excluded.state == ConnectionState.DISCONNECTED
        changed["ended_at"] = case((ended, func.coalesce(_ITS.c.ended_at, func.now())))
        await self._connection.execute(saving.on_conflict_do_update(index_elements=["id"], set_=changed))

    async def _first(self, query: Select[Any]) -> Connection | None:
        row = (await self._connection.execute(query)).first()
        return to_connection(row) if row else None


class SqlConsents:
    """See `usecases.ports.Consents`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, state: ConsentState) -> None:
        await self._connection.execute(
            insert(tables.consent_state).values(
                digest=state.digest,
                session=state.session,
                organisation_id=state.organisation_id,
                account_id=state.user_id,
                marketplace=state.marketplace,
                region=state.region,
                country=state.country,
                name=state.name,
                connection_id=state.connection_id,
                seller_id=state.seller_id,
                expires_at=state.expires_at,
                endpoint=state.endpoint.value,
            )
        )

    async def lock(self, digest: str) -> ConsentState | None:
        its = tables.consent_state
        row = (await self._connection.execute(select(its).where(its.c.digest == digest).with_for_update())).first()
        if row is None:
            return None
        return ConsentState(
            digest=row.digest,
            session=row.session,
            organisation_id=OrganisationId(row.organisation_id),
            user_id=UserId(row.account_id),
            marketplace=row.marketplace,
            region=row.region,
            country=row.country,
            name=row.name,
            connection_id=ConnectionId(row.connection_id) if row.connection_id else None,
            seller_id=row.seller_id,
            expires_at=row.expires_at,
            used_at=row.used_at,
            endpoint=Endpoint(row.endpoint),
        )

    async def use(self, digest: str, now: datetime) -> None:
        its = tables.consent_state
        await self._connection.execute(update(its).where(its.c.digest == digest).values(used_at=now))


def probes_due() -> Select[Any]:
    """Connections to be probed now (claims)."""
    return select(
        _ITS.c.id.label("subject"), _ITS.c.marketplace.label("far_side"), _ITS.c.probe_due_at.label("due_at")
    ).where(
        _ITS.c.probe_due_at <= func.statement_timestamp(),
        _ITS.c.state.in_(RUNNING | {ConnectionState.UNPROVEN}),
    )


def to_connection(row: Any) -> Connection:
    return Connection(
        id=ConnectionId(row.id),
        organisation_id=OrganisationId(row.organisation_id),
        marketplace=row.marketplace,
        region=row.region,
        seller_id=row.seller_id,
        name=row.name,
        state=ConnectionState(row.state),
        consent_version=row.consent_version,
        grant_id=GrantId(row.grant_id) if row.grant_id else None,
        authorised_at=row.authorised_at,
        first_authorised_at=row.first_authorised_at,
        expires_at=row.expires_at,
        reached=tuple(Channel(**channel) for channel in row.channels),
        chosen=frozenset(row.chosen_channels) if row.chosen_channels is not None else None,
        seller_state=SellerState(row.seller_state) if row.seller_state else None,
        orders_from=row.orders_from,
        country=row.country,
        login=row.login,
        claimed_at=row.claimed_at,
        refused_at=row.refused_at,
        contested=row.contested,
        probe_due_at=row.probe_due_at,
        probed_at=row.probed_at,
        probe_outcome=ProbeOutcome(row.probe_outcome) if row.probe_outcome else None,
        suspected_at=row.suspected_at,
        event_sequence=row.event_sequence,
        app_id=row.app_id,
        remind_at=row.remind_at,
        erase_asked_at=row.erase_asked_at,
        endpoint=Endpoint(row.endpoint),
        professional=row.professional,
        lacks_roles=tuple(row.lacks_roles or ()),
        roles_told_at=row.roles_told_at,
        secret_refused_at=row.secret_refused_at,
        secret_ends_at=row.secret_ends_at,
    )


def _own(connection_id: ConnectionId, organisation_id: OrganisationId) -> Select[Any]:
    return CONNECTIONS.where(_ITS.c.id == connection_id, _ITS.c.organisation_id == organisation_id)


def _values(connection: Connection) -> dict[str, Any]:
    values = asdict(connection) | {
        "state": connection.state.value,
        "seller_state": connection.seller_state.value if connection.seller_state else None,
        "probe_outcome": connection.probe_outcome.value if connection.probe_outcome else None,
        "endpoint": connection.endpoint.value,
        "channels": [asdict(channel) for channel in connection.reached],
        "chosen_channels": sorted(connection.chosen) if connection.chosen is not None else None,
    }
    for name in ("reached", "chosen", "lacks_roles", "secret_refused_at", "secret_ends_at"):
        del values[name]
    return values
