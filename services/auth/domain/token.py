"""Access tokens of a grant: when one may still be given out, and how long a failed renewal is not repeated."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.auth.domain.connection import ConnectionState
from shared.kernel.ids import ConnectionId, GrantId

# A caller that gets a token must have time to use it.
FRESH_FOR = timedelta(seconds=60)
# Who waits for another's renewal waits so long; then he is told to come again.
WAIT_SECONDS = 8.0
COME_AGAIN_SECONDS = 2.0
# A marketplace counts the tokens it gives (one 500 an hour), and all sellers' services may refuse a shared one at once.
SHARED_RESTS = timedelta(seconds=30)


class RenewalFailure(StrEnum):
    """Why the last renewal gave no token. A lost consent is none of these: it is the connection's state."""

    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    OUR_SECRET = "client_secret_invalid"  # noqa: S105 - the name of a failure
    PRIVATE_SECRET = "private_secret_refused"  # noqa: S105 - the name of a failure


PAUSES = {
    RenewalFailure.THROTTLED: timedelta(seconds=5),
    RenewalFailure.UNAVAILABLE: timedelta(seconds=2),
    RenewalFailure.OUR_SECRET: timedelta(seconds=30),
    # An organisation's own, which nobody but it can mend; another one is tried as soon as it is there.
    RenewalFailure.PRIVATE_SECRET: timedelta(minutes=5),
}


@dataclass(frozen=True, slots=True)
class TokenState:
    """
    A connection's token as it is kept: `sealed_token` under `data_key`, which is wrapped.

    `is_shared`: its grant is not this seller's alone. `retry_at`: until then nobody asks for another.
    """

    connection_id: ConnectionId
    state: ConnectionState
    consent_version: int
    grant_id: GrantId | None
    token_version: int = 0
    expires_at: datetime | None = None
    failure: RenewalFailure | None = None
    retry_at: datetime | None = None
    data_key: bytes = field(default=b"", repr=False)
    sealed_token: bytes = field(default=b"", repr=False)
    is_shared: bool = False

    def is_usable(self, now: datetime, rejected: int | None) -> bool:
        """May be given out: not the one the far side refused, and good for a minute yet."""
        if self.expires_at is None or (rejected is not None and self.token_version <= rejected):
            return False
        return now < self.expires_at - FRESH_FOR

    def is_renewed(self, seen_version: int, now: datetime) -> bool:
        """Newer than was seen, and not over: given out however short its life, or it would be renewed for ever."""
        return self.token_version > seen_version and self.expires_at is not None and now < self.expires_at

    def rests_seconds(self, now: datetime) -> float:
        """For how long it is too soon for another renewal: the last one failed, or a shared token is new."""
        return max(0.0, (self.retry_at - now).total_seconds()) if self.retry_at else 0.0

    @property
    def has_grant(self) -> bool:
        ended = self.state in {ConnectionState.REVOKED, ConnectionState.DISCONNECTED}
        return self.grant_id is not None and not ended
