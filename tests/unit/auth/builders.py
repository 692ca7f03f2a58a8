"""Valid objects of auth's domain, and fakes of its ports that keep what they are told in memory."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from services.auth.domain.audit import AuditEntry
from services.auth.domain.connection import RUNNING, Connection, ConnectionState
from services.auth.domain.consent import ConsentState
from services.auth.domain.grant import SealedGrant
from services.auth.domain.opaque import digest
from services.auth.usecases.ports import Store
from shared.access.principal import Ending
from shared.events.base import Event
from shared.kernel.ids import ConnectionId, GrantId, OrganisationId, UserId, new_id
from shared.marketplaces.models import Channel, OAuthAnswer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ORGANISATION = OrganisationId(UUID(int=1))
OTHER_ORGANISATION = OrganisationId(UUID(int=2))
USER = UserId(UUID(int=3))
FRANCE = Channel("A13V1IB3VIYZZH", "Amazon.fr", "FR", "EUR", "Europe/Paris")
GERMANY = Channel("A1PA6795UKMFR9", "Amazon.de", "DE", "EUR", "Europe/Berlin")


class FixedClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


def connection(**changed: Any) -> Connection:
    made = Connection(
        id=ConnectionId(new_id()),
        organisation_id=ORGANISATION,
        marketplace="amazon",
        region="eu",
        seller_id="A1SELLER",
        name="Main shop",
        state=ConnectionState.AUTHORISED,
        consent_version=1,
        grant_id=GrantId(new_id()),
        authorised_at=NOW,
        expires_at=NOW + timedelta(days=365),
        event_sequence=1,
    )
    return replace(made, **changed)


def grant(**changed: Any) -> SealedGrant:
    return replace(SealedGrant(GrantId(new_id()), "amazon", "eu", b"k", b"r", b"a", NOW), **changed)


def consent_state(state: str = "state", **changed: Any) -> ConsentState:
    made = ConsentState(
        digest=digest(state),
        session="session",
        organisation_id=ORGANISATION,
        user_id=USER,
        marketplace="amazon",
        region="eu",
        country="FR",
        name="Main shop",
        connection_id=None,
        seller_id=None,
        expires_at=NOW.replace(minute=10),
    )
    return replace(made, **changed)


def answer(**changed: Any) -> OAuthAnswer:
    return replace(OAuthAnswer("access", 3600, "refresh"), **changed)


@dataclass
class Tables:
    """All fakes over one memory. `open` counts transactions that are open now."""

    connections: dict[ConnectionId, Connection] = field(default_factory=dict)
    grants: dict[GrantId, SealedGrant] = field(default_factory=dict)
    consents: dict[str, ConsentState] = field(default_factory=dict)
    entries: list[AuditEntry] = field(default_factory=list)
    events: list[Event[Any]] = field(default_factory=list)
    open: int = 0

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Store]:
        self.open += 1
        try:
            yield self.store()
        finally:
            self.open -= 1

    def store(self) -> Store:
        """With what is faked here; the rest is nothing."""
        faked = {
            "consents": _Consents(self),
            "connections": _Connections(self),
            "grants": _Grants(self),
            "audit": _Audit(self),
            "mails": _Mails(),
            "closings": _Closings(),
            "outbox": _Outbox(self),
        }
        return Store(**{each.name: cast(Any, faked.get(each.name)) for each in fields(Store)})

    def keep(self, *connections: Connection) -> None:
        self.connections |= {each.id: each for each in connections}

    def happened(self) -> list[str]:
        return [event.body.TYPE.removeprefix("auth.connection.") for event in self.events]


@dataclass
class _Connections:
    tables: Tables

    async def lock(self, connection_id: ConnectionId) -> Connection | None:
        return self.tables.connections.get(connection_id)

    async def lock_own(self, connection_id: ConnectionId, organisation_id: OrganisationId) -> Connection | None:
        return await self.get_own(connection_id, organisation_id)

    async def get_own(self, connection_id: ConnectionId, organisation_id: OrganisationId) -> Connection | None:
        found = self.tables.connections.get(connection_id)
        return found if found and found.organisation_id == organisation_id else None

    async def lock_of_grant(self, grant_id: GrantId) -> Sequence[Connection]:
        return [each for each in self.tables.connections.values() if each.grant_id == grant_id]

    async def lock_of_seller(
        self, marketplace: str, region: str, seller_id: str, organisation_id: OrganisationId
    ) -> Sequence[Connection]:
        found, ended = self._of(marketplace, region, seller_id), ConnectionState.DISCONNECTED
        return [each for each in found if each.state is not ended or each.organisation_id == organisation_id]

    async def count_claims(self, organisation_id: OrganisationId) -> int:
        claims = (each for each in self.tables.connections.values() if each.state is ConnectionState.UNPROVEN)
        return len([each for each in claims if each.organisation_id == organisation_id])

    async def first_authorised(
        self, organisation_id: OrganisationId, marketplaces: Collection[str] | None = None
    ) -> datetime | None:
        return None

    async def count_brought(self, organisation_id: OrganisationId) -> int:
        return 0

    async def lock_lapsed(self, claimed_before: datetime) -> Sequence[Connection]:
        claims = (each for each in self.tables.connections.values() if each.state is ConnectionState.UNPROVEN)
        return [each for each in claims if each.claimed_at is not None and each.claimed_at <= claimed_before]

    async def lock_ending(self, before: datetime, after: ConnectionId | None) -> Sequence[Connection]:
        ending = (each for each in self.tables.connections.values() if each.expires_at and each.expires_at <= before)
        living = sorted((each for each in ending if each.state in RUNNING), key=lambda each: each.id)
        return [each for each in living if after is None or each.id > after]

    async def lock_to_be_reminded(self, now: datetime) -> Sequence[Connection]:
        found = self.tables.connections.values()
        return [each for each in found if each.remind_at is not None and each.remind_at <= now]

    async def lock_lacking_roles(self, told_before: datetime) -> Sequence[Connection]:
        return []

    async def roles_told(self, connection_ids: Sequence[ConnectionId], at: datetime) -> None: ...

    async def count_lacking_roles(self, organisation_id: OrganisationId) -> int:
        return 0

    async def ending(self, organisation_id: OrganisationId, now: datetime) -> Ending | None:
        return None

    async def get(self, connection_id: ConnectionId) -> Connection | None:
        return self.tables.connections.get(connection_id)

    async def holder(self, marketplace: str, region: str, seller_id: str) -> OrganisationId | None:
        proven = (each for each in self._of(marketplace, region, seller_id) if each.is_proven)
        return next((each.organisation_id for each in proven), None)

    async def save(self, connection: Connection) -> None:
        self.tables.keep(connection)

    def _of(self, *account: str) -> list[Connection]:
        each = self.tables.connections.values()
        return [one for one in each if (one.marketplace, one.region, one.seller_id) == account]


@dataclass
class _Grants:
    tables: Tables

    async def get(self, grant_id: GrantId) -> SealedGrant | None:
        return self.tables.grants.get(grant_id)

    async def add(self, grant: SealedGrant) -> None:
        self.tables.grants[grant.id] = grant

    async def share(self, grant: SealedGrant) -> GrantId:
        place = (grant.marketplace, grant.region)
        there = (one for one in self.tables.grants.values() if one.is_shared and (one.marketplace, one.region) == place)
        shared = next(there, grant)
        self.tables.grants[shared.id] = shared
        return shared.id

    async def delete(self, grant_id: GrantId) -> None:
        grant = self.tables.grants.get(grant_id)
        if grant is not None and not grant.is_shared:
            del self.tables.grants[grant_id]


@dataclass
class _Consents:
    tables: Tables

    async def add(self, state: ConsentState) -> None:
        self.tables.consents[state.digest] = state

    async def lock(self, digest: str) -> ConsentState | None:
        return self.tables.consents.get(digest)

    async def use(self, digest: str, now: datetime) -> None:
        self.tables.consents[digest] = replace(self.tables.consents[digest], used_at=now)


@dataclass
class _Audit:
    tables: Tables

    async def add(self, entry: AuditEntry) -> None:
        self.tables.entries.append(entry)

    async def remove_old(self) -> int | None:
        return None

    async def erased_by(self, connection_id: ConnectionId, since: datetime) -> Mapping[str, datetime]:
        return {}


class _Closings:
    async def lock_open(self, organisation_id: OrganisationId) -> None:
        """Nobody closes it."""


class _Mails:
    """Looked at where they are rows."""

    async def add(self, *_told: object, **_when: object) -> None: ...


@dataclass
class _Outbox:
    tables: Tables

    async def add(self, event: Event[Any]) -> None:
        self.tables.events.append(event)


@dataclass
class FakeVault:
    """Exchanges codes: gives `result`, or raises it. Refuses to be called while a transaction is open."""

    tables: Tables
    result: SealedGrant | Exception
    meanwhile: Callable[[], None] = lambda: None
    codes: list[str] = field(default_factory=list)

    async def exchange(self, marketplace: str, region: str, code: str) -> SealedGrant:
        assert self.tables.open == 0
        self.codes.append(code)
        self.meanwhile()
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class FakeOAuth:
    """A marketplace's consent and tokens; `addresses` are the consent pages asked for."""

    def __init__(self) -> None:
        self.addresses: list[Mapping[str, str]] = []

    def consent_url(self, country: str, region: str, state: str, redirect_uri: str) -> str:
        self.addresses.append({"country": country, "region": region, "state": state, "redirect_uri": redirect_uri})
        return "https://far.example/consent"
