"""
One renewal of one grant under its lease: read -> intend -> ask the far side -> settle.

Settling is fenced twice: the lease must still be ours, and the token version must be the one that was seen. A process
that was stopped meanwhile (SIGSTOP) overwrites nothing when it wakes.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog
from prometheus_client import Counter

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Happened
from services.auth.domain.grant import SealedGrant
from services.auth.domain.life import revoke
from services.auth.domain.token import PAUSES, SHARED_RESTS, RenewalFailure
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
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
    def __init__(self, grants: Mapping[str, GrantPort], seals: GrantSeals, clock: Clock) -> None:
        self._grants = grants
        self._seals = seals
        self._clock = clock

    async def run(self, lease: Lease[Store], seen_version: int) -> None:
        """
        Leaves a newer token, a revoked connection or a noted failure on the rows; nothing where somebody was faster.

        Raises LeaseLost: what was found out is discarded. What nobody expected is raised too, after it was noted.
        """
        grant_id = GrantId(lease.subject)
        intent = await lease.intend(lambda store: store.grants.get(grant_id))
        grant = intent.value
        if grant is None or grant.token_version != seen_version:
            return
        try:
            renewed = await self._ask(grant)
        except ConsentLost as error:
            renewals.labels("consent_lost").inc()
            reason = error.code
            await lease.settle(lambda store: self._lost(store, grant, reason))
        except FarSideError as error:
            log.warning("token.not_renewed", grant_id=str(grant_id), reason=error.code)
            await self._failed(lease, grant, *_failure(error))
        except Exception:
            # Such as a grant that does not open any more: told to everybody for a while, instead of tried by each.
            await self._failed(lease, grant, RenewalFailure.UNAVAILABLE, _AFTER_A_BUG)
            raise
        else:
            renewals.labels("renewed").inc()
            rests_until = self._clock.now() + SHARED_RESTS if grant.is_shared else None
            await lease.settle(lambda store: store.grants.renew(renewed, seen_version, rests_until))

    async def _failed(self, lease: Lease[Store], grant: SealedGrant, failure: RenewalFailure, pause: timedelta) -> None:
        renewals.labels(failure.value).inc()
        retry_at = self._clock.now() + pause
        await lease.settle(lambda store: store.grants.fail(grant.id, grant.token_version, failure, retry_at))

    async def _ask(self, grant: SealedGrant) -> SealedGrant:
        asked_at = self._clock.now()
        grants = self._grants[grant.marketplace]
        try:
            async with asyncio.timeout(LEASE_SECONDS - MARGIN_SECONDS):
                key = await self._seals.key_of(grant)
                answer = await grants.renew(grant.region, self._seals.refresh_token(grant, key))
        except TimeoutError as error:
            raise Unavailable("the token endpoint is too slow", code="timeout") from error
        except ConsentLost as error:
            if grant.is_shared:  # nobody's consent is in it: what is refused is our application
                raise ClientSecretInvalid("our application is refused", code=error.code) from error
            raise
        return self._seals.with_answer(grant, key, answer, asked_at)

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


def _failure(error: FarSideError) -> tuple[RenewalFailure, timedelta]:
    """What to tell who asks, and how long nobody asks the far side again."""
    if isinstance(error, ClientSecretInvalid):
        failure = RenewalFailure.OUR_SECRET
    elif isinstance(error, Throttled):
        failure = RenewalFailure.THROTTLED
    else:
        failure = RenewalFailure.UNAVAILABLE
    told = error.retry_after_seconds if isinstance(error, Retryable) else None
    return failure, timedelta(seconds=told) if told else PAUSES[failure]
