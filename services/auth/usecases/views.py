"""What pages and lists read, straight from the tables."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.account import Account, Session
from services.auth.domain.address import SealedAddress
from services.auth.domain.api_client import ApiClient
from services.auth.domain.connection import Connection, ConnectionState
from services.auth.domain.passkey import Passkey
from services.auth.domain.private_app import PrivateApp
from services.auth.domain.signing import SigningKey
from services.auth.usecases.connection_list import Counts, ListAsked, ListPage
from services.auth.usecases.role_ports import RoleStanding
from shared.kernel.ids import ConnectionId, OrganisationId, UserId


@dataclass(frozen=True, slots=True)
class Standing:
    """
    Of all organisations: connections by marketplace and state; sellers' own grants of our applications by marketplace
    and region; how often each application of an organisation's own was authorised, by marketplace; when the first
    consent that works ends, as far as is known; since when the mail that is due longest is due; the roles that were
    asked for later, and who gave them.
    """

    counts: Mapping[tuple[str, ConnectionState], int]
    grants: Mapping[tuple[str, str], int]
    authorisations: Sequence[tuple[str, int]]
    nearest_end: datetime | None
    oldest_mail: datetime | None
    roles: Sequence[RoleStanding]


@dataclass(frozen=True, slots=True)
class User:
    """A person's account as its operator sees it. `locked_until`: also when that is over."""

    account: Account
    created_at: datetime
    locked_until: datetime | None
    has_factor: bool
    sessions: int
    seen_at: datetime | None


class Views(Protocol):
    async def connections(
        self, organisation_id: OrganisationId, *, after: ConnectionId | None, limit: int
    ) -> Sequence[Connection]:
        """An organisation's connections, in the order they were made."""
        ...

    async def listed(self, organisation_id: OrganisationId, asked: ListAsked) -> ListPage:
        """A page of an organisation's list."""
        ...

    async def counted(self, organisation_id: OrganisationId) -> Counts:
        """How many connections an organisation has, by state."""
        ...

    async def living(self, organisation_id: OrganisationId, *, app_id: UUID | None = None) -> Sequence[Connection]:
        """All of an organisation's that have not ended, by name. `app_id`: of this application of its own."""
        ...

    async def plans(self, organisation_id: OrganisationId) -> Collection[bool]:
        """Whether the selling plans of its accounts are professional ones, as far as marketplaces tell."""
        ...

    async def connection(self, organisation_id: OrganisationId, connection_id: ConnectionId) -> Connection | None:
        """None: there is none of this organisation."""
        ...

    async def erased_by(self, connection: Connection) -> Mapping[str, datetime]:
        """The services that have confirmed what was last wanted erased of it, and when."""
        ...

    async def of_seller(
        self, organisation_id: OrganisationId, marketplace: str, seller_id: str
    ) -> Sequence[Connection]:
        """An organisation's connections of one seller account: one for each region, the ended ones too."""
        ...

    async def unanswered(self, user_id: UserId, now: datetime) -> str | None:
        """The marketplace whose consent this person began and was not led back from, if it was the last they began."""
        ...

    async def calendar(self, digest: str) -> Sequence[Connection] | None:
        """The connections of the organisation whose calendar has this address; None: nobody's has."""
        ...

    async def has_calendar(self, organisation_id: OrganisationId) -> bool: ...

    async def account(self, user_id: UserId) -> Account | None: ...

    async def sessions(self, user_id: UserId) -> Sequence[Session]:
        """One's own, the last seen first; also some that ended by themselves since the last upkeep."""
        ...

    async def has_factor(self, user_id: UserId) -> bool:
        """Whether an app for codes is set up."""
        ...

    async def recovery_codes(self, user_id: UserId) -> int:
        """How many are left."""
        ...

    async def passkeys(self, user_id: UserId) -> Sequence[Passkey]:
        """One's own, in the order they were made."""
        ...

    async def every_user(self, email_key: str | None) -> Sequence[User]:
        """Of all organisations, for the operator, in the order they signed up; None: with any e-mail."""
        ...

    async def api_clients(self, organisation_id: OrganisationId) -> Sequence[ApiClient]:
        """An organisation's, living ones first."""
        ...

    async def revoked_ids(self) -> frozenset[str]:
        """Of tokens and secrets, whosever they are: what our services must refuse."""
        ...

    async def private_apps(self, organisation_id: OrganisationId) -> Sequence[PrivateApp]:
        """An organisation's own applications, in the order they were made."""
        ...

    async def authorisations(self, organisation_id: OrganisationId) -> Mapping[UUID, int]:
        """How often each of its own applications was authorised, as far as it shows here."""
        ...

    async def addresses(self, organisation_id: OrganisationId) -> Sequence[SealedAddress]:
        """An organisation's own, one of a kind at most."""
        ...

    async def says_professional(self, organisation_id: OrganisationId) -> bool:
        """Whether it says that its selling plan is."""
        ...

    async def has_confirmed(self, organisation_id: OrganisationId) -> bool:
        """Whether somebody of it has confirmed an e-mail address."""
        ...

    async def every_connection(self, state: ConnectionState | None) -> Sequence[Connection]:
        """Of all organisations, for the operator, in the order they were made; None: in any state."""
        ...

    async def standing(self) -> Standing:
        """For what operators watch."""
        ...

    async def regions(self) -> Sequence[tuple[str, str]]:
        """Marketplace and region of connections that have a grant, each once."""
        ...

    async def signing_keys(self) -> Sequence[SigningKey]:
        """Those that are published: before they sign, while they do, and after; oldest first."""
        ...
