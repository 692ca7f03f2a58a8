"""Applications of organisations' own, in PostgreSQL: their secrets as the vault sealed them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.closing import lock_open
from services.auth.domain.private_app import PrivateApp
from shared.kernel.ids import OrganisationId

_ITS, _GRANT = tables.private_app, tables.access_grant


class SqlPrivateApps:
    """See `usecases.private_ports.PrivateApps`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_of(self, organisation_id: OrganisationId) -> list[PrivateApp]:
        await lock_open(self._connection, organisation_id)
        # Theirs too, so that no key is replaced by the one before it.
        locked = of_organisation(organisation_id).with_for_update(key_share=True)
        return [to_app(row) for row in await self._connection.execute(locked)]

    async def get(self, app_id: UUID) -> PrivateApp | None:
        row = (await self._connection.execute(select(_ITS).where(_ITS.c.id == app_id))).first()
        return to_app(row) if row else None

    async def get_own(self, app_id: UUID, organisation_id: OrganisationId) -> PrivateApp | None:
        row = (await self._connection.execute(of_organisation(organisation_id).where(_ITS.c.id == app_id))).first()
        return to_app(row) if row else None

    async def save(self, app: PrivateApp) -> None:
        values = _values(app)
        saving = upsert(_ITS).values(values)
        changed = ("wrapped_key", "sealed_secret", "sealed_former_secret", "replaced_at", "refused_at")
        await self._connection.execute(
            saving.on_conflict_do_update(index_elements=["id"], set_={name: saving.excluded[name] for name in changed})
        )
        rested = update(_GRANT).where(_GRANT.c.app_id == app.id, _GRANT.c.retry_at.is_not(None))
        await self._connection.execute(rested.values(failure=None, retry_at=None))

    async def remove(self, app: PrivateApp) -> None:
        await self._connection.execute(delete(_ITS).where(_ITS.c.id == app.id))

    async def destroy_unused(self, app_id: UUID) -> None:
        used = select(_GRANT.c.id).where(_GRANT.c.app_id == app_id).exists()
        nothing = {"wrapped_key": b"", "sealed_secret": b"", "sealed_former_secret": None, "refused_at": None}
        await self._connection.execute(update(_ITS).where(_ITS.c.id == app_id, ~used).values(nothing))

    async def refused(self, app: PrivateApp, since: datetime | None) -> None:
        same = (_ITS.c.id == app.id, _ITS.c.replaced_at.is_not_distinct_from(app.replaced_at))
        other = _ITS.c.refused_at.is_(None) if since else _ITS.c.refused_at.is_not(None)
        await self._connection.execute(update(_ITS).where(*same, other).values(refused_at=since))


def of_organisation(organisation_id: OrganisationId) -> Select[Any]:
    return select(_ITS).where(_ITS.c.organisation_id == organisation_id).order_by(_ITS.c.id)


def authorisations_of(*which: ColumnElement[bool]) -> Select[Any]:
    """How often each application was authorised, as far as it shows here: refresh tokens, each once."""
    token = func.coalesce(_GRANT.c.token_digest, cast(_GRANT.c.id, Text))
    counted = func.count(token.distinct()).label("authorisations")
    joined = select(_ITS.c.id, _ITS.c.marketplace, counted).join(_GRANT, _GRANT.c.app_id == _ITS.c.id)
    return joined.where(*which).group_by(_ITS.c.id)


def to_app(row: Any) -> PrivateApp:
    return PrivateApp(
        id=row.id,
        organisation_id=OrganisationId(row.organisation_id),
        marketplace=row.marketplace,
        client_id=row.client_id,
        made_at=row.made_at,
        data_key=row.wrapped_key,
        secret=row.sealed_secret,
        former_secret=row.sealed_former_secret,
        replaced_at=row.replaced_at,
        refused_at=row.refused_at,
    )


def _values(app: PrivateApp) -> dict[str, Any]:
    return {
        "id": app.id,
        "organisation_id": app.organisation_id,
        "marketplace": app.marketplace,
        "client_id": app.client_id,
        "made_at": app.made_at,
        "wrapped_key": app.data_key,
        "sealed_secret": app.secret,
        "sealed_former_secret": app.former_secret,
        "replaced_at": app.replaced_at,
        "refused_at": app.refused_at,
    }
