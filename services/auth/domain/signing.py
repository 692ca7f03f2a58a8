"""Keys that sign service tokens: the newest signs, and its predecessor is still published for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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


@dataclass(frozen=True, slots=True)
class SigningTurns:
    """`lasts`: how long a key signs; `overlap`, shorter: how long its predecessor is published beside it."""

    lasts: timedelta
    overlap: timedelta

    def needs_successor(self, newest: SigningKey, now: datetime) -> bool:
        return newest.created_at + self.lasts <= now

    def retired(self, keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
        """Those whose successor has been signing for longer than any token lives: no longer published."""
        newest = signing(keys)
        if newest is None or newest.created_at + self.overlap > now:
            return []
        return [key for key in keys if key is not newest]
