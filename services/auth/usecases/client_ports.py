"""What the use cases need of API clients and of tokens that are revoked: parts of the `Store` of one transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.api_client import ApiClient
from services.auth.domain.revocation import Revocation
from shared.kernel.ids import OrganisationId


class ApiClients(Protocol):
    async def lock_count(self, organisation_id: OrganisationId) -> int:
        """Living ones; until the transaction ends nobody else makes one for this organisation."""
        ...

    async def lock_own(self, client_id: str, organisation_id: OrganisationId) -> ApiClient | None: ...

    async def save(self, client: ApiClient) -> None:
        """New or revoked, with secrets that are new or ended."""
        ...

    async def living(self, client_id: str) -> ApiClient | None:
        """Whosever it is, with its living secrets; None: there is none, or it is revoked."""
        ...

    async def used(self, secret_id: UUID, now: datetime) -> None: ...


class RevokedTokens(Protocol):
    async def add(self, revocation: Revocation) -> None:
        """Again: nothing."""
        ...

    async def lock_count(self, client_id: str) -> int:
        """How many of a client are on the list; until the transaction ends nobody else counts them."""
        ...

    async def holds(self, ids: Collection[str]) -> bool: ...
