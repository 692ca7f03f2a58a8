"""What our applications' client secrets need from the outside: rows, the vault, a queue, and letters to operators."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.client_secret import ClientSecret, OurClient
from services.auth.domain.mail import Letter


class ClientSecretRows(Protocol):
    async def lock(self, client_id: str) -> None:
        """Until the transaction ends nobody else keeps one of this client, or says when one ends."""
        ...

    async def of(self, client_id: str) -> Sequence[ClientSecret]:
        """Newest first; those that were destroyed, too."""
        ...

    async def all(self) -> Sequence[ClientSecret]:
        """Of all clients, newest first."""
        ...

    async def get(self, secret_id: UUID) -> ClientSecret | None: ...

    async def add(self, secret: ClientSecret) -> bool:
        """False: this client has it already, and nothing is written."""
        ...

    async def end_former(self, secret: ClientSecret, at: datetime) -> None:
        """The client's secrets that began before this one end by then, if not before."""
        ...

    async def set_end(self, secret_id: UUID, at: datetime) -> None: ...

    async def set_warned(self, secret_id: UUID, days: int) -> None: ...

    async def set_asked(self, secret_id: UUID, at: datetime | None) -> None: ...

    async def destroy(self, ended_before: datetime) -> None:
        """Those that are over so long, and have a successor: what they were. When they were, stays."""
        ...


class SecretVault(Protocol):
    async def sealed(
        self, client_id: str, value: str, now: datetime, *, ends_at: datetime | None, end_is_told: bool
    ) -> ClientSecret:
        """A new one. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """One of a queue. `receipt`: by which it is deleted; `body` may hold a secret."""

    receipt: str = field(repr=False)
    body: bytes = field(repr=False)


class SecretQueue(Protocol):
    async def receive(self) -> Sequence[Message]:
        """Waits for some. What is not deleted comes again. Raises Unavailable."""
        ...

    async def delete(self, message: Message) -> None:
        """Raises Unavailable."""
        ...


class OperatorsLetter(Protocol):
    def __call__(self, client: OurClient, secret: ClientSecret, days: int) -> Letter:
        """That it ends, when, and what is to be done. The same `id` for the same warning."""
        ...
