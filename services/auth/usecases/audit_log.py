"""What the audit log is asked for: an organisation's page and table of it, and its whole chain for the operator."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.audit_chain import Head, Link, Verification
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, OrganisationId, UserId, new_id


@dataclass(frozen=True, slots=True)
class Asked:
    """None: any. `by_service`: what nobody asked for; `until` is no longer in it."""

    user_id: UserId | None = None
    client_id: str | None = None
    connection_id: ConnectionId | None = None
    by_operator: bool = False
    by_service: bool = False
    action: Action | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """
    An entry with the names of today: `email` of its account, `member`: of whom it was done to, `client` of its API
    client, `connection`'s.
    """

    entry: AuditEntry
    email: str | None
    member: str | None
    client: str | None
    connection: str | None


@dataclass(frozen=True, slots=True)
class Actors:
    """Who can have done something in an organisation, and to what: id and e-mail address, else id and name."""

    members: Sequence[tuple[UserId, str]]
    clients: Sequence[tuple[str, str]]
    connections: Sequence[tuple[ConnectionId, str]]


class AuditLog(Protocol):
    async def entries(
        self, organisation_id: OrganisationId, asked: Asked, *, after: UUID | None, limit: int
    ) -> Sequence[Seen]:
        """An organisation's, the newest first; `after`: the last one of the page before."""
        ...

    async def actors(self, organisation_id: OrganisationId) -> Actors: ...

    async def head(self) -> Head | None:
        """The newest link; None: there is no entry yet."""
        ...

    def chain(self) -> AsyncIterator[Link]:
        """Every link in its order, then entries that have none, as of one moment."""
        ...


async def verify_audit(log: AuditLog, noted: Head | None = None) -> Verification:
    """Goes through the whole chain. `noted`: a head of before, which must still be in it."""
    verification = Verification(noted)
    async for link in log.chain():
        verification.take(link)
    verification.end()
    return verification


async def remove_old_entries(*, store: Store, clock: Clock) -> bool:
    """A batch of those that are older than twelve months by the database's clock; whether there was one."""
    position = await store.audit.remove_old()
    if position is None:
        return False
    await store.audit.add(AuditEntry(new_id(), clock.now(), Action.TRUNCATED, None, reason=str(position)))
    return True
