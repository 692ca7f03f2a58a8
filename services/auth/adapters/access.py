"""Who asks, answered from auth's own tables: what the other services ask auth for over HTTP."""

import asyncio
from math import inf

from joserfc.jwk import KeySet

from services.auth.domain.second_factor import SecondFactorPolicy
from services.auth.usecases.ports import Store
from services.auth.usecases.resolve_session import resolve_session
from services.auth.usecases.second_factor import second_factor_by
from services.auth.usecases.views import Views
from shared.access.principal import Principal
from shared.access.roles import Role, permissions_of
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork

# A cookie of ours is 43 characters; what is far longer is not looked for.
_LONGEST_COOKIE = 200
_KEEP_SECONDS = 60.0
# A forged key id must not become a read of the database for each request.
_LOOK_AGAIN_SECONDS = 1.0
_REVOKED_READ_AFTER_SECONDS = 1.0
_REVOKED_KEPT_SECONDS = 2.0
_LAST_READING_SECONDS = 5.0


class OwnSessions:
    """Implements `shared.access.principal.Sessions`. `mails`: any are sent, so that an address can be confirmed."""

    def __init__(self, uow: UnitOfWork[Store], clock: Clock, *, second: SecondFactorPolicy, mails: bool) -> None:
        self._uow = uow
        self._clock = clock
        self._second = second
        self._mails = mails

    async def resolve(self, cookie_value: str) -> Principal | None:
        if not cookie_value or len(cookie_value) > _LONGEST_COOKIE:
            return None
        async with self._uow() as store:
            found = await resolve_session(cookie_value, store=store, clock=self._clock)
            if found is None:
                return None
            session, account = found
            by = None if session.two_factors else await second_factor_by(account, self._second, store=store)
            if by is not None and self._clock.now() >= by:
                return None  # to sign in, where they are led to set one up
            ending = await store.connections.ending(account.organisation_id, self._clock.now())
            overdue = account.role is Role.OWNER and await store.members.is_review_overdue(
                account.organisation_id, self._clock.now()
            )
            lacking = await store.connections.count_lacking_roles(account.organisation_id)
            refused = await store.private_apps.count_refused(account.organisation_id)
        return Principal(
            account.organisation_id,
            account.id,
            permissions_of(account.role),
            csrf_token=session.csrf_token,
            locale=account.locale,
            label=account.email,
            ending=ending,
            second_factor_by=by,
            lacking_roles=lacking,
            secret_refused=refused,
            unconfirmed=self._mails and account.email_confirmed_at is None,
            role=account.role,
            review_overdue=overdue,
            session_id=session.id,
            browser=session.browser,
        )


class OwnSigningKeys:
    """Implements `shared.access.tokens.SigningKeys`."""

    def __init__(self, views: Views, clock: Clock) -> None:
        self._views = views
        self._clock = clock
        self._keys = KeySet([])
        self._read_at: float | None = None

    async def holding(self, kid: str) -> KeySet:
        known = any(key.kid == kid for key in self._keys)
        keep = _KEEP_SECONDS if known else _LOOK_AGAIN_SECONDS
        if self._read_at is None or self._clock.monotonic() - self._read_at >= keep:
            public = [key.public_key for key in await self._views.signing_keys()]
            self._keys = KeySet.import_key_set({"keys": public})
            self._read_at = self._clock.monotonic()
        return self._keys


class OwnRevokedTokens:
    """
    Implements `shared.access.revoked.RevokedTokens`; believed for two seconds.

    Once it is a second old it is read anew beside whoever asks, so that nobody waits for it while many ask.
    """

    def __init__(self, views: Views, clock: Clock) -> None:
        self._views = views
        self._clock = clock
        self._ids: frozenset[str] = frozenset()
        self._as_of: float | None = None
        self._reading: asyncio.Task[None] | None = None

    async def ids(self) -> frozenset[str]:
        age = inf if self._as_of is None else self._clock.monotonic() - self._as_of
        if age >= _REVOKED_READ_AFTER_SECONDS:
            reading = self._reading = self._reading or self._task()
            if age >= _REVOKED_KEPT_SECONDS:
                await asyncio.shield(reading)
        return self._ids

    def _task(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self._read())
        task.add_done_callback(self._has_read)
        return task

    async def close(self) -> None:
        """Once nobody asks any more, and before the engine goes: a reading under way ends first."""
        if self._reading is not None:
            await asyncio.wait([self._reading], timeout=_LAST_READING_SECONDS)

    async def _read(self) -> None:
        """As old as the question, not as the answer."""
        asked_at = self._clock.monotonic()
        self._ids, self._as_of = await self._views.revoked_ids(), asked_at

    def _has_read(self, task: asyncio.Task[None]) -> None:
        self._reading = None
        if not task.cancelled():
            task.exception()  # looked at also where nobody waits: it is tried again, and then somebody does
