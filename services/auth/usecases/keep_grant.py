"""Gives a connection its new grant, in the caller's transaction, which has locked its account."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.auth.domain.connection import Connection
from services.auth.domain.grant import SealedGrant
from services.auth.domain.life import authorise
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store

# More than a consent is ever renewed: a count whose grant was destroyed (disconnected) goes on above it.
_TOKENS_OF_A_CONSENT = 2**32


async def keep_grant(
    before: Connection, grant: SealedGrant, *, lasts: timedelta | None, store: Store, now: datetime
) -> None:
    """It is authorised, for the first time or again; the grant it had is destroyed. `lasts` None: no end is known."""
    older = await store.grants.get(before.grant_id) if before.grant_id else None
    # One count over all grants of a connection, so that `rejected=` never means another consent's token.
    last = older.token_version if older else before.consent_version * _TOKENS_OF_A_CONSENT
    await store.grants.add(replace(grant, token_version=last + 1))
    await keep_change(authorise(before, grant.id, now, lasts=lasts), store=store, now=now)
    if older is not None:
        await store.grants.delete(older.id)
