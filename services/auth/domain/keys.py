"""Data keys as they are kept: each wrapped by a key-encryption key, for what it seals."""

from dataclasses import dataclass, field
from enum import StrEnum


class Sealed(StrEnum):
    """
    What a data key seals: a grant's tokens, a key that signs, a second factor, the secret of an organisation's
    application or of one of ours, or an address.
    """

    GRANT = "grant"
    SIGNING_KEY = "signing_key"
    SECOND_FACTOR = "second_factor"
    PRIVATE_APP = "private_app"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - what is sealed
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """One data key, readable in the vault only."""

    sealed: Sealed
    id: str
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many data keys of one kind a key-encryption key (`kid`) wraps."""

    kid: str
    sealed: Sealed
    count: int
