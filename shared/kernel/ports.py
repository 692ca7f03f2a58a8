"""
The ports every service has. Implementations: `shared/db` (Claims, UnitOfWork), `shared/messaging` (Outbox),
`shared/access` (AccessTokens).

`Store` stands for a service's own bundle of repositories bound to one open transaction: a use case sees its
repositories, never a session.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from shared.kernel.budgets import Budgets
from shared.kernel.ids import ConnectionId

T = TypeVar("T")
Part = TypeVar("Part")
Store_co = TypeVar("Store_co", covariant=True)


class UnitOfWork(Protocol[Store_co]):
    """One transaction: commits at the end of the block, rolls back on an error."""

    def __call__(self) -> AbstractAsyncContextManager[Store_co]: ...


class Reads(Protocol[Store_co]):
    """Statements by themselves, for a question of one: nothing is changed, and no lock outlasts its statement."""

    def __call__(self) -> AbstractAsyncContextManager[Store_co]: ...


class Outbox(Protocol):
    """Events to be published, written in the transaction of the change, after the subject's row was locked."""

    async def add(self, event: Any) -> None:
        """`event` is one of `shared.events`; its `subject` and `sequence` are set."""
        ...


class LeaseLost(Exception):
    """The lease ended or was taken over; what was found out under it is discarded."""


class TooLate(Exception):
    """`send_before` has passed: the write must not be sent under this intent."""


@dataclass(frozen=True, slots=True)
class Intent(Generic[T]):
    """What was committed before calling out. `send_before` is checked last, just before the request leaves."""

    value: T
    send_before: datetime
    send_before_monotonic: float

    def of(self, part: Part) -> "Intent[Part]":
        """The same about a part of what was committed."""
        return Intent(part, self.send_before, self.send_before_monotonic)


class Lease(Protocol[Store_co]):
    """
    One connection's (or grant's) far-side work of one kind, ours for now.

    read -> intend -> act (no transaction) -> settle; see architecture section 5.
    """

    @property
    def kind(self) -> str: ...

    @property
    def subject(self) -> UUID:
        """Whose work it is: a connection id (a grant id in auth)."""
        ...

    @property
    def budgets(self) -> Budgets:
        """The far side's buckets of this subject and kind; saved when the lease is given back."""
        ...

    async def read(self, work: Callable[[Store_co], Awaitable[T]]) -> T:
        """A short transaction that only reads; the lease is not checked."""
        ...

    async def intend(self, work: Callable[[Store_co], Awaitable[T]]) -> Intent[T]:
        """A transaction: the lease is still ours (else LeaseLost) and is renewed, `work` writes the intent."""
        ...

    async def settle(self, work: Callable[[Store_co], Awaitable[T]]) -> T:
        """A transaction for what a read found out: LeaseLost unless the lease is still ours."""
        ...

    async def settle_write(self, work: Callable[[Store_co], Awaitable[T]]) -> T:
        """A transaction for a write's outcome, whoever has the lease now: `work` checks that its attempt is newest."""
        ...

    def pause(self, seconds: float) -> None:
        """When given back, nobody takes this lease again for so long (throttled, far side down)."""
        ...


class Claims(Protocol[Store_co]):
    def lease(self, kind: str) -> AbstractAsyncContextManager[Lease[Store_co] | None]:
        """
        The lease of this kind that has been due longest, given back at the end of the block; None: nothing is due.

        A use case that calls out takes a `Lease`; the loop that claims, logs and pauses is `shared/db/claims.py`'s.
        """
        ...


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A short-lived token of a connection. `value` is secret."""

    value: str
    token_version: int
    consent_version: int
    expires_at: datetime

    def __repr__(self) -> str:
        return f"AccessToken(token_version={self.token_version}, consent_version={self.consent_version})"


class AccessTokens(Protocol):
    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        """
        A token for this connection, from auth. `rejected` = the token_version a far side refused by a token text.

        Raises: Throttled, Unavailable, ConsentLost, ClientSecretInvalid.
        """
        ...

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        """The far side says the consent is gone; auth ignores reports of older consents and decides."""
        ...


class ClosedOrganisations(Protocol):
    """Organisations that auth told of as closed, over one open transaction."""

    async def put(self, organisation_id: UUID, closed_at: datetime) -> None:
        """Again: nothing."""
        ...

    async def drop(self, organisation_id: UUID) -> bool:
        """Whether it was known as closed, and nothing of it can come any more: then it is not known any more."""
        ...

    async def forget(self) -> int:
        """A batch of what this service holds of them, but of orders, which have their own time; how many rows went."""
        ...


class Erasures(Protocol):
    """Who keeps the certificate of what was erased at a seller's wish: auth."""

    async def confirm(self, connection_id: ConnectionId, asked_at: datetime) -> None:
        """
        This service holds no buyer's data of the connection any more, as was asked then. Again changes nothing; a
        connection that is gone needs no telling. Raises Unavailable.
        """
        ...
