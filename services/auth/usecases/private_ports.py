"""What applications of an organisation's own need from the outside: rows, and the vault, which calls out."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.grant import SealedGrant
from services.auth.domain.private_app import PrivateApp
from shared.kernel.ids import OrganisationId
from shared.marketplaces.models import OAuthAnswer


class PrivateApps(Protocol):
    async def lock_of(self, organisation_id: OrganisationId) -> list[PrivateApp]:
        """An organisation's. Until the transaction ends nobody else makes or changes one of them."""
        ...

    async def get(self, app_id: UUID) -> PrivateApp | None: ...

    async def get_own(self, app_id: UUID, organisation_id: OrganisationId) -> PrivateApp | None: ...

    async def save(self, app: PrivateApp) -> None:
        """New, or with another secret: then its grants may be renewed at once."""
        ...

    async def refused(self, app: PrivateApp, since: datetime | None) -> None:
        """
        Since when the far side refuses its secret; an earlier moment stays. None: it is known. Nothing is noted where
        the secret is another one by now.
        """
        ...

    async def rewrap(self, rewrap: Callable[[UUID, bytes], bytes | None]) -> None:
        """Replaces the wrapped keys that `rewrap` gives another for."""
        ...


class PrivateVault(Protocol):
    """What is given to it in clear is sealed or forgotten."""

    async def accepts(self, marketplace: str, client_id: str, client_secret: str) -> bool:
        """Whether the far side knows them. Raises FarSideError."""
        ...

    def new_app(
        self, organisation_id: OrganisationId, marketplace: str, client_id: str, client_secret: str, now: datetime
    ) -> PrivateApp: ...

    def replaced(self, app: PrivateApp, client_secret: str, now: datetime) -> PrivateApp:
        """With another secret, which the far side was seen to know; the one before stays beside it."""
        ...

    async def try_token(self, app: PrivateApp, refresh_token: str) -> OAuthAnswer:
        """What the token gives. Raises FarSideError: ConsentLost, ClientSecretInvalid (theirs) among them."""
        ...

    def grant(self, app: PrivateApp, region: str, refresh_token: str, answer: OAuthAnswer) -> SealedGrant:
        """What was tried, sealed, under a new grant id."""
        ...
