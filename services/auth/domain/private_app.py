"""
An application of an organisation's own, by which it reaches its accounts: its client id, and its client secret, sealed.

Two secrets are valid at once while one is swapped: the newest is tried first, for a week the one before it, too.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.kernel.ids import OrganisationId

# As long as Amazon keeps a secret valid beside its successor.
FORMER_LASTS = timedelta(days=7)
# No end of such an authorisation is known: its organisation is reminded all the same.
REMINDED_EVERY = timedelta(days=365)
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
    not know its secret; None: it does.
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
