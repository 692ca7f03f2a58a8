"""Keys that sign service tokens: each is published for a while before it signs, and for a while after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

TOKEN_SECONDS = 600
# Whoever checks tokens keeps the keys for ten minutes: after so long all have read one that is published.
LEAD = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`private_key` is sealed under `data_key`, which is wrapped. `public_key` is a JWK."""

    kid: str
    public_key: dict[str, Any]
    data_key: bytes
    private_key: bytes
    created_at: datetime

    @property
    def signs_from(self) -> datetime:
        """Before, it only stands in where no other one can sign: as the first one does."""
        return self.created_at + LEAD

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r})"


def newest(keys: Sequence[SigningKey]) -> SigningKey | None:
    """Which signs, or is to."""
    return max(keys, key=_age, default=None)


def signers(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """
    The one whose turn it is to sign, then those that stand in where it does not open, who is published longest first:
    younger ones only, as one before it may be published no longer while its tokens live.
    """
    waiting = [key for key in keys if now < key.signs_from]
    turn = newest([key for key in keys if key.signs_from <= now])
    return [*([turn] if turn else []), *sorted(waiting, key=_age)]


def _age(key: SigningKey) -> tuple[datetime, str]:
    return key.created_at, key.kid


@dataclass(frozen=True, slots=True)
class SigningTurns:
    """`lasts`: how old a key becomes that signs; `overlap`, shorter: how long it is published after its turn."""

    lasts: timedelta
    overlap: timedelta

    def needs_successor(self, last: SigningKey, now: datetime) -> bool:
        """So early that it is published long enough once its turn comes."""
        return last.created_at + self.lasts <= now + LEAD

    def retired(self, keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
        """Those whose successor has been signing for longer than any token lives: no longer published."""
        turn = next(iter(signers(keys, now)), None)
        if turn is None or now < turn.signs_from + self.overlap:
            return []
        return [key for key in keys if _age(key) < _age(turn)]
