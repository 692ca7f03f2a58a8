"""
Passkeys (WebAuthn): a person's device holds a private key for this site alone and signs each challenge once.

A signature is held against the one challenge that was given to this very browser, so that none is of use twice.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.kernel.ids import UserId

PASSKEYS_MOST = 10
PASSKEY_NAME_MOST = 80
CHALLENGE_LASTS = timedelta(minutes=5)


class Ceremony(StrEnum):
    """What a challenge is for: nothing else is done with its answer."""

    REGISTER = "register"
    SECOND_FACTOR = "second_factor"
    SIGN_IN = "sign_in"


class PasskeyRefused(Exception):
    """No answer to this browser's challenge, or not by a passkey that is known."""


class CounterWentBack(PasskeyRefused):
    """The passkey has counted further than this answer says: there may be a copy of it."""


class PasskeysFull(Exception):
    """There are as many as anybody may have."""


class PasskeyUnknown(Exception):
    """There is none of this id, or it is somebody else's."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """`holder`: the digest of the cookie that the answer must come with."""

    holder: str
    ceremony: Ceremony
    value: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Created:
    """What a device made: nothing of it is secret, the private key never leaves the device."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """`sign_count`: of the last signature; 0 for ever where a device does not count. `used_at` None: never yet."""

    id: UUID
    account_id: UserId
    credential_id: bytes
    public_key: bytes
    name: str
    sign_count: int
    created_at: datetime
    used_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Passkey(id={self.id})"

    def used(self, sign_count: int, now: datetime) -> "Passkey":
        """After a signature that counted so far (WebAuthn, section 7.2, step 22). Raises CounterWentBack."""
        if (sign_count or self.sign_count) and sign_count <= self.sign_count:
            raise CounterWentBack
        return replace(self, sign_count=sign_count, used_at=now)


def passkey_name(typed: str) -> str:
    """As it is listed; empty: it cannot be shown, or is too long."""
    name = " ".join(typed.split())
    return name if len(name) <= PASSKEY_NAME_MOST and name.isprintable() else ""
