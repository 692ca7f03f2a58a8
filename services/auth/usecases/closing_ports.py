"""What closing an organisation needs: what is to end with it, its mark, and mails to those whose accounts are gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from services.auth.domain.account import Account
from services.auth.domain.closing import Farewell
from services.auth.domain.mail import Letter
from shared.kernel.ids import ConnectionId, OrganisationId


class Holdings(NamedTuple):
    """Of an organisation, by their ids, what ends with it."""

    connections: Sequence[ConnectionId]
    clients: Sequence[str]
    invitations: Sequence[UUID]


class Closings(Protocol):
    async def lock_open(self, organisation_id: OrganisationId) -> None:
        """
        Before anything is added to an organisation, whatever began before: until the transaction ends it is not closed.

        Raises NotSignedIn: it is, so nobody is a member of it.
        """
        ...

    async def holdings(self, organisation_id: OrganisationId) -> Holdings:
        """To be asked under the organisation's lock: then nothing is added to it."""
        ...

    async def close(self, organisation_id: OrganisationId, now: datetime) -> None:
        """Without a name from now on; whoever wants to add something to it is not signed in any more."""
        ...

    async def bid_farewell(self, members: Sequence[Account], organisation: str, now: datetime) -> None: ...

    async def lock_farewell(self, farewell_id: UUID) -> Farewell | None: ...

    async def said(self, farewell_id: UUID) -> None:
        """It was sent, or came to nothing: the address is forgotten."""
        ...


class FarewellWriter(Protocol):
    def __call__(self, farewell: Farewell) -> Letter: ...
