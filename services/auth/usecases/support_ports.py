"""What support of the operator needs: who is staff, what they looked at and why, and what they see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.account import Account
from services.auth.domain.support import Look
from shared.access.roles import Role
from shared.kernel.ids import OrganisationId, UserId


class Support(Protocol):
    async def grant(self, account_id: UserId, now: datetime) -> bool:
        """False: is staff already."""
        ...

    async def revoke(self, account_id: UserId, now: datetime) -> bool:
        """Whatever they may look at ends. False: is no staff."""
        ...

    async def is_staff(self, account_id: UserId) -> bool: ...

    async def set_secrets(self, account_id: UserId, *, allowed: bool) -> bool:
        """Whether they may keep client secrets of ours. False: it was so already, or they are no staff."""
        ...

    async def may_keep_secrets(self, account_id: UserId) -> bool: ...

    async def has_organisation(self, organisation_id: OrganisationId) -> bool: ...

    async def add(self, look: Look) -> None: ...


@dataclass(frozen=True, slots=True)
class Organisation:
    id: OrganisationId
    name: str


@dataclass(frozen=True, slots=True)
class RoleCount:
    """Members of a role: how many, how many with a second factor."""

    role: Role
    members: int
    with_factor: int


@dataclass(frozen=True, slots=True)
class Overview:
    """
    Counts of an organisation: members by role, living API clients and when one of them last asked for a token,
    invitations whose links are good.
    """

    signed_up_at: datetime
    members: Sequence[RoleCount]
    clients: int
    client_used_at: datetime | None
    invitations: int


@dataclass(frozen=True, slots=True)
class Looked:
    """A look with the name of its organisation."""

    look: Look
    organisation: str


@dataclass(frozen=True, slots=True)
class Staff:
    """
    One of the support staff as the operator sees them. `secrets`: they may keep client secrets of ours; `looks`: how
    many are kept; `looked_at`: the last one.
    """

    account: Account
    granted_at: datetime
    secrets: bool
    has_factor: bool
    looks: int
    looked_at: datetime | None


class SupportViews(Protocol):
    async def found(self, asked: str) -> Sequence[Organisation]:
        """
        Those that this names exactly: by their id, a connection's id, a member's e-mail address, or a seller account's
        id. The first twenty.
        """
        ...

    async def organisation(self, organisation_id: OrganisationId) -> Organisation | None: ...

    async def open_look(self, account_id: UserId, organisation_id: OrganisationId, now: datetime) -> Look | None:
        """The one that lasts longest; None: a reason comes first."""
        ...

    async def overview(self, organisation_id: OrganisationId, now: datetime) -> Overview: ...

    async def looks(self, account_id: UserId, *, after: UUID | None, limit: int) -> Sequence[Looked]:
        """One's own, the newest first; `after`: the last one of the page before."""
        ...

    async def staff(self) -> Sequence[Staff]:
        """In the order they became it."""
        ...
