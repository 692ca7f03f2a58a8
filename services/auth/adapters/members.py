"""Members, invitations and reviews in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.accounts import SqlAccounts, to_account
from services.auth.adapters.closing import lock_open
from services.auth.domain.account import Account, email_key
from services.auth.domain.member import Invitation
from services.auth.usecases.member_ports import Invited
from shared.access.roles import Role
from shared.kernel.ids import OrganisationId, UserId

_ACCOUNT, _ORGANISATION = tables.account, tables.organisation
_ITS, _LINK = tables.invitation, tables.invitation_link


class SqlMembers:
    """See `usecases.member_ports.Members`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, organisation_id: OrganisationId) -> Sequence[Account]:
        await lock_open(self._connection, organisation_id)
        own = select(_ACCOUNT).where(_ACCOUNT.c.organisation_id == organisation_id).order_by(_ACCOUNT.c.id)
        return [to_account(row) for row in await self._connection.execute(own.with_for_update(key_share=True))]

    async def join(self, account: Account, now: datetime) -> None:
        await SqlAccounts(self._connection).insert(account, now)

    async def set_role(self, user_id: UserId, role: Role) -> None:
        await self._connection.execute(update(_ACCOUNT).where(_ACCOUNT.c.id == user_id).values(role=role.value))

    async def remove(self, user_id: UserId) -> None:
        # Against rows that come to name it, too.
        await self._connection.execute(select(_ACCOUNT.c.id).where(_ACCOUNT.c.id == user_id).with_for_update())
        for table in tables.metadata.sorted_tables:
            for key in table.foreign_keys:
                if key.column is _ACCOUNT.c.id:
                    await self._connection.execute(delete(table).where(key.parent == user_id))
        await self._connection.execute(delete(_ACCOUNT).where(_ACCOUNT.c.id == user_id))

    async def is_review_overdue(self, organisation_id: OrganisationId, now: datetime) -> bool:
        overdue = select(_ORGANISATION.c.review_due_at <= now).where(_ORGANISATION.c.id == organisation_id)
        return bool((await self._connection.execute(overdue)).scalar_one())

    async def reviewed(self, organisation_id: OrganisationId, now: datetime, due_at: datetime) -> None:
        own = update(_ORGANISATION).where(_ORGANISATION.c.id == organisation_id)
        await self._connection.execute(own.values(reviewed_at=now, review_due_at=due_at))


class SqlInvitations:
    """See `usecases.member_ports.Invitations`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def save(self, invitation: Invitation) -> Invitation:
        values = {
            "email": invitation.email,
            "role": invitation.role.value,
            "locale": invitation.locale,
            "made_at": invitation.made_at,
            "expires_at": invitation.expires_at,
            "mail_due_at": invitation.mail_due_at,
            "mailed_at": invitation.mailed_at,
        }
        whose = {"organisation_id": invitation.organisation_id, "email_key": email_key(invitation.email)}
        saving = upsert(_ITS).values(id=invitation.id, **whose, **values)
        saving = saving.on_conflict_do_update(index_elements=list(whose), set_=values)
        kept = to_invitation((await self._connection.execute(saving.returning(_ITS))).one())
        await self._connection.execute(delete(_LINK).where(_LINK.c.invitation_id == kept.id))
        return kept

    async def lock_own(self, invitation_id: UUID, organisation_id: OrganisationId) -> Invitation | None:
        own = select(_ITS).where(_ITS.c.id == invitation_id, _ITS.c.organisation_id == organisation_id)
        row = (await self._connection.execute(own.with_for_update())).first()
        return to_invitation(row) if row else None

    async def add_link(self, invitation_id: UUID, digest: str) -> None:
        await self._connection.execute(insert(_LINK).values(invitation_id=invitation_id, digest=digest))

    async def count(self, organisation_id: OrganisationId) -> int:
        counted = select(func.count()).where(_ITS.c.organisation_id == organisation_id)
        return int((await self._connection.execute(counted)).scalar_one())

    async def by_link(self, digest: str) -> Invited | None:
        of_link = select(_LINK.c.invitation_id).where(_LINK.c.digest == digest)
        return await self._invited(_named().where(_ITS.c.id == of_link.scalar_subquery()))

    async def delete(self, invitation_id: UUID) -> None:
        await self._connection.execute(delete(_ITS).where(_ITS.c.id == invitation_id))

    async def lock_to_mail(self, invitation_id: UUID) -> Invited | None:
        return await self._invited(_named().where(_ITS.c.id == invitation_id, _ITS.c.mail_due_at.is_not(None)))

    async def mailed(self, invitation: Invitation, at: datetime | None) -> None:
        same = (_ITS.c.id == invitation.id, _ITS.c.mail_due_at == invitation.mail_due_at)
        await self._connection.execute(update(_ITS).where(*same).values(mail_due_at=None, mailed_at=at))

    async def _invited(self, query: Select[Any]) -> Invited | None:
        row = (await self._connection.execute(query.with_for_update(of=_ITS))).first()
        return Invited(to_invitation(row), row.organisation_name) if row else None


def to_invitation(row: Row[tuple[object, ...]]) -> Invitation:
    """Of a row of the table."""
    whose = row.id, OrganisationId(row.organisation_id), row.email, Role(row.role), row.locale
    return Invitation(*whose, row.made_at, row.expires_at, row.mail_due_at, row.mailed_at)


def invitations_due() -> Select[Any]:
    """Invitations whose mails are to be sent now (claims)."""
    due = _ITS.c.mail_due_at <= func.statement_timestamp()
    return select(
        _ITS.c.id.label("subject"), literal("mail").label("far_side"), _ITS.c.mail_due_at.label("due_at")
    ).where(due)


def _named() -> Select[Any]:
    return select(_ITS, _ORGANISATION.c.name.label("organisation_name")).join_from(_ITS, _ORGANISATION)
