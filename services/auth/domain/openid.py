"""Signing in at an OpenID provider: what it says about a person, and how far that is believed here."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

STATE_LASTS = timedelta(minutes=10)
# RFC 8176: more than one factor was used. Of single methods it is not told whether another came before.
_MORE_THAN_ONE = "mfa"


class OpenIdProblem(StrEnum):
    """Why nobody was signed in. `late`: not begun in this browser, not lately, or twice."""

    LATE = "late"
    REFUSED = "refused"
    AWAY = "away"
    INVALID = "invalid"
    UNVERIFIED = "unverified"
    UNKNOWN = "unknown"


class OpenIdFailed(Exception):
    def __init__(self, problem: OpenIdProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class OpenIdState:
    """`digest`: of the value in the address; `holder`: of the cookie it must come back with. `goal`: a path of ours."""

    digest: str
    holder: str
    goal: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """`verified`: the provider vouches that the address is theirs."""

    email: str = field(repr=False)
    verified: bool
    two_factors: bool


def shows_two_factors(amr: Collection[str], acr: str | None, trusted: Collection[str]) -> bool:
    """`trusted`: the provider's own words for it; anything else counts as one factor."""
    return _MORE_THAN_ONE in amr or (acr is not None and acr in trusted)
