"""Applications of organisations' own, in PostgreSQL: their secrets as the vault sealed them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Label, Select, Text, and_, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.closing import lock_open
from services.auth.domain.connection import ConnectionState
from services.auth.domain.private_app import REFUSED_FOR, PrivateApp
from shared.kernel.ids import ConnectionId, OrganisationId

_ITS, _GRANT, _CONNECTION = tables.private_app, tables.access_grant, tables.connection
_AT_ONCE = 500
# What is told of an application's secret, beside the secret itself.
_OF_SECRET = ("replaced_at", "refused_at", "refusal_told_at", "secret_ends_at", "warn_at")


def _of_its_app(column: Column[Any], name: str) -> Label[Any]:
    """A column of a connection that is reached by an application, which lives."""
    own = (_ITS.c.id == _CONNECTION.c.app_id, _CONNECTION.c.state != ConnectionState.DISCONNECTED)
    return select(column).where(*own).correlate(_CONNECTION).scalar_subquery().label(name)


OWN_SECRET = (_of_its_app(_ITS.c.refused_at, "secret_refused_at"), _of_its_app(_ITS.c.secret_ends_at, "secret_ends_at"))
# Of a connection.
OWN_SECRET_REFUSED = (
    select(_ITS.c.id)
    .where(_ITS.c.id == _CONNECTION.c.app_id, _ITS.c.refused_at.is_not(None))
    .correlate(_CONNECTION)
    .exists()
)


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
        before, values = await self.get(app.id), _values(app)
        saving = upsert(_ITS).values(values)
        changed = ("wrapped_key", "sealed_secret", "sealed_former_secret", *_OF_SECRET)
        await self._connection.execute(
            saving.on_conflict_do_update(index_elements=["id"], set_={name: saving.excluded[name] for name in changed})
        )
        rested = update(_GRANT).where(_GRANT.c.app_id == app.id, _GRANT.c.retry_at.is_not(None))
        await self._connection.execute(rested.values(failure=None, retry_at=None))
        if before is not None and before.refused_at is not None and before.secret != app.secret:
            # What it gave is refused as well.
            ended = update(_GRANT).where(_GRANT.c.app_id == app.id, _GRANT.c.token_expires_at > app.replaced_at)
            await self._connection.execute(ended.values(token_expires_at=app.replaced_at))

    async def remove(self, app: PrivateApp) -> None:
        await self._connection.execute(delete(_ITS).where(_ITS.c.id == app.id))

    async def hold(self, app_id: UUID) -> None:
        await self._connection.execute(select(_ITS.c.id).where(_ITS.c.id == app_id).with_for_update(key_share=True))

    async def destroy_unused(self, app_id: UUID) -> None:
        used = select(_GRANT.c.id).where(_GRANT.c.app_id == app_id).exists()
        nothing = {"wrapped_key": b"", "sealed_secret": b"", "sealed_former_secret": None}
        untold = dict.fromkeys(("refused_at", "refusal_told_at", "secret_ends_at", "warn_at"))
        await self._connection.execute(update(_ITS).where(_ITS.c.id == app_id, ~used).values(nothing | untold))

    async def refused(self, app: PrivateApp, since: datetime) -> bool:
        # Written also where it is noted already: whoever keeps another secret comes after this transaction, or before.
        noted = func.coalesce(_ITS.c.refused_at, since)
        noting = update(_ITS).where(*_with_the_secret_of(app)).values(refused_at=noted)
        return (await self._connection.execute(noting)).rowcount == 1

    async def known(self, app: PrivateApp) -> None:
        noting = update(_ITS).where(*_with_the_secret_of(app), _ITS.c.refused_at.is_not(None))
        await self._connection.execute(noting.values(refused_at=None, refusal_told_at=None))

    async def count_refused(self, organisation_id: OrganisationId) -> int:
        own = (_ITS.c.organisation_id == organisation_id, _CONNECTION.c.state != ConnectionState.DISCONNECTED)
        query = select(func.count()).select_from(_ITS.join(_CONNECTION, _CONNECTION.c.app_id == _ITS.c.id))
        found = await self._connection.execute(query.where(*own, _ITS.c.refused_at.is_not(None)))
        return int(found.scalar_one())

    async def lock_to_be_told(self, now: datetime) -> Sequence[tuple[PrivateApp, Sequence[ConnectionId]]]:
        reached = select(func.array_agg(_CONNECTION.c.id)).where(
            _CONNECTION.c.app_id == _ITS.c.id, _CONNECTION.c.state != ConnectionState.DISCONNECTED
        )
        refused = and_(_ITS.c.refused_at <= now - REFUSED_FOR, _ITS.c.refusal_told_at.is_(None))
        query = (
            select(_ITS, reached.scalar_subquery().label("connection_ids"))
            .where(or_(refused, _ITS.c.warn_at <= now))
            .order_by(_ITS.c.id)
            .limit(_AT_ONCE)
            .with_for_update(of=_ITS, skip_locked=True)
        )
        return [
            (to_app(row), [ConnectionId(each) for each in row.connection_ids or ()])
            for row in await self._connection.execute(query)
        ]

    async def told(self, app: PrivateApp) -> None:
        news = {"refusal_told_at": app.refusal_told_at, "warn_at": app.warn_at}
        await self._connection.execute(update(_ITS).where(_ITS.c.id == app.id).values(news))


def _with_the_secret_of(app: PrivateApp) -> tuple[ColumnElement[bool], ...]:
    """The row, unless its secret is another one by now."""
    return _ITS.c.id == app.id, _ITS.c.replaced_at.is_not_distinct_from(app.replaced_at)


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
        **{name: getattr(row, name) for name in _OF_SECRET},
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
        **{name: getattr(app, name) for name in _OF_SECRET},
    }
