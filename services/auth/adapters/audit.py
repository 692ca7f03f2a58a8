"""The audit log in PostgreSQL, which links its entries and refuses to change them (`audit_chain_v1`, `_v2`)."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, delete, func, insert, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.auth.adapters import tables
from services.auth.domain.audit import OPERATOR, Action, AuditEntry, AuditSession
from services.auth.domain.audit_chain import Head, Link
from services.auth.usecases.audit_log import Actors, Asked, Seen
from shared.db.unit_of_work import transaction
from shared.kernel.ids import ConnectionId, OrganisationId, UserId

_ITS, _LINK = tables.audit, tables.audit_link
_HASHED = (
    "id", "at", "action", "organisation_id", "account_id", "connection_id", "client_id", "reason", "before", "after",
    "session_id", "browser",
)  # fmt: skip
_NEW_IN_V2 = ("session_id", "browser")
_REMOVED_AT_ONCE = 1000


class SqlAudit:
    """See `usecases.ports.Audit`."""

    def __init__(self, connection: AsyncConnection, session: AuditSession | None = None) -> None:
        self._connection = connection
        self._session = session

    def in_session(self, session: AuditSession) -> Self:
        return type(self)(self._connection, session)

    async def add(self, entry: AuditEntry) -> None:
        if self._session is not None:
            entry = self._session.noted_on(entry)
        await self._connection.execute(
            insert(_ITS).values(
                id=entry.id,
                at=entry.at,
                action=entry.action.value,
                organisation_id=entry.organisation_id,
                account_id=entry.user_id,
                connection_id=entry.connection_id,
                client_id=entry.client_id,
                reason=entry.reason,
                before=entry.before,
                after=entry.after,
                session_id=entry.session_id,
                browser=entry.browser,
            )
        )

    async def erased_by(self, connection_id: ConnectionId, since: datetime) -> Mapping[str, datetime]:
        query = select(_ITS.c.reason, _ITS.c.at).where(
            _ITS.c.connection_id == connection_id, _ITS.c.action == Action.ERASED.value, _ITS.c.at >= since
        )
        return {row.reason: row.at for row in await self._connection.execute(query)}

    async def remove_old(self) -> int | None:
        await self._connection.execute(text("select pg_advisory_xact_lock(hashtextextended('auth.audit', 0))"))
        old = (_ITS.c.at < func.now() - literal_column("interval '12 months'")).label("is_old")
        first = select(_LINK.c.position, _LINK.c.entry_id, _ITS.c.id, old).select_from(
            _LINK.outerjoin(_ITS, _ITS.c.id == _LINK.c.entry_id)
        )
        rows = await self._connection.execute(first.order_by(_LINK.c.position).limit(_REMOVED_AT_ONCE))
        removed = []
        for row in rows:
            if row.id is not None and not row.is_old:
                break
            removed.append(row)
        if not any(row.id for row in removed):
            return None
        position = int(removed[-1].position)
        await self._connection.execute(delete(_ITS).where(_ITS.c.id.in_([row.entry_id for row in removed])))
        await self._connection.execute(delete(_LINK).where(_LINK.c.position < position))
        return position


class SqlAuditLog:
    """See `usecases.audit_log.AuditLog`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def entries(
        self, organisation_id: OrganisationId, asked: Asked, *, after: UUID | None, limit: int
    ) -> Sequence[Seen]:
        account, client, connection = tables.account, tables.api_client, tables.connection
        about = account.alias()
        whose: tuple[tuple[FromClause, ColumnElement[bool]], ...] = (
            (account, account.c.id == _ITS.c.account_id),
            (about, cast(about.c.id, Text) == _ITS.c.reason),
            (client, client.c.id == func.coalesce(_ITS.c.client_id, _ITS.c.reason)),
            (connection, connection.c.id == _ITS.c.connection_id),
        )
        named: FromClause = _ITS
        for table, its in whose:
            named = named.outerjoin(table, and_(its, table.c.organisation_id == organisation_id))
        names = (
            account.c.email,
            about.c.email.label("member"),
            client.c.name.label("client"),
            connection.c.name.label("connection"),
        )
        query = (
            select(_ITS, *names)
            .select_from(named)
            .where(_ITS.c.organisation_id == organisation_id, *_conditions(asked))
        )
        if after is not None:
            query = query.where(_ITS.c.id < after)
        async with transaction(self._engine) as connected:
            rows = await connected.execute(query.order_by(_ITS.c.id.desc()).limit(limit))
            return [Seen(_entry(row), row.email, row.member, row.client, row.connection) for row in rows]

    async def actors(self, organisation_id: OrganisationId) -> Actors:
        account, client, connection = tables.account, tables.api_client, tables.connection
        members = select(account.c.id, account.c.email).where(account.c.organisation_id == organisation_id)
        clients = select(client.c.id, client.c.name).where(client.c.organisation_id == organisation_id)
        shops = select(connection.c.id, connection.c.name).where(connection.c.organisation_id == organisation_id)
        async with transaction(self._engine) as connected:
            found = await connected.execute(members.order_by(account.c.email))
            programs = await connected.execute(clients.order_by(client.c.name, client.c.id))
            reached = await connected.execute(shops.order_by(connection.c.name, connection.c.id))
            return Actors(
                [(UserId(row.id), row.email) for row in found],
                [(row.id, row.name) for row in programs],
                [(ConnectionId(row.id), row.name) for row in reached],
            )

    async def head(self) -> Head | None:
        newest = select(_LINK.c.position, _LINK.c.hash).order_by(_LINK.c.position.desc()).limit(1)
        async with transaction(self._engine) as connected:
            row = (await connected.execute(newest)).first()
        return Head(row.position, row.hash.hex()) if row else None

    async def chain(self) -> AsyncIterator[Link]:
        joined = _LINK.join(_ITS, _ITS.c.id == _LINK.c.entry_id, full=True)
        query = select(_LINK.c.position, _LINK.c.hash, _LINK.c.version, _ITS).select_from(joined)
        async with transaction(self._engine) as connected:
            async for row in await connected.stream(query.order_by(_LINK.c.position.nulls_last(), _ITS.c.id)):
                yield Link(row.position, row.hash or b"", _content(row) if row.id else None)


