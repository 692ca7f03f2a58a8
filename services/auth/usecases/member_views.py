"""What the pages of members and of the access review read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.auth.domain.account import Account
from services.auth.domain.member import Invitation
from shared.kernel.ids import OrganisationId


@dataclass(frozen=True, slots=True)
class Member:
    account: Account
    has_factor: bool


@dataclass(frozen=True, slots=True)
class Review:
    """When access was last reviewed, and when it is to be."""

    reviewed_at: datetime | None
    due_at: datetime


class MemberViews(Protocol):
    async def members(self, organisation_id: OrganisationId) -> Sequence[Member]:
        """In the order of their addresses."""
        ...

    async def invitations(self, organisation_id: OrganisationId) -> Sequence[Invitation]:
        """Those that ended too, in the order of their addresses."""
        ...

    async def review(self, organisation_id: OrganisationId) -> Review: ...
