"""Support staff and what they look at, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.auth.adapters import tables
from services.auth.adapters.accounts import to_account
from services.auth.adapters.factors import has_factor
from services.auth.domain.account import email_key
from services.auth.domain.support import Look
from services.auth.usecases.support_ports import Looked, Organisation, Overview, RoleCount, Staff
from shared.access.roles import Role
from shared.db.unit_of_work import transaction
from shared.kernel.ids import OrganisationId, UserId

_STAFF, _ITS, _ORGANISATION, _ACCOUNT = tables.support_staff, tables.support_look, tables.organisation, tables.account
_FOUND_MOST = 20


class SqlSupport:
    """See `usecases.support_ports.Support`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def grant(self, account_id: UserId, now: datetime) -> bool:
        adding = upsert(_STAFF).values(account_id=account_id, granted_at=now).on_conflict_do_nothing()
        return (await self._connection.execute(adding)).rowcount > 0

    async def revoke(self, account_id: UserId, now: datetime) -> bool:
        was = await self._connection.execute(delete(_STAFF).where(_STAFF.c.account_id == account_id))
        open_ones = update(_ITS).where(_ITS.c.account_id == account_id, _ITS.c.expires_at > now)
        await self._connection.execute(open_ones.values(expires_at=now))
        return was.rowcount > 0

    async def is_staff(self, account_id: UserId) -> bool:
        marked = select(exists().where(_STAFF.c.account_id == account_id))
        return bool((await self._connection.execute(marked)).scalar_one())

    async def set_secrets(self, account_id: UserId, *, allowed: bool) -> bool:
        changed = update(_STAFF).where(_STAFF.c.account_id == account_id, _STAFF.c.secrets.is_not(allowed))
        return (await self._connection.execute(changed.values(secrets=allowed))).rowcount > 0

    async def may_keep_secrets(self, account_id: UserId) -> bool:
        marked = select(exists().where(_STAFF.c.account_id == account_id, _STAFF.c.secrets))
        return bool((await self._connection.execute(marked)).scalar_one())

    async def has_organisation(self, organisation_id: OrganisationId) -> bool:
        there = select(exists().where(_ORGANISATION.c.id == organisation_id))
        return bool((await self._connection.execute(there)).scalar_one())

    async def add(self, look: Look) -> None:
        values = {
            "id": look.id,
            "account_id": look.account_id,
            "organisation_id": look.organisation_id,
            "reason": look.reason,
            "opened_at": look.opened_at,
            "expires_at": look.expires_at,
        }
        await self._connection.execute(insert(_ITS).values(values))


class SqlSupportViews:
    """See `usecases.support_ports.SupportViews`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def found(self, asked: str) -> Sequence[Organisation]:
        query = select(_ORGANISATION.c.id, _ORGANISATION.c.name).where(_named_by(asked))
        async with transaction(self._engine) as connection:
            rows = await connection.execute(query.order_by(_ORGANISATION.c.id).limit(_FOUND_MOST))
            return [Organisation(OrganisationId(row.id), row.name) for row in rows]

    async def organisation(self, organisation_id: OrganisationId) -> Organisation | None:
        query = select(_ORGANISATION.c.name).where(_ORGANISATION.c.id == organisation_id)
        async with transaction(self._engine) as connection:
            name = (await connection.execute(query)).scalar_one_or_none()
        return None if name is None else Organisation(organisation_id, name)

    async def open_look(self, account_id: UserId, organisation_id: OrganisationId, now: datetime) -> Look | None:
        whose = (_ITS.c.account_id == account_id, _ITS.c.organisation_id == organisation_id)
        query = select(_ITS).where(*whose, _ITS.c.expires_at > now).order_by(_ITS.c.expires_at.desc()).limit(1)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(query)).first()
        return _look(row) if row else None

    async def overview(self, organisation_id: OrganisationId, now: datetime) -> Overview:
        with_factor = func.count().filter(has_factor(_ACCOUNT.c.id)).label("with_factor")
        members = select(_ACCOUNT.c.role, func.count().label("members"), with_factor)
        members = members.where(_ACCOUNT.c.organisation_id == organisation_id).group_by(_ACCOUNT.c.role)
        client, secret, invitation = tables.api_client, tables.api_client_secret, tables.invitation
        living = (client.c.organisation_id == organisation_id, client.c.revoked_at.is_(None))
        clients = select(func.count()).where(*living).scalar_subquery()
        used = select(func.max(secret.c.used_at)).join_from(secret, client).where(*living).scalar_subquery()
        waiting = (invitation.c.organisation_id == organisation_id, invitation.c.expires_at > now)
        counts = select(
            _ORGANISATION.c.created_at,
            clients.label("clients"),
            used.label("used_at"),
            select(func.count()).where(*waiting).scalar_subquery().label("invitations"),
        ).where(_ORGANISATION.c.id == organisation_id)
        async with transaction(self._engine) as connection:
            by_role = {row.role: row for row in await connection.execute(members)}
            found = (await connection.execute(counts)).one()
        roles = [RoleCount(role, by_role[role].members, by_role[role].with_factor) for role in Role if role in by_role]
        return Overview(found.created_at, roles, found.clients, found.used_at, found.invitations)

    async def looks(self, account_id: UserId, *, after: UUID | None, limit: int) -> Sequence[Looked]:
        query = select(_ITS, _ORGANISATION.c.name).join_from(_ITS, _ORGANISATION)
        query = query.where(_ITS.c.account_id == account_id).order_by(_ITS.c.id.desc()).limit(limit)
        if after is not None:
            query = query.where(_ITS.c.id < after)
        async with transaction(self._engine) as connection:
            return [Looked(_look(row), row.name) for row in await connection.execute(query)]

    async def staff(self) -> Sequence[Staff]:
        own = _ITS.c.account_id == _ACCOUNT.c.id
        facts = (
            _STAFF.c.granted_at,
            _STAFF.c.secrets,
            has_factor(_ACCOUNT.c.id).label("has_factor"),
            select(func.count()).where(own).scalar_subquery().label("looks"),
            select(func.max(_ITS.c.opened_at)).where(own).scalar_subquery().label("looked_at"),
        )
        query = select(_ACCOUNT, *facts).join_from(_STAFF, _ACCOUNT).order_by(_STAFF.c.granted_at, _ACCOUNT.c.id)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Staff(to_account(row), row.granted_at, row.secrets, row.has_factor, row.looks, row.looked_at)
            for row in rows
        ]


def _named_by(asked: str) -> ColumnElement[bool]:
    """An organisation that this word names. No index by seller account alone: a person asks, now and then."""
    connection = tables.connection
    names = [
        _ORGANISATION.c.id.in_(select(_ACCOUNT.c.organisation_id).where(_ACCOUNT.c.email_key == email_key(asked))),
        _ORGANISATION.c.id.in_(select(connection.c.organisation_id).where(connection.c.seller_id == asked)),
    ]
    try:
        named = UUID(asked)
    except ValueError:
        return or_(*names)
    of_connection = select(connection.c.organisation_id).where(connection.c.id == named)
    return or_(*names, _ORGANISATION.c.id == named, _ORGANISATION.c.id.in_(of_connection))


def _look(row: Any) -> Look:
    whose = UserId(row.account_id), OrganisationId(row.organisation_id)
    return Look(row.id, *whose, row.reason, row.opened_at, row.expires_at)