def _conditions(asked: Asked) -> Iterator[ColumnElement[bool]]:
    by_nobody = and_(_ITS.c.account_id.is_(None), _ITS.c.client_id.is_(None))
    operator = func.coalesce(_ITS.c.reason, "") == OPERATOR
    if asked.user_id is not None:
        yield _ITS.c.account_id == asked.user_id
    if asked.client_id is not None:
        yield _ITS.c.client_id == asked.client_id
    if asked.by_operator:
        yield and_(by_nobody, operator)
    if asked.by_service:
        yield and_(by_nobody, ~operator)
    if asked.connection_id is not None:
        yield _ITS.c.connection_id == asked.connection_id
    if asked.action is not None:
        yield _ITS.c.action == asked.action
    if asked.since is not None:
        yield _ITS.c.at >= asked.since
    if asked.until is not None:
        yield _ITS.c.at < asked.until


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        action=Action(row.action),
        organisation_id=OrganisationId(row.organisation_id) if row.organisation_id else None,
        user_id=UserId(row.account_id) if row.account_id else None,
        connection_id=ConnectionId(row.connection_id) if row.connection_id else None,
        reason=row.reason,
        client_id=row.client_id,
        before=row.before,
        after=row.after,
        session_id=row.session_id,
        browser=row.browser,
    )


def _content(row: Any) -> tuple[str | None, ...]:
    """As its version was hashed; a field that is filled and was not there then is content too, which fits no hash."""
    said = {name: getattr(row, name) for name in _HASHED}
    said["at"] = f"{row.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    if row.version == 1:
        said = {name: value for name, value in said.items() if name not in _NEW_IN_V2 or value is not None}
    return tuple(None if value is None else str(value) for value in said.values())
