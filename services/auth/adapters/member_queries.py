"""What the pages of members read, straight from the tables."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters import tables
from services.auth.adapters.accounts import to_account
from services.auth.adapters.factors import has_factor
from services.auth.adapters.members import to_invitation
from services.auth.domain.member import Invitation
from services.auth.usecases.member_views import Member, Review
from shared.db.unit_of_work import transaction
from shared.kernel.ids import OrganisationId


class SqlMemberViews:
    """See `usecases.member_views.MemberViews`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def members(self, organisation_id: OrganisationId) -> Sequence[Member]:
        its = tables.account
        own = select(its, has_factor(its.c.id).label("has_factor")).where(its.c.organisation_id == organisation_id)
        async with transaction(self._engine) as connection:
            rows = await connection.execute(own.order_by(its.c.email_key))
            return [Member(to_account(row), row.has_factor) for row in rows]

    async def invitations(self, organisation_id: OrganisationId) -> Sequence[Invitation]:
        its = tables.invitation
        own = select(its).where(its.c.organisation_id == organisation_id).order_by(its.c.email_key)
        async with transaction(self._engine) as connection:
            return [to_invitation(row) for row in await connection.execute(own)]

    async def review(self, organisation_id: OrganisationId) -> Review:
        its = tables.organisation
        own = select(its.c.reviewed_at, its.c.review_due_at).where(its.c.id == organisation_id)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(own)).one()
            return Review(row.reviewed_at, row.review_due_at)
