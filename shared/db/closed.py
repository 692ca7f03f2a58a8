"""Organisations that were closed, and what a service deletes of theirs: in batches, until nothing can come any more."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import TextClause, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.metadata import new_metadata
from shared.db.standard import closed_organisation_table

BATCH = 200
# A session or token of before is believed for some minutes, and topics keep for 30 days what may be applied late.
_STILL_COMES = timedelta(days=31)
_ITS = closed_organisation_table(new_metadata())


class SqlClosedOrganisations:
    """
    See `shared.kernel.ports.ClosedOrganisations`. `deletions`: each of at most `:limit` rows of `:organisations`, what
    others refer to last.
    """

    def __init__(self, connection: AsyncConnection, deletions: Sequence[TextClause]) -> None:
        self._connection = connection
        self._deletions = deletions

    async def put(self, organisation_id: UUID, closed_at: datetime) -> None:
        noted = insert(_ITS).values(organisation_id=organisation_id, closed_at=closed_at)
        await self._connection.execute(noted.on_conflict_do_nothing())

    async def drop(self, organisation_id: UUID) -> bool:
        over = (_ITS.c.organisation_id == organisation_id, _ITS.c.erased_at.is_not(None))
        return (await self._connection.execute(delete(_ITS).where(*over))).rowcount > 0

    async def forget(self) -> int:
        waiting = select(_ITS.c.organisation_id).where(_ITS.c.erased_at.is_(None)).with_for_update(skip_locked=True)
        organisations = list((await self._connection.execute(waiting)).scalars())
        if not organisations:
            return 0
        told = {"organisations": organisations, "limit": BATCH}
        gone = sum([(await self._connection.execute(each, told)).rowcount for each in self._deletions])
        if not gone:
            over = (_ITS.c.organisation_id.in_(organisations), _ITS.c.closed_at <= func.now() - _STILL_COMES)
            await self._connection.execute(update(_ITS).where(*over).values(erased_at=func.now()))
        return gone
