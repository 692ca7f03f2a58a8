"""A grant: what access tokens belong to, sealed. A consent gives one; where sellers delegate, all share our own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.kernel.ids import GrantId


@dataclass(frozen=True, slots=True)
class SealedGrant:
    """
    Secrets under `data_key`, which is wrapped by a key-encryption key: readable in the vault only.

    `token_version` counts the access tokens of the connection, also over a new consent; it is what `rejected=` names.
    `refresh_token` None: it is our application's own, one for all its sellers here; no seller's end destroys it.
    `app_id`: whose application it is for, if not ours; `token_digest`: equal for those of it that share
    a refresh token.
    """

    id: GrantId
    marketplace: str
    region: str
    data_key: bytes
    refresh_token: bytes | None
    access_token: bytes
    expires_at: datetime
    token_version: int = 0
    app_id: UUID | None = None
    token_digest: str | None = None

    @property
    def is_shared(self) -> bool:
        return self.refresh_token is None

    def __repr__(self) -> str:
        return f"SealedGrant(id={self.id}, token_version={self.token_version})"
