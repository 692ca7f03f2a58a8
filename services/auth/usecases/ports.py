"""What the use cases need from the outside: the `Store` of one transaction, and the rest of the vault."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.audit import AuditEntry, AuditSession
from services.auth.domain.connection import Connection
from services.auth.domain.consent import ConsentState
from services.auth.domain.grant import SealedGrant
from services.auth.domain.keys import KeyCount, Sealed, WrappedKey
from services.auth.domain.signing import SigningKey
from services.auth.domain.token import RenewalFailure, TokenState
from services.auth.usecases.account_ports import Accounts, Attempts, Links, Locks, Sessions
from services.auth.usecases.address_ports import Addresses
from services.auth.usecases.client_ports import ApiClients, RevokedTokens
from services.auth.usecases.closing_ports import Closings
from services.auth.usecases.factor_ports import Factors
from services.auth.usecases.mail_ports import Mails
from services.auth.usecases.member_ports import Invitations, Members
from services.auth.usecases.openid_ports import OpenIdStates
from services.auth.usecases.passkey_ports import Passkeys
from services.auth.usecases.private_ports import PrivateApps
from services.auth.usecases.retention_ports import OldConnections
from services.auth.usecases.role_ports import AskedRoles
from services.auth.usecases.secret_ports import ClientSecretRows
from services.auth.usecases.support_ports import Support
from shared.access.principal import Ending
from shared.kernel.ids import ConnectionId, GrantId, OrganisationId
from shared.kernel.ports import Lease, Outbox


class Consents(Protocol):
    async def add(self, state: ConsentState) -> None: ...

    async def lock(self, digest: str) -> ConsentState | None: ...

    async def use(self, digest: str, now: datetime) -> None: ...


class Connections(Protocol):
    async def lock(self, connection_id: ConnectionId) -> Connection | None: ...

    async def lock_own(self, connection_id: ConnectionId, organisation_id: OrganisationId) -> Connection | None:
        """None: there is none of this organisation."""
        ...

    async def lock_of_grant(self, grant_id: GrantId) -> Sequence[Connection]: ...

    async def lock_of_app(self, app_id: UUID, organisation_id: OrganisationId) -> Sequence[Connection]:
        """An organisation's that are reached by this application of its own, and have not ended."""
        ...

    async def lock_of_seller(
        self, marketplace: str, region: str, seller_id: str, organisation_id: OrganisationId
    ) -> Sequence[Connection]:
        """
        The seller account's connections that live, whosever they are, and those that this organisation ended.

        Until the transaction ends nobody else can connect or claim this account. To be taken before any row of it.
        """
        ...

    async def lock_lapsed(self, claimed_before: datetime) -> Sequence[Connection]:
        """Claims since then or longer, a batch; without those that somebody works on."""
        ...

    async def lock_ending(self, before: datetime, after: ConnectionId | None) -> Sequence[Connection]:
        """
        Living ones whose consent ends by then, or ended, a batch in the order of their ids, beyond `after`; without
        those that somebody works on.
        """
        ...

    async def lock_to_be_reminded(self, now: datetime) -> Sequence[Connection]:
        """
        Those at work by an application of one's own whose organisation is to be reminded of them by now, a batch;
        without those that somebody works on.
        """
        ...

    async def ending(self, organisation_id: OrganisationId, now: datetime) -> Ending | None:
        """Of its authorisations that end soon, or ended, the paused ones too; None: there is none."""
        ...

    async def first_authorised(
        self, organisation_id: OrganisationId, marketplaces: Collection[str] | None = None
    ) -> datetime | None:
        """Since when it has a connection to one of them (None: to any) that is not ended; None: it has none."""

    async def lock_lacking_roles(self, told_before: datetime) -> Sequence[Connection]:
        """
        Those that lack a role their organisation was not told of yet, nor of another since then: of a batch of
        organisations all, without those that somebody works on.
        """
        ...

    async def roles_told(self, connection_ids: Sequence[ConnectionId], at: datetime) -> None: ...

    async def count_lacking_roles(self, organisation_id: OrganisationId) -> int:
        """How many of its connections lack a role."""
        ...

    async def count_claims(self, organisation_id: OrganisationId) -> int:
        """Its open ones. Until the transaction ends the organisation claims nothing else."""
        ...

    async def count_brought(self, organisation_id: OrganisationId) -> int:
        """Those that wait for consent and were brought from elsewhere; locked in the same way."""
        ...

    async def get(self, connection_id: ConnectionId) -> Connection | None:
        """Whosever it is, for the operator; not locked."""
        ...

    async def get_own(self, connection_id: ConnectionId, organisation_id: OrganisationId) -> Connection | None:
        """Not locked."""
        ...

    async def holder(self, marketplace: str, region: str, seller_id: str) -> OrganisationId | None:
        """Whose proven connection this seller account has; nothing is locked."""
        ...

    async def save(self, connection: Connection) -> None:
        """New or changed."""
        ...


