"""
A program of an organisation (an OMS, an ERP): it gets tokens at `/oauth/token` and sees that organisation's rows only.

Its secret is shown once, when it is made, and kept as its digest.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from services.auth.domain.connection import NameInvalid, clean_name
from shared.access.scopes import SELLER_SCOPES
from shared.kernel.ids import OrganisationId, UserId

# Living ones of an organisation: enough for every system a seller has.
CLIENTS_MOST = 50


class ClientsFull(Exception):
    """The organisation has as many API clients as it may."""


class ClientInvalid(Exception):
    """`problems`: a code by field (`name`, `scopes`)."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ApiClient:
    """`id` is the OAuth client id. `secret_digest`: SHA-256 in hex. `used_at`: about when it last asked for a token."""

    id: str
    organisation_id: OrganisationId
    name: str
    scopes: frozenset[str]
    secret_digest: str
    made_by: UserId | None
    made_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def __repr__(self) -> str:
        return f"ApiClient(id={self.id!r})"


def checked(name: str, scopes: frozenset[str]) -> tuple[str, frozenset[str]]:
    """Name and scopes as they are kept. Raises ClientInvalid."""
    problems = {}
    try:
        name = clean_name(name)
    except NameInvalid:
        problems["name"] = "invalid"
    if not scopes or not scopes <= SELLER_SCOPES:
        problems["scopes"] = "unknown" if scopes else "missing"
    if problems:
        raise ClientInvalid(problems)
    return name, scopes


def revoke(client: ApiClient, now: datetime) -> ApiClient:
    """It gets no more tokens; those it has end within ten minutes. Doing it again changes nothing."""
    return client if client.revoked_at else replace(client, revoked_at=now)
