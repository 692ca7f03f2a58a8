"""
Access tokens, kept sealed and renewed once for everybody who asks.

Across processes the lease `token` of the grant says who renews; in a process one task per grant does it or watches
the row while another process does. The task outlives the request that began it. What came of it is always read from
the row, so that everybody is told the same; no transaction is open while anybody waits.

What is in use is renewed before it ends (`keep_renewed`), in the same way: then nobody waits.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from prometheus_client import Counter

from services.auth.domain.connection import TOKENS_GIVEN
from services.auth.domain.token import COME_AGAIN_SECONDS, WAIT_SECONDS, RenewalFailure, TokenState
from services.auth.usecases.errors import Busy, ConnectionUnknown
from services.auth.usecases.ports import NamedLeases
from services.auth.usecases.token_ports import TokenStates
from services.auth.vault.in_use import EARLY, InUse
from services.auth.vault.renewal import KIND, Renewal
from services.auth.vault.seals import GrantSeals
from shared.crypto.errors import CryptoError
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, FarSideError, Throttled, Unavailable
from shared.kernel.ids import ConnectionId, GrantId
from shared.kernel.ports import AccessToken, LeaseLost

Unkept = DatabaseUnavailable | Conflict

_LOOK_AGAIN_SECONDS = 0.1
_REST_SECONDS = 1.0
# Longer than any holder has the lease: a killed one's is then taken over.
_WATCH = timedelta(seconds=20)
# A renewal under way when the process is told to stop gets so long.
_LAST_RENEWALS_SECONDS = 12.0
# Early renewals of a process: twenty a second at most, and few of them at once.
_TURN_SECONDS = 5.0
_MOST_A_TURN = 100
_AT_ONCE = 4

log = structlog.get_logger()
waits = Counter("auth_token_waits_total", "Callers for whom no token was kept, who waited for a renewal")


class RenewedTokens:
    """See `usecases.token_ports.TokenVault`. `states`: of those who are given them."""

    def __init__(
        self, states: TokenStates, leases: NamedLeases, renewal: Renewal, seals: GrantSeals, clock: Clock
    ) -> None:
        self.states = states
        self._leases = leases
        self._renewal = renewal
        self._seals = seals
        self._clock = clock
        self._in_use = InUse()
        self._tasks: dict[GrantId, asyncio.Task[Unkept | None]] = {}

    async def current(self, state: TokenState, *, rejected: int | None = None) -> AccessToken:
        deadline = self._clock.monotonic() + WAIT_SECONDS
        # A version that never was must not make us renew for ever.
        seen = state.token_version
        rejected = None if rejected is None else min(rejected, seen)
        while True:
            if state.grant_id is None or not state.has_grant:
                raise ConsentLost("the consent is gone", consent_version=state.consent_version)
            now = self._clock.now()
            if state.is_usable(now, rejected) or state.is_renewed(seen, now):
                token = await self._opened(state)
                if token is not None:
                    self._in_use.asked(state, now)
                    return token
                seen = rejected = state.token_version
            self._raise_failure(state)
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise Busy("the token is being renewed", retry_after_seconds=COME_AGAIN_SECONDS)
            waits.inc()
            await self._renewed(state.grant_id, state, timeout=left)
            state = await self._read(state.connection_id)

    async def finish(self, stop: asyncio.Event) -> None:
        """A part of the process: renewals under way may end before it does."""
        await stop.wait()
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()), timeout=_LAST_RENEWALS_SECONDS)

    async def keep_renewed(self, stop: asyncio.Event) -> None:
        """A part of the process that gives tokens out: nobody who asks every now and then waits for a renewal."""
        while not stop.is_set():
            await self.renew_early()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _TURN_SECONDS)

    async def renew_early(self) -> None:
        """One turn: those in use whose token ends soon, some at once, each as if a caller had asked."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(grant_id: GrantId, connection_id: ConnectionId) -> None:
            async with turns:
                await self._early(grant_id, connection_id)

        due = self._in_use.due(self._clock.now())[:_MOST_A_TURN]
        await asyncio.gather(*(one(grant_id, connection_id) for grant_id, connection_id in due))

    async def _early(self, grant_id: GrantId, connection_id: ConnectionId) -> None:
        ends_at = None
        try:
            state = await self._read(connection_id)
            now = self._clock.now()
            if state.grant_id == grant_id and state.expires_at and state.has_grant and state.state in TOKENS_GIVEN:
                if now >= state.expires_at - EARLY and state.rests_seconds(now) == 0:
                    await asyncio.wait({self._task(grant_id, state)})
                    state = await self._read(connection_id)
                ends_at = state.expires_at
        except ConnectionUnknown:
            pass
        except (DatabaseUnavailable, Conflict) as error:
            log.warning("token.database_away", grant_id=str(grant_id), reason=str(error))
            ends_at = self._clock.now()
        self._in_use.looked(grant_id, ends_at, self._clock.now())

    async def _renewed(self, grant_id: GrantId, state: TokenState, *, timeout: float) -> None:
        """Until the row may have moved. Raises what kept the outcome from being written there."""
        task = self._task(grant_id, state)
        done, _ = await asyncio.wait({task}, timeout=timeout)
        unkept = task.result() if done else None
        if unkept is not None:
            raise type(unkept)(str(unkept)) from unkept

    def _task(self, grant_id: GrantId, state: TokenState) -> asyncio.Task[Unkept | None]:
        task = self._tasks.get(grant_id)
        if task is None:
            task = self._tasks[grant_id] = asyncio.create_task(self._renew_or_watch(grant_id, state))
            task.add_done_callback(lambda _: self._tasks.pop(grant_id, None))
        return task

    async def _renew_or_watch(self, grant_id: GrantId, seen: TokenState) -> Unkept | None:
        """
        Until the row is another than was seen: by us, or by whoever has the lease. Gives what kept it from being so:
        a moment later, so that nobody asks the far side again and again for what cannot be kept.
        """
        until = self._clock.now() + _WATCH
        try:
            while self._clock.now() < until:
                async with self._leases.lease_of(KIND, grant_id) as lease:
                    if lease is not None:
                        # Whoever had it until now may just have failed: then it is too soon to ask again.
                        if not _moved(seen, await self._read(seen.connection_id)):
                            await self._renewal.run(lease, seen.token_version)
                        return None
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
                if _moved(seen, await self._read(seen.connection_id)):
                    return None
        except (LeaseLost, ConnectionUnknown):
            log.warning("token.renewal_discarded", grant_id=str(grant_id))
        except (DatabaseUnavailable, Conflict) as error:
            log.warning("token.database_away", grant_id=str(grant_id), reason=str(error))
            await asyncio.sleep(_REST_SECONDS)
            return error
        except Exception:
            # Nobody awaits this task's outcome: what is not logged here is lost.
            log.exception("token.renewal_bug", grant_id=str(grant_id))
            await asyncio.sleep(_REST_SECONDS)
        return None

    async def _read(self, connection_id: ConnectionId) -> TokenState:
        state = await self.states.read(connection_id)
        if state is None:
            raise ConnectionUnknown
        return state

    async def _opened(self, state: TokenState) -> AccessToken | None:
        """None: it does not open, so it is as good as not kept. Raises Unavailable: it may well open later."""
        try:
            return await self._seals.access_token(state)
        except (CryptoError, ValueError) as error:
            log.warning("token.does_not_open", grant_id=str(state.grant_id), error=type(error).__name__)
            return None

    def _raise_failure(self, state: TokenState) -> None:
        rests = state.rests_seconds(self._clock.now())
        if rests > 0:
            raise _error(state.failure, rests)


def _moved(seen: TokenState, now: TokenState) -> bool:
    return (seen.grant_id, seen.token_version, seen.state, seen.retry_at) != (
        now.grant_id,
        now.token_version,
        now.state,
        now.retry_at,
    )


def _error(failure: RenewalFailure | None, seconds: float) -> FarSideError:
    match failure:
        case None:
            return Throttled("the token that is refused is new, and all sellers share it", retry_after_seconds=seconds)
        case RenewalFailure.THROTTLED:
            return Throttled("the token endpoint asked us to slow down", retry_after_seconds=seconds)
        case RenewalFailure.PRIVATE_SECRET:
            return Unavailable("the organisation's own application is refused", retry_after_seconds=seconds)
        case RenewalFailure.OUR_SECRET:
            return ClientSecretInvalid("our application's secret is refused")
        case _:
            return Unavailable("the token endpoint does not answer", retry_after_seconds=seconds)
