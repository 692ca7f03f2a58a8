"""Secrets of organisations' own applications: sealed, and in clear only while a token is asked for with them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from services.auth.domain.grant import SealedGrant
from services.auth.domain.private_app import PrivateApp
from services.auth.vault.seals import GrantSeals
from shared.crypto.data_keys import DataKeys
from shared.crypto.errors import CryptoError
from shared.crypto.keyring import DataKey
from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid
from shared.kernel.ids import GrantId, OrganisationId, new_id
from shared.marketplaces.models import OAuthAnswer
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.private import PrivateClient, PrivatePort

log = structlog.get_logger()


class SealedPrivateApps:
    """See `usecases.private_ports.PrivateVault`."""

    def __init__(self, keys: DataKeys, seals: GrantSeals, ports: Mapping[str, PrivatePort], clock: Clock) -> None:
        self._keys = keys
        self._seals = seals
        self._ports = ports
        self._clock = clock

    async def accepts(self, marketplace: str, client_id: str, client_secret: str) -> bool:
        return await self._ports[marketplace].accepts(PrivateClient(client_id, client_secret))

    async def try_client(self, marketplace: str, client_id: str, client_secret: str) -> OAuthAnswer:
        return await self._ports[marketplace].renew(PrivateClient(client_id, client_secret), "")

    async def opens(self, marketplace: str, account: FarAccount, answer: OAuthAnswer) -> bool:
        return await self._ports[marketplace].opens(account, answer)

    async def new_app(
        self, organisation_id: OrganisationId, marketplace: str, client_id: str, client_secret: str, now: datetime
    ) -> PrivateApp:
        app_id = new_id()
        key = await self._keys.new_at_hand(app_context(app_id))
        sealed = key.seal(client_secret.encode())
        return PrivateApp(app_id, organisation_id, marketplace, client_id, now, key.wrapped, sealed)

    async def replaced(self, app: PrivateApp, client_secret: str, now: datetime) -> PrivateApp:
        """Where the key of the one before is lost, so is that one; where both were destroyed, there is none."""
        known = replace(app, replaced_at=now, refused_at=None)
        if app.has_secret:
            try:
                key = await self._key_of(app)
                if key.open(app.secret) == client_secret.encode():
                    return replace(app, refused_at=None, refusal_told_at=None)
                return replace(known, secret=key.seal(client_secret.encode()), former_secret=app.secret)
            except CryptoError as error:
                _log_lost(app, error)
        key = await self._keys.new_at_hand(app_context(app.id))
        return replace(known, data_key=key.wrapped, secret=key.seal(client_secret.encode()), former_secret=None)

    async def try_token(self, app: PrivateApp, refresh_token: str) -> OAuthAnswer:
        """With each secret that may be good; the newest one's refusal is told. One whose key is lost is none."""
        first: ClientSecretInvalid | None = None
        for secret in app.secrets(self._clock.now()):
            try:
                opened = (await self._key_of(app)).open(secret).decode()
                return await self._ports[app.marketplace].renew(PrivateClient(app.client_id, opened), refresh_token)
            except CryptoError as error:
                _log_lost(app, error)
                first = first or ClientSecretInvalid("The secret does not open.", code="does_not_open")
            except ClientSecretInvalid as error:
                first = first or error
        raise first or ClientSecretInvalid("There is no secret.", code="no_secret")

    async def grant(
        self, app: PrivateApp, region: str, refresh_token: str, answer: OAuthAnswer, asked_at: datetime
    ) -> SealedGrant:
        whole = replace(answer, refresh_token=answer.refresh_token or refresh_token)
        grant_id = GrantId(new_id())
        key = await self._seals.new_key(grant_id)
        made = self._seals.new_grant(grant_id, key, app.marketplace, region, whole, asked_at)
        return replace(made, app_id=app.id, token_digest=(await self._key_of(app)).digest(refresh_token.encode()))

    async def _key_of(self, app: PrivateApp) -> DataKey:
        """Raises UnknownKey, CannotOpen, Unavailable."""
        return await self._keys.at_hand(app.data_key, app_context(app.id))


def _log_lost(app: PrivateApp, error: CryptoError) -> None:
    log.warning("private.does_not_open", organisation_id=str(app.organisation_id), error=type(error).__name__)


def app_context(app_id: UUID) -> bytes:
    return f"auth.private_app:{app_id}".encode()
