"""A grant: what a consent gave, sealed. One per connection at Amazon; a marketplace may have one for many sellers."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.ids import GrantId


@dataclass(frozen=True, slots=True)
class SealedGrant:
    """
    Secrets under `data_key`, which is wrapped by a key-encryption key: readable in the vault only.

    `token_version` counts the access tokens of the connection, also over a new consent; it is what `rejected=` names.
    """

    id: GrantId
    marketplace: str
    region: str
    data_key: bytes
    refresh_token: bytes
    access_token: bytes
    expires_at: datetime
    token_version: int = 0

    def __repr__(self) -> str:
        return f"SealedGrant(id={self.id}, token_version={self.token_version})"
