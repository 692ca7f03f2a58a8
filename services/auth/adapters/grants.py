"""Grants and signing keys, as the vault sealed them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.connection import ConnectionState
from services.auth.domain.grant import SealedGrant
from services.auth.domain.signing import SigningKey
from services.auth.domain.token import RenewalFailure, TokenState
from shared.kernel.ids import ConnectionId, GrantId

_ITS = tables.access_grant
_WHOSE = tables.connection
# Made once: it is asked for each token that is given, and making it costs as much as asking it.
_TOKEN_STATE = (
    select(
        _WHOSE.c.state,
        _WHOSE.c.consent_version,
        _WHOSE.c.grant_id,
        _ITS.c.sealed_refresh_token.is_(None).label("is_shared"),
        _ITS.c.token_version,
        _ITS.c.token_expires_at,
        _ITS.c.failure,
        _ITS.c.retry_at,
        _ITS.c.wrapped_key,
        _ITS.c.sealed_access_token,
    )
    .join_from(_WHOSE, _ITS, isouter=True)
    .where(_WHOSE.c.id == bindparam("connection_id"))
)
_SIGNING_KEYS_LOCK = 4_110_928_351


class SqlGrants:
    """See `usecases.ports.Grants`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def token_state(self, connection_id: ConnectionId) -> TokenState | None:
        row = (await self._connection.execute(_TOKEN_STATE, {"connection_id": connection_id})).first()
        if row is None:
            return None
        state, version = ConnectionState(row.state), row.consent_version
        if row.grant_id is None:
            return TokenState(connection_id, state, version, None)
        return TokenState(
            connection_id,
            state,
            version,
            GrantId(row.grant_id),
            is_shared=row.is_shared,
            token_version=row.token_version,
            expires_at=row.token_expires_at,
            failure=RenewalFailure(row.failure) if row.failure else None,
            retry_at=row.retry_at,
            data_key=row.wrapped_key,
            sealed_token=row.sealed_access_token,
        )

    async def get(self, grant_id: GrantId) -> SealedGrant | None:
        row = (await self._connection.execute(select(_ITS).where(_ITS.c.id == grant_id))).first()
        if row is None:
            return None
        return SealedGrant(
            GrantId(row.id),
            row.marketplace,
            row.region,
            row.wrapped_key,
            row.sealed_refresh_token,
            row.sealed_access_token,
            row.token_expires_at,
            row.token_version,
            row.app_id,
            row.token_digest,
        )

    async def add(self, grant: SealedGrant) -> None:
        await self._connection.execute(insert(_ITS).values(_values(grant)))

    async def share(self, grant: SealedGrant) -> GrantId:
        account = ["marketplace", "region"]
        adding = upsert(_ITS).values(_values(grant))
        await self._connection.execute(
            adding.on_conflict_do_nothing(index_elements=account, index_where=_ITS.c.sealed_refresh_token.is_(None))
        )
        query = select(_ITS.c.id).where(
            _ITS.c.marketplace == grant.marketplace,
            _ITS.c.region == grant.region,
            _ITS.c.sealed_refresh_token.is_(None),
        )
        return GrantId((await self._connection.execute(query)).scalar_one())

    async def delete(self, grant_id: GrantId) -> None:
        own = _ITS.c.sealed_refresh_token.is_not(None)
        await self._connection.execute(delete(_ITS).where(_ITS.c.id == grant_id, own))

    async def renew(self, grant: SealedGrant, seen_version: int, rests_until: datetime | None = None) -> bool:
        values = {
            "sealed_refresh_token": grant.refresh_token,
            "sealed_access_token": grant.access_token,
            "token_version": grant.token_version,
            "token_expires_at": grant.expires_at,
            "failure": None,
            "retry_at": rests_until,
        }
        if grant.is_shared:
            values["wrapped_key"] = grant.data_key
        renewing = update(_ITS).where(_ITS.c.id == grant.id, _ITS.c.token_version == seen_version).values(values)
        return (await self._connection.execute(renewing)).rowcount == 1

    async def reseal(self, grant: SealedGrant) -> bool:
        resealing = update(_ITS).where(_ITS.c.id == grant.id, _ITS.c.token_version == grant.token_version)
        values = {
            "wrapped_key": grant.data_key,
            "sealed_refresh_token": grant.refresh_token,
            "sealed_access_token": grant.access_token,
        }
        return (await self._connection.execute(resealing.values(values))).rowcount == 1

    async def fail(self, grant_id: GrantId, seen_version: int, failure: RenewalFailure, retry_at: datetime) -> None:
        await self._connection.execute(
            update(_ITS)
            .where(_ITS.c.id == grant_id, _ITS.c.token_version == seen_version)
            .values(failure=failure.value, retry_at=retry_at)
        )


def _values(grant: SealedGrant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "marketplace": grant.marketplace,
        "region": grant.region,
        "wrapped_key": grant.data_key,
        "sealed_refresh_token": grant.refresh_token,
        "sealed_access_token": grant.access_token,
        "token_version": grant.token_version,
        "token_expires_at": grant.expires_at,
        "app_id": grant.app_id,
        "token_digest": grant.token_digest,
    }


class SqlSigningKeys:
    """See `usecases.ports.SigningKeys`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self) -> None:
        await self._connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _SIGNING_KEYS_LOCK})

    async def all(self) -> Sequence[SigningKey]:
        rows = await self._connection.execute(select(tables.signing_key).order_by(tables.signing_key.c.created_at))
        return [
            SigningKey(row.kid, row.public_key, row.wrapped_key, row.sealed_private_key, row.created_at) for row in rows
        ]

    async def add(self, key: SigningKey) -> None:
        await self._connection.execute(
            insert(tables.signing_key).values(
                kid=key.kid,
                public_key=key.public_key,
                wrapped_key=key.data_key,
                sealed_private_key=key.private_key,
                created_at=key.created_at,
            )
        )

    async def delete(self, kids: Sequence[str]) -> None:
        if kids:
            await self._connection.execute(delete(tables.signing_key).where(tables.signing_key.c.kid.in_(kids)))
