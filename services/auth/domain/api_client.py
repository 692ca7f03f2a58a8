"""
A program of an organisation (an OMS, an ERP): it gets tokens at `/oauth/token` and sees that organisation's rows only.

Its secrets are shown once, when they are made, and kept as their digests. It has two at a time, so that the program can
be given the new one while the old one still works.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.auth.domain.connection import NameInvalid, clean_name
from shared.access.scopes import SELLER_SCOPES
from shared.kernel.ids import OrganisationId, UserId

# Living ones of an organisation: enough for every system a seller has.
CLIENTS_MOST = 50
# Living ones of a client: the one in use, and its successor.
SECRETS_MOST = 2


class ClientsFull(Exception):
    """The organisation has as many API clients as it may."""


class MadeBefore(Exception):
    """The form was sent before: what it asked for was made then, and its secret was shown by that answer."""


class ClientInvalid(Exception):
    """`problems`: a code by field (`name`, `scopes`)."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = problems


class SecretsFull(Exception):
    """The client has as many living secrets as it may."""


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """`digest`: SHA-256 in hex. `used_at`: about when a token was last asked for with it."""

    id: UUID
    digest: str = field(repr=False)
    made_by: UserId | None
    made_at: datetime
    used_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiClient:
    """`id` is the OAuth client id. `secrets`: the ended ones too, oldest first."""

    id: str
    organisation_id: OrganisationId
    name: str
    scopes: frozenset[str]
    made_by: UserId | None
    made_at: datetime
    secrets: tuple[ClientSecret, ...] = field(repr=False)
    revoked_at: datetime | None = None

    @property
    def living(self) -> tuple[ClientSecret, ...]:
        """The secrets that open something."""
        return tuple(each for each in self.secrets if each.ended_at is None)

    @property
    def used_at(self) -> datetime | None:
        """About when it last asked for a token."""
        return max((each.used_at for each in self.secrets if each.used_at), default=None)


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


def check_room(client: ApiClient) -> None:
    """For another secret. Raises SecretsFull."""
    if len(client.living) >= SECRETS_MOST:
        raise SecretsFull


def add_secret(client: ApiClient, secret: ClientSecret) -> ApiClient:
    """Raises SecretsFull."""
    check_room(client)
    return replace(client, secrets=(*client.secrets, secret))


def end_secret(client: ApiClient, secret_id: UUID, now: datetime) -> ApiClient:
    """It opens nothing more, the last one too. Where it is ended or there is none of this id, nothing changes."""
    ended = (
        replace(each, ended_at=now) if each in client.living and each.id == secret_id else each
        for each in client.secrets
    )
    return replace(client, secrets=tuple(ended))


def revoke(client: ApiClient, now: datetime) -> ApiClient:
    """It gets no more tokens, and its secrets end. Doing it again changes nothing."""
    if client.revoked_at:
        return client
    ended = tuple(replace(each, ended_at=each.ended_at or now) for each in client.secrets)
    return replace(client, secrets=ended, revoked_at=now)
