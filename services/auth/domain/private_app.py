"""
An application of an organisation's own, by which it reaches its accounts: its client id, and its client secret, sealed.

Two secrets are valid at once while one is swapped: the newest is tried first, for a week the one before it, too.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.kernel.ids import OrganisationId

# As long as Amazon keeps a secret valid beside its successor.
FORMER_LASTS = timedelta(days=7)
# No end of such an authorisation is known: its organisation is reminded all the same.
REMINDED_EVERY = timedelta(days=365)
# Days before the end of its client secret: its organisation is told once at each.
WARNED_AT = (30, 7, 1)
# A refusal may pass: it is told once it lasted so long.
REFUSED_FOR = timedelta(hours=2)
APPS_MOST = 10
CODES_MOST = 50
SECRET_LENGTH = 512


class PrivateProblem(StrEnum):
    """Why an application, or one of its rows, is not kept, or not removed."""

    CLIENT_INVALID = "client-invalid"
    SECRET_INVALID = "secret-invalid"  # noqa: S105 - the name of a problem
    SECRET_REFUSED = "secret-refused"  # noqa: S105 - the name of a problem
    TOO_MANY = "too-many"
    COUNTRY_INVALID = "country-invalid"
    CODES_INVALID = "codes-invalid"
    TOKEN_INVALID = "token-invalid"  # noqa: S105 - the name of a problem
    TOKEN_REFUSED = "token-refused"  # noqa: S105 - the name of a problem
    ACCOUNT_REFUSED = "account-refused"
    CONNECTED = "connected"
    APP_UNKNOWN = "app-unknown"
    STILL_USED = "still-used"
    AWAY = "away"


class PrivateRefused(Exception):
    """`code`: the row it is about, where it is about one."""

    def __init__(self, problem: PrivateProblem, code: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.code = code


@dataclass(frozen=True, slots=True)
class PrivateApp:
    """
    Secrets under `data_key`, which is wrapped: readable in the vault only. `refused_at`: since when the far side does
    not know its secret; None: it does. `refusal_told_at`: when its organisation was told of that.

    `secret_ends_at`: when the secret ends at the latest, counted from when it was entered; None: no end is known.
    `warn_at`: when its organisation is told next of that end.
    """

    id: UUID
    organisation_id: OrganisationId
    marketplace: str
    client_id: str
    made_at: datetime
    data_key: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    former_secret: bytes | None = field(default=None, repr=False)
    replaced_at: datetime | None = None
    refused_at: datetime | None = None
    refusal_told_at: datetime | None = None
    secret_ends_at: datetime | None = None
    warn_at: datetime | None = None

    @property
    def has_secret(self) -> bool:
        """It is destroyed with the last connection of the application."""
        return bool(self.secret)

    def secrets(self, now: datetime) -> tuple[bytes, ...]:
        """Those that may be good, newest first."""
        if not self.has_secret:
            return ()
        if self.former_secret is None or self.replaced_at is None or now >= self.replaced_at + FORMER_LASTS:
            return (self.secret,)
        return (self.secret, self.former_secret)

    def ends_soon(self, now: datetime) -> bool:
        """Whether its secret is to be replaced by now, or should have been."""
        return secret_ends_soon(self.secret_ends_at, now)

    def with_end(self, now: datetime, lasts: timedelta | None) -> "PrivateApp":
        """With the end of a secret that was entered now; `lasts` None: no end is known."""
        ends_at = now + lasts if lasts else None
        return replace(self, secret_ends_at=ends_at, warn_at=_next_warning(ends_at, now), refusal_told_at=None)

    def is_refusal_due(self, now: datetime) -> bool:
        """Whether its organisation is to be told now that its secret is refused."""
        return self.refusal_told_at is None and self.refused_at is not None and now >= self.refused_at + REFUSED_FOR

    def is_warning_due(self, now: datetime) -> bool:
        return self.warn_at is not None and now >= self.warn_at

    def told(self, now: datetime) -> "PrivateApp":
        """After its organisation was told what was due: one warning stands for those before it."""
        refusal = now if self.is_refusal_due(now) else self.refusal_told_at
        return replace(self, refusal_told_at=refusal, warn_at=_next_warning(self.secret_ends_at, now))


def secret_ends_soon(ends_at: datetime | None, now: datetime) -> bool:
    """From the first warning on."""
    return ends_at is not None and now >= ends_at - timedelta(days=max(WARNED_AT))


def _next_warning(ends_at: datetime | None, now: datetime) -> datetime | None:
    warned = (ends_at - timedelta(days=days) for days in WARNED_AT) if ends_at else ()
    return min((at for at in warned if at > now), default=None)
