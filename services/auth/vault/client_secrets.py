"""
Client secrets of our own applications: sealed, and in clear in memory for some seconds after one was asked with.

Every process reads them anew after those seconds, so that a new one is used by all without a restart; until then the
one before is, which is good beside it for a week.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from services.auth.domain.client_secret import ClientSecret
from services.auth.domain.opaque import digest
from services.auth.usecases.ports import Store
from shared.crypto.data_keys import DataKeys
from shared.crypto.errors import CryptoError
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.clock import Clock
from shared.kernel.errors import Unavailable
from shared.kernel.ids import new_id
from shared.kernel.ports import Reads
from shared.marketplaces.models import FarApp

KEPT_SECONDS = 10.0

log = structlog.get_logger()


class SealedClientSecrets:
    """See `usecases.secret_ports.SecretVault`."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    async def sealed(
        self, client_id: str, value: str, now: datetime, *, ends_at: datetime | None, end_is_told: bool
    ) -> ClientSecret:
        secret_id = new_id()
        key = await self._keys.new_at_hand(secret_context(secret_id))
        sealed = key.seal(value.encode())
        return ClientSecret(secret_id, client_id, digest(value), now, ends_at, end_is_told, key.wrapped, sealed)

    async def opened(self, secret: ClientSecret) -> str | None:
        """None: it was destroyed, or its key is lost. Raises Unavailable."""
        if not secret.sealed:
            return None
        try:
            key = await self._keys.at_hand(secret.data_key, secret_context(secret.id))
            return key.open(secret.sealed).decode()
        except CryptoError as error:
            log.warning("client_secret.does_not_open", client_id=secret.client_id, error=type(error).__name__)
            return None


@dataclass(frozen=True)
class _Held:
    """What is known of a client: the digests of all its secrets, and in clear, newest first, those that open."""

    at: float
    digests: frozenset[str]
    values: tuple[str, ...] = field(repr=False)


class HeldClientSecrets:
    """See `shared.marketplaces.client_secrets.ClientSecrets`."""

    def __init__(self, reads: Reads[Store], vault: SealedClientSecrets, clock: Clock) -> None:
        self._reads = reads
        self._vault = vault
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._reading = asyncio.Lock()

    async def of(self, app: FarApp) -> Sequence[str]:
        """With that of the settings first where it is not known yet: somebody has just set it."""
        held = await self._known(app.client_id)
        if held.values and digest(app.client_secret) in held.digests:
            return held.values
        return (app.client_secret, *held.values)

    async def _known(self, client_id: str) -> _Held:
        async with self._reading:
            held = self._held.get(client_id)
            if held is not None and self._clock.monotonic() < held.at + KEPT_SECONDS:
                return held
            try:
                self._held[client_id] = await self._read(client_id)
            except (DatabaseUnavailable, Conflict, Unavailable) as error:
                if held is None:
                    raise Unavailable("client secrets cannot be read now", code="client_secrets_away") from error
                log.warning("client_secret.not_read", client_id=client_id, reason=str(error))
            return self._held[client_id]

    async def _read(self, client_id: str) -> _Held:
        async with self._reads() as store:
            secrets = await store.client_secrets.of(client_id)
        opened = [await self._vault.opened(one) for one in secrets]
        values = tuple(value for value in opened if value is not None)
        return _Held(self._clock.monotonic(), frozenset(one.digest for one in secrets), values)


def secret_context(secret_id: UUID) -> bytes:
    return f"auth.client_secret:{secret_id}".encode()
