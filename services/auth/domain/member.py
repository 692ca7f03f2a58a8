"""
Members of an organisation: who is invited, what must always be so (it has an owner), when access is to be reviewed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.auth.domain.account import Account
from shared.access.roles import Role
from shared.kernel.ids import OrganisationId, UserId

INVITATION_LASTS = timedelta(days=7)
# So long an owner sees that an invitation came to nothing, and can send it again.
INVITATION_KEPT = timedelta(days=30)
# Members and invitations of an organisation, together.
MEMBERS_MOST = 200
# Each quarter: 91 days are the longest.
REVIEW_EVERY = timedelta(days=91)


class MemberUnknown(Exception):
    """There is no such member, or not in this organisation."""


class InvitationUnknown(Exception):
    """There is no such invitation, or not of this organisation."""


class LastOwner(Exception):
    """An organisation keeps an owner who can sign in."""


class MemberAlready(Exception):
    """Whoever has this address is a member."""


class MembersFull(Exception):
    """There are as many members and invitations as an organisation may have."""


class OtherOrganisation(Exception):
    """The address has an account, which belongs to another organisation."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """`locale`: of its mail, the inviter's. `mail_due_at`: the mail is to be sent. `mailed_at`: it was."""

    id: UUID
    organisation_id: OrganisationId
    email: str
    role: Role
    locale: str
    made_at: datetime
    expires_at: datetime
    mail_due_at: datetime | None = None
    mailed_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Invitation(id={self.id})"

    def is_good(self, now: datetime) -> bool:
        """Whether a link of it still opens."""
        return now < self.expires_at


def check_owner_left(members: Iterable[Account], without: UserId) -> None:
    """Raises LastOwner where nobody but this one is an owner who can sign in."""
    owners = (one for one in members if one.role is Role.OWNER and one.disabled_at is None)
    if all(one.id == without for one in owners):
        raise LastOwner