class Grants(Protocol):
    async def token_state(self, connection_id: ConnectionId) -> TokenState | None: ...

    async def get(self, grant_id: GrantId) -> SealedGrant | None: ...

    async def add(self, grant: SealedGrant) -> None: ...

    async def share(self, grant: SealedGrant) -> GrantId:
        """The one shared grant of its marketplace and region: this one, or the one that is there."""
        ...

    async def delete(self, grant_id: GrantId) -> None:
        """Destroys it; a shared one stays."""
        ...

    async def renew(self, grant: SealedGrant, seen_version: int, rests_until: datetime | None) -> bool:
        """
        Its newer tokens and version; before `rests_until` nobody asks for others.

        False: it was changed since that version was seen, nothing is written.
        """
        ...

    async def reseal(self, grant: SealedGrant) -> bool:
        """The same tokens under another data key; whether they still are of its version."""
        ...

    async def fail(self, grant_id: GrantId, seen_version: int, failure: RenewalFailure, retry_at: datetime) -> None: ...


class Audit(Protocol):
    def in_session(self, session: AuditSession) -> "Audit":
        """The same; what its person does is noted with it."""
        ...

    async def add(self, entry: AuditEntry) -> None:
        """Chained when the transaction commits; from then on nobody changes it."""
        ...

    async def remove_old(self) -> int | None:
        """A batch of the oldest, older than twelve months: the position removed up to. Until the end nobody adds."""
        ...

    async def erased_by(self, connection_id: ConnectionId, since: datetime) -> Mapping[str, datetime]:
        """The services that confirmed an erasure since then, and when."""
        ...


class SigningKeys(Protocol):
    async def lock(self) -> None:
        """Until the transaction ends nobody else makes or retires keys."""
        ...

    async def all(self) -> Sequence[SigningKey]: ...

    async def add(self, key: SigningKey) -> None: ...

    async def delete(self, kids: Sequence[str]) -> None: ...


class Upkeep(Protocol):
    async def remove_ended(self, now: datetime) -> None:
        """
        What is over: sessions, tries, locks, links, consents, mails, secrets, looks of support; leases of what is gone.
        """
        ...

    async def keys_under_another(self, sealed: Sealed, newest: bytes, after: str | None) -> list[WrappedKey]:
        """A batch, by id, of the data keys that do not begin with `newest`; those after `after`."""
        ...

    async def replace_key(self, key: WrappedKey, wrapped: bytes) -> bool:
        """Whether it was still the one that was read."""
        ...

    async def count_keys(self) -> Sequence[KeyCount]: ...


@dataclass(frozen=True, slots=True)
class Store:
    accounts: Accounts
    sessions: Sessions
    attempts: Attempts
    locks: Locks
    links: Links
    factors: Factors
    passkeys: Passkeys
    openid_states: OpenIdStates
    consents: Consents
    connections: Connections
    grants: Grants
    api_clients: ApiClients
    private_apps: PrivateApps
    client_secrets: ClientSecretRows
    revoked: RevokedTokens
    addresses: Addresses
    audit: Audit
    signing_keys: SigningKeys
    upkeep: Upkeep
    old: OldConnections
    mails: Mails
    members: Members
    invitations: Invitations
    roles: AskedRoles
    support: Support
    closings: Closings
    outbox: Outbox


class NamedLeases(Protocol):
    def lease_of(self, kind: str, subject: UUID) -> AbstractAsyncContextManager[Lease[Store] | None]:
        """The lease of this very subject; None: somebody has it."""
        ...


class ConsentVault(Protocol):
    async def exchange(self, marketplace: str, region: str, code: str) -> SealedGrant:
        """
        What the consent gives, sealed, under a new grant id.

        Raises ConsentLost (the code is refused), OutcomeUnknown, Unreadable, ClientSecretInvalid, Throttled,
        Unavailable.
        """
        ...


class SharedGrants(Protocol):
    def new_shared_grant(self, marketplace: str, region: str, now: datetime) -> SealedGrant:
        """Our application's own, before its first token."""
        ...


class SigningVault(Protocol):
    async def new_key(self, now: datetime) -> SigningKey:
        """Raises Unavailable."""
        ...

    async def opens(self, key: SigningKey) -> bool:
        """Whether we can sign with it: a key-encryption key that is lost takes it along. Raises Unavailable."""
        ...


class KeyWrapping(Protocol):
    @property
    def newest(self) -> bytes:
        """What a data key under the newest key-encryption key begins with."""
        ...

    async def rewrap(self, key: WrappedKey) -> bytes | None:
        """
        The data key under the newest key-encryption key; None: it already is, or does not open, which is logged: it
        must not end the worker, which publishes for everybody. Raises Unavailable.
        """
        ...
