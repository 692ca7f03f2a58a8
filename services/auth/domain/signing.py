"""Keys that sign service tokens: the newest signs, and its predecessor is still published for a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

KEY_LASTS = timedelta(days=30)
OVERLAP = timedelta(days=1)
TOKEN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`private_key` is sealed under `data_key`, which is wrapped. `public_key` is a JWK."""

    kid: str
    public_key: dict[str, Any]
    data_key: bytes
    private_key: bytes
    created_at: datetime

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r})"


def signing(keys: Sequence[SigningKey]) -> SigningKey | None:
    return max(keys, key=lambda key: (key.created_at, key.kid), default=None)


def needs_successor(keys: Sequence[SigningKey], now: datetime) -> bool:
    newest = signing(keys)
    return newest is None or newest.created_at + KEY_LASTS <= now


def retired(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """Those whose successor has been signing for longer than any token lives: no longer published."""
    newest = signing(keys)
    if newest is None or newest.created_at + OVERLAP > now:
        return []
    return [key for key in keys if key is not newest]
