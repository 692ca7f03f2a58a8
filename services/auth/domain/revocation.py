"""
What is revoked before its end: a token, or all that were asked for with one secret of an API client.

Kept until the last token that it concerns has ended everywhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.auth.domain.signing import TOKEN_SECONDS

# Of one client at a time: the list is read by every process all the time.
REVOKED_MOST = 100
# Clocks differ by half a minute, and a token may be under way while its secret is ended.
_MARGIN = timedelta(minutes=2)


class RevokedFull(Exception):
    """The client has as many revoked tokens on the list as it may; in ten minutes there is room."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """`id`: of a token (its `jti`), or of a secret (its `credential`). `until`: then no token of it is good."""

    id: str
    client_id: str
    until: datetime


def of_token(jti: str, client_id: str, ends_at: datetime) -> Revocation:
    return Revocation(jti, client_id, ends_at + _MARGIN)


def of_secret(secret_id: object, client_id: str, now: datetime) -> Revocation:
    return Revocation(str(secret_id), client_id, now + timedelta(seconds=TOKEN_SECONDS) + _MARGIN)
