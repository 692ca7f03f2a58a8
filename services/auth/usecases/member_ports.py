"""What the use cases of members need: who they are, who is invited, when their access is reviewed."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from services.auth.domain.account import Account
from services.auth.domain.mail import Letter
from services.auth.domain.member import Invitation
from shared.access.roles import Role
from shared.kernel.ids import OrganisationId, UserId


class Invited(NamedTuple):
    """An invitation and the name of the organisation it is to."""

    invitation: Invitation
    organisation: str


class Members(Protocol):
    async def lock(self, organisation_id: OrganisationId) -> Sequence[Account]:
        """All of them; until the transaction ends nobody leaves or is given another role."""
        ...

    async def join(self, account: Account, now: datetime) -> None:
        """EmailTaken: somebody has the address."""
        ...

    async def set_role(self, user_id: UserId, role: Role) -> None: ...

    async def remove(self, user_id: UserId) -> None:
        """With all that is kept of them; the audit log keeps their id."""
        ...

    async def is_review_overdue(self, organisation_id: OrganisationId, now: datetime) -> bool: ...

    async def reviewed(self, organisation_id: OrganisationId, now: datetime, due_at: datetime) -> None: ...


class Invitations(Protocol):
    """`digest`: of the secret in a link."""

    async def save(self, invitation: Invitation) -> Invitation:
        """In the place of one to the same address, whose links end; as it is kept."""
        ...

    async def lock_own(self, invitation_id: UUID, organisation_id: OrganisationId) -> Invitation | None: ...

    async def add_link(self, invitation_id: UUID, digest: str) -> None: ...

    async def count(self, organisation_id: OrganisationId) -> int: ...

    async def by_link(self, digest: str) -> Invited | None:
        """Locked; None: there is no such link. It may be too old."""
        ...

    async def delete(self, invitation_id: UUID) -> None: ...

    async def lock_to_mail(self, invitation_id: UUID) -> Invited | None:
        """None: there is none, or its mail was sent."""
        ...

    async def mailed(self, invitation: Invitation, at: datetime | None) -> None:
        """Of what `lock_to_mail` gave: it is due no more, unless it was asked for again. None: it came to nothing."""
        ...


class InvitationWriter(Protocol):
    def __call__(self, invited: Invited, secret: str) -> Letter:
        """In the inviter's language; `secret`: of the link in it."""
        ...
