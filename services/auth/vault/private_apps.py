"""Secrets of organisations' own applications: sealed, and in clear only while a token is asked for with them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from services.auth.domain.grant import SealedGrant
from services.auth.domain.private_app import PrivateApp
from services.auth.vault.seals import GrantSeals
from shared.crypto.errors import CryptoError
from shared.crypto.keyring import KeyRing
from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid
from shared.kernel.ids import GrantId, OrganisationId, new_id
from shared.marketplaces.models import OAuthAnswer
from shared.marketplaces.private import PrivateClient, PrivatePort

log = structlog.get_logger()


class SealedPrivateApps:
    """See `usecases.private_ports.PrivateVault`."""

    def __init__(self, keys: KeyRing, seals: GrantSeals, ports: Mapping[str, PrivatePort], clock: Clock) -> None:
        self._keys = keys
        self._seals = seals
        self._ports = ports
        self._clock = clock

    async def accepts(self, marketplace: str, client_id: str, client_secret: str) -> bool:
        return await self._ports[marketplace].accepts(PrivateClient(client_id, client_secret))

    def new_app(
        self, organisation_id: OrganisationId, marketplace: str, client_id: str, client_secret: str, now: datetime
    ) -> PrivateApp:
        app_id = new_id()
        data_key = self._keys.new_key(app_context(app_id))
        app = PrivateApp(app_id, organisation_id, marketplace, client_id, now, data_key, b"")
        return replace(app, secret=self._sealed(app, client_secret))

    def replaced(self, app: PrivateApp, client_secret: str, now: datetime) -> PrivateApp:
        """Where the key of the one before is lost, so is that one."""
        known = replace(app, replaced_at=now, refused_at=None)
        try:
            return replace(known, secret=self._sealed(app, client_secret), former_secret=app.secret)
        except CryptoError as error:
            _log_lost(app, error)
            fresh = replace(known, data_key=self._keys.new_key(app_context(app.id)), former_secret=None)
            return replace(fresh, secret=self._sealed(fresh, client_secret))

    async def try_token(self, app: PrivateApp, refresh_token: str) -> OAuthAnswer:
        """With each secret that may be good; the newest one's refusal is told. One whose key is lost is none."""
        first: ClientSecretInvalid | None = None
        for secret in app.secrets(self._clock.now()):
            try:
                opened = self._keys.open(app.data_key, secret, app_context(app.id)).decode()
                return await self._ports[app.marketplace].renew(PrivateClient(app.client_id, opened), refresh_token)
            except CryptoError as error:
                _log_lost(app, error)
                first = first or ClientSecretInvalid("The secret does not open.", code="does_not_open")
            except ClientSecretInvalid as error:
                first = first or error
        raise first or ClientSecretInvalid("There is no secret.", code="no_secret")

    def grant(self, app: PrivateApp, region: str, refresh_token: str, answer: OAuthAnswer) -> SealedGrant:
        whole = replace(answer, refresh_token=answer.refresh_token or refresh_token)
        made = self._seals.new_grant(GrantId(new_id()), app.marketplace, region, whole, self._clock.now())
        return replace(made, app_id=app.id)

    def _sealed(self, app: PrivateApp, client_secret: str) -> bytes:
        return self._keys.seal(app.data_key, client_secret.encode(), app_context(app.id))


def _log_lost(app: PrivateApp, error: CryptoError) -> None:
    log.warning("private.does_not_open", organisation_id=str(app.organisation_id), error=type(error).__name__)


def app_context(app_id: UUID) -> bytes:
    return f"auth.private_app:{app_id}".encode()
