"""Mails to members, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.accounts import to_account
from services.auth.adapters.connections import CONNECTIONS, to_connection
from services.auth.domain.account import Account
from services.auth.domain.connection import RUNNING, Connection, ConnectionState
from services.auth.domain.life import EXPIRING_FOR
from services.auth.domain.mail import GATHERED, PAUSED_NAMED_FOR, Mail, MailKind, Reminded
from shared.kernel.ids import ConnectionId, OrganisationId, UserId, new_id

_ITS, _ORGANISATION, _CONNECTION = tables.mail, tables.organisation, tables.connection
_AT_ONCE = 500


class SqlMails:
    """See `usecases.mail_ports.Mails`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(
        self,
        organisation_id: OrganisationId,
        kind: MailKind,
        about: Sequence[ConnectionId],
        *,
        due_at: datetime,
        now: datetime,
    ) -> None:
        its = tables.account
        told = (its.c.email_confirmed_at.is_not(None), its.c.disabled_at.is_(None))
        members = select(its.c.id).where(its.c.organisation_id == organisation_id, *told)
        rows = [
            {
                "id": new_id(),
                "organisation_id": organisation_id,
                "account_id": account_id,
                "kind": kind.value,
                "connection_ids": list(about),
                "made_at": now,
                "due_at": due_at,
            }
            for account_id in (await self._connection.execute(members)).scalars()
        ]
        if rows:
            await self._connection.execute(insert(_ITS), rows)

    async def ask(self, account_id: UserId, kind: MailKind, now: datetime) -> None:
        unsent = (_ITS.c.account_id == account_id, _ITS.c.kind == kind, _ITS.c.due_at.is_not(None))
        await self._connection.execute(delete(_ITS).where(*unsent))
        whose = tables.account
        values = (literal(new_id()), whose.c.organisation_id, whose.c.id, literal(kind.value), literal([], ARRAY(Uuid)))
        asked = select(*values, literal(now), literal(now)).where(whose.c.id == account_id)
        # An account that is deleted meanwhile is none: the reference would fail when its row is gone.
        asked = asked.with_for_update(read=True, key_share=True)
        columns = ["id", "organisation_id", "account_id", "kind", "connection_ids", "made_at", "due_at"]
        await self._connection.execute(insert(_ITS).from_select(columns, asked))

    async def told_since(self, account_id: UserId, kind: MailKind, since: datetime) -> bool:
        reached = or_(_ITS.c.sent_at.is_not(None), _ITS.c.due_at.is_not(None))
        own = (_ITS.c.account_id == account_id, _ITS.c.kind == kind, _ITS.c.made_at > since)
        return bool((await self._connection.execute(select(exists().where(*own, reached)))).scalar_one())

    async def drop_unsent(self, organisation_id: OrganisationId, kind: MailKind) -> None:
        unsent = (_ITS.c.organisation_id == organisation_id, _ITS.c.kind == kind, _ITS.c.due_at.is_not(None))
        await self._connection.execute(delete(_ITS).where(*unsent))

    async def lock_to_be_reminded(self, now: datetime, after: OrganisationId | None) -> Sequence[Reminded]:
        end, runs = _CONNECTION.c.expires_at, _CONNECTION.c.state.in_(RUNNING)
        rests = and_(_CONNECTION.c.state == ConnectionState.PAUSED, end > now - PAUSED_NAMED_FOR)
        ending = (
            select(
                _CONNECTION.c.organisation_id,
                func.array_agg(_CONNECTION.c.id).label("connection_ids"),
                func.min(end).filter(runs).label("first_end"),
            )
            .where(or_(runs, rests), end <= now + EXPIRING_FOR)
            .group_by(_CONNECTION.c.organisation_id)
            .subquery()
        )
        query = (
            select(_ORGANISATION.c.id, _ORGANISATION.c.reminded_at, ending.c.connection_ids, ending.c.first_end)
            .join(ending, ending.c.organisation_id == _ORGANISATION.c.id)
            .order_by(_ORGANISATION.c.id)
            .limit(_AT_ONCE)
            .with_for_update(of=_ORGANISATION, skip_locked=True)
        )
        if after is not None:
            query = query.where(_ORGANISATION.c.id > after)
        return [
            Reminded(
                OrganisationId(row.id),
                tuple(ConnectionId(each) for each in row.connection_ids),
                row.first_end,
                row.reminded_at,
            )
            for row in await self._connection.execute(query)
        ]

    async def reminded(self, organisation_id: OrganisationId, at: datetime | None) -> None:
        own = _ORGANISATION.c.id == organisation_id
        await self._connection.execute(update(_ORGANISATION).where(own).values(reminded_at=at))

    async def lock(self, mail_id: UUID) -> tuple[Mail, Account, Sequence[Connection]] | None:
        unsent = select(_ITS).where(_ITS.c.id == mail_id, _ITS.c.due_at.is_not(None)).with_for_update()
        row = (await self._connection.execute(unsent)).first()
        if row is None:
            return None
        connection_ids = [*row.connection_ids, *(await self._gathered(row) if row.kind in GATHERED else ())]
        reader = select(tables.account).where(tables.account.c.id == row.account_id)
        about = CONNECTIONS.where(
            _CONNECTION.c.id.in_(connection_ids), _CONNECTION.c.organisation_id == row.organisation_id
        )
        account = to_account((await self._connection.execute(reader)).one())
        return (
            Mail(row.id, MailKind(row.kind), row.made_at),
            account,
            [to_connection(each) for each in await self._connection.execute(about)],
        )

    async def _gathered(self, row: Any) -> Sequence[ConnectionId]:
        """What its reader's other unsent mails of the kind are about, which this one stands for from now on."""
        same = (_ITS.c.account_id == row.account_id, _ITS.c.kind == row.kind)
        others = select(_ITS.c.id, _ITS.c.connection_ids).where(*same, _ITS.c.due_at.is_not(None), _ITS.c.id != row.id)
        found = (await self._connection.execute(others.with_for_update(skip_locked=True))).all()
        if not found:
            return ()
        about = [each for other in found for each in other.connection_ids]
        whole = update(_ITS).where(_ITS.c.id == row.id).values(connection_ids=[*row.connection_ids, *about])
        await self._connection.execute(whole)
        settled = update(_ITS).where(_ITS.c.id.in_([other.id for other in found])).values(due_at=None)
        await self._connection.execute(settled)
        return about

    async def settle(self, mail_id: UUID, *, sent_at: datetime | None) -> None:
        settled = update(_ITS).where(_ITS.c.id == mail_id).values(due_at=None, sent_at=sent_at)
        await self._connection.execute(settled)


def mails_due() -> Select[Any]:
    """Mails to be sent now (claims)."""
    due = _ITS.c.due_at <= func.statement_timestamp()
    return select(_ITS.c.id.label("subject"), literal("mail").label("far_side"), _ITS.c.due_at).where(due)
