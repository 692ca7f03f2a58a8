"""
One renewal of one grant under its lease: read -> intend -> ask the far side -> settle.

Settling is fenced twice: the lease must still be ours, and the token version must be the one that was seen. A process
that was stopped meanwhile (SIGSTOP) overwrites nothing when it wakes.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Happened
from services.auth.domain.grant import SealedGrant
from services.auth.domain.life import ask, revoke
from services.auth.domain.private_app import PrivateApp
from services.auth.domain.token import PAUSES, SHARED_RESTS, RenewalFailure
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from services.auth.vault.private_apps import SealedPrivateApps
from services.auth.vault.seals import GrantSeals
from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, FarSideError, Retryable, Throttled, Unavailable
from shared.kernel.ids import GrantId, new_id
from shared.kernel.ports import Lease
from shared.marketplaces.ports import GrantPort

KIND = "token"
LEASE_SECONDS = 15.0
MARGIN_SECONDS = 5.0
_AFTER_A_BUG = timedelta(seconds=30)

log = structlog.get_logger()
renewals = Counter("auth_token_renewals_total", "Access tokens asked for at far sides, by outcome", ["outcome"])


class Renewal:
    def __init__(
        self, grants: Mapping[str, GrantPort], seals: GrantSeals, private: SealedPrivateApps, clock: Clock
    ) -> None:
        self._grants = grants
        self._seals = seals
        self._private = private
        self._clock = clock

    async def run(self, lease: Lease[Store], seen_version: int) -> None:
        """
        Leaves a newer token, a revoked connection or a noted failure on the rows; nothing where somebody was faster.

        Raises LeaseLost: what was found out is discarded. What nobody expected is raised too, after it was noted.
        """
        grant_id = GrantId(lease.subject)
        intent = await lease.intend(lambda store: _read(store, grant_id))
        grant, app = intent.value
        if grant is None or grant.token_version != seen_version:
            return
        try:
            renewed = await self._ask(grant, app)
        except ConsentLost as error:
            renewals.labels("consent_lost").inc()
            reason = error.code
            await lease.settle(lambda store: self._lost(store, grant, reason))
        except FarSideError as error:
            log.warning("token.not_renewed", grant_id=str(grant_id), reason=error.code)
            failure, pause = _failure(error, private=app is not None)
            await self._failed(lease, grant, app, failure, pause)
        except Exception:
            # Such as a grant that does not open any more: told to everybody for a while, instead of tried by each.
            await self._failed(lease, grant, app, RenewalFailure.UNAVAILABLE, _AFTER_A_BUG)
            raise
        else:
            renewals.labels("renewed").inc()
            rests_until = self._clock.now() + SHARED_RESTS if grant.is_shared else None
            await lease.settle(lambda store: self._renewed(store, renewed, app, seen_version, rests_until))

    async def _failed(
        self,
        lease: Lease[Store],
        grant: SealedGrant,
        app: PrivateApp | None,
        failure: RenewalFailure,
        pause: timedelta,
    ) -> None:
        renewals.labels(failure.value).inc()
        now, refused = self._clock.now(), app if failure is RenewalFailure.PRIVATE_SECRET else None

        async def noted(store: Store) -> None:
            # First the application, as whoever keeps another secret does, which ends what rests.
            if refused is not None and not await store.private_apps.refused(refused, now):
                return  # who waits tries that one at once
            await store.grants.fail(grant.id, grant.token_version, failure, now + pause)

        await lease.settle(noted)

    async def _ask(self, grant: SealedGrant, app: PrivateApp | None) -> SealedGrant:
        asked_at = self._clock.now()
        try:
            async with asyncio.timeout(LEASE_SECONDS - MARGIN_SECONDS):
                key = await self._seals.key_of(grant)
                refresh_token = self._seals.refresh_token(grant, key)
                if app is not None and refresh_token is not None:
                    answer = await self._private.try_token(app, refresh_token)
                else:
                    answer = await self._grants[grant.marketplace].renew(grant.region, refresh_token)
        except TimeoutError as error:
            raise Unavailable("the token endpoint is too slow", code="timeout") from error
        except ConsentLost as error:
            if grant.is_shared:  # nobody's consent is in it: what is refused is our application
                raise ClientSecretInvalid("our application is refused", code=error.code) from error
            raise
        return self._seals.with_answer(grant, key, answer, asked_at)

    async def _renewed(
        self,
        store: Store,
        renewed: SealedGrant,
        app: PrivateApp | None,
        seen_version: int,
        rests_until: datetime | None,
    ) -> None:
        """Of a secret that was refused the far side's API has the last word: a probe asks it at once."""
        if app is not None and app.refused_at is not None:
            for connection in await store.connections.lock_of_grant(renewed.id):
                if connection.may_be_probed:
                    await store.connections.save(ask(connection, self._clock.now()).connection)
        await store.grants.renew(renewed, seen_version, rests_until)

    async def _lost(self, store: Store, grant: SealedGrant, reason: str) -> None:
        """Only for the consent that was refused: a new one has another grant, or another version of this."""
        connections = await store.connections.lock_of_grant(grant.id)
        current = await store.grants.get(grant.id)
        if current is None or current.token_version != grant.token_version:
            return
        now = self._clock.now()
        for connection in connections:
            change = revoke(connection, now)
            if change.happened is None:
                continue
            await keep_change(change, store=store, now=now)
            log.warning("connection.revoked", connection_id=str(connection.id), reason=reason)
            await store.audit.add(
                AuditEntry(
                    new_id(),
                    now,
                    Action.EXPIRED if change.happened is Happened.EXPIRED else Action.REVOKED,
                    connection.organisation_id,
                    connection_id=connection.id,
                    reason=reason,
                )
            )


async def _read(store: Store, grant_id: GrantId) -> tuple[SealedGrant | None, PrivateApp | None]:
    """With the application it is for, if that is not ours."""
    grant = await store.grants.get(grant_id)
    app_id = grant.app_id if grant else None
    return grant, await store.private_apps.get(app_id) if app_id else None


def _failure(error: FarSideError, *, private: bool) -> tuple[RenewalFailure, timedelta]:
    """What to tell who asks, and how long nobody asks the far side again."""
    if isinstance(error, ClientSecretInvalid):
        failure = RenewalFailure.PRIVATE_SECRET if private else RenewalFailure.OUR_SECRET
    elif isinstance(error, Throttled):
        failure = RenewalFailure.THROTTLED
    else:
        failure = RenewalFailure.UNAVAILABLE
    told = error.retry_after_seconds if isinstance(error, Retryable) else None
    return failure, timedelta(seconds=told) if told else PAUSES[failure]
