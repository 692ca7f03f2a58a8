"""A second factor: codes of an app, by time (RFC 6238), and recovery codes for when the app is lost."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.auth.domain.opaque import digest
from shared.kernel.ids import UserId

STEP_SECONDS = 30
RECOVERY_CODES = 10
# So that nobody is locked out in the middle of connecting.
GRACE = timedelta(days=7)
# The app's clock may be a step off.
_STEPS_OFF = 1
_CODE = re.compile(r"\d{6}")
_GROUP = 5
_RECOVERY_LENGTH = 20


class SecondFactorRule(StrEnum):
    """
    Whether whoever has none is asked for one at sign-in. `amazon`: in organisations that have a connection to a
    marketplace which wants that, from a week after it was made.
    """

    OPTIONAL = "optional"
    AMAZON = "amazon"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class SecondFactorPolicy:
    """`marketplaces`: those that want one of everybody who sees their sellers' data."""

    rule: SecondFactorRule
    marketplaces: frozenset[str]


class CodeRefused(Exception):
    """It is not the code of now, or it was used before."""


class FactorThere(Exception):
    """One is set up already."""


class NoFactor(Exception):
    """None is set up, or about to be."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """
    `secret` is sealed under `data_key`. `confirmed_at` None: being set up, a code of it was not seen yet. `last_step`:
    of the last code that was good, which is not good again.
    """

    account_id: UserId
    data_key: bytes
    secret: bytes
    confirmed_at: datetime | None = None
    last_step: int = 0

    def __repr__(self) -> str:
        return f"SecondFactor(account_id={self.account_id})"


@dataclass(frozen=True, slots=True)
class TypedCode:
    """`step`: whose code of the app it is, by the sealed `secret` that it was held against; None: of none."""

    text: str = field(repr=False)
    secret: bytes | None = field(repr=False)
    step: int | None


def steps_at(now: datetime) -> range:
    """Whose codes are taken."""
    step = int(now.timestamp()) // STEP_SECONDS
    return range(step - _STEPS_OFF, step + _STEPS_OFF + 1)


def app_code(typed: str) -> str | None:
    """Six digits, however they were grouped; None: this is no code of an app."""
    code = re.sub(r"[\s-]", "", typed)
    return code if _CODE.fullmatch(code) else None


def recovery_code(secret: str) -> str:
    """From a random secret: 80 bits in four groups, as it is shown once."""
    code = digest(secret)[:_RECOVERY_LENGTH]
    return "-".join(code[start : start + _GROUP] for start in range(0, _RECOVERY_LENGTH, _GROUP))


def recovery_digest(account_id: UUID, typed: str) -> str:
    """How one is kept and looked for, however it was grouped."""
    return digest(f"{account_id} {re.sub(r'[^0-9a-f]', '', typed.lower())}")
