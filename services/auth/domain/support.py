"""Support staff of this installation's operator: what they may look at, for how long, and why."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.auth.domain.account import FormInvalid, Session
from shared.kernel.ids import OrganisationId, UserId

# For so long after a reason was given its organisation may be looked at.
LOOK_LASTS = timedelta(hours=1)
REASON_LEAST, REASON_MOST = 10, 500
ASKED_MOST = 254
# Of a seller account's id: enough to compare it with what a seller names.
_SHOWN = 4
_ADDRESS = re.compile(r"\S@\S")


class NotStaff(Exception):
    """The account is not of the operator's support, or no longer."""


class StaffAlready(Exception):
    """The account is of the operator's support already."""


class SecretsAllowed(Exception):
    """They may keep client secrets of ours already."""


class SecretsNotAllowed(Exception):
    """They may not keep client secrets of ours."""


class AddressUnconfirmed(Exception):
    """Nobody has shown yet that the account's e-mail address is theirs."""


class FactorUnused(Exception):
    """The session began without a second factor. `is_set_up`: there is one now."""

    def __init__(self, *, is_set_up: bool) -> None:
        super().__init__("the session began without a second factor")
        self.is_set_up = is_set_up


class OrganisationUnknown(Exception):
    """There is no organisation of this id."""


@dataclass(frozen=True, slots=True)
class Look:
    """Support staff may look at an organisation's states until `expires_at`. `reason`: as they wrote it."""

    id: UUID
    account_id: UserId
    organisation_id: OrganisationId
    reason: str = field(repr=False)
    opened_at: datetime
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        return now < self.expires_at


def clean_reason(written: str) -> str:
    """The reason as it is kept. Raises FormInvalid: its length, signs that cannot be shown, an e-mail address in it."""
    reason = " ".join(written.split())
    if len(reason) < REASON_LEAST:
        problem = "too_short"
    elif len(reason) > REASON_MOST or not reason.isprintable():
        problem = "too_long"
    elif _ADDRESS.search(reason):
        problem = "address"
    else:
        return reason
    raise FormInvalid({"reason": problem})


def is_with_factor(session: Session, set_up_at: datetime | None) -> bool:
    """
    Whether a second factor was shown for it. `set_up_at`: since when the account has one without a gap; a session that
    began after it waited for a code or began with a passkey.
    """
    return session.two_factors or (set_up_at is not None and session.created_at >= set_up_at)


def masked(seller_id: str) -> str:
    """The end of it."""
    return f"…{seller_id[-_SHOWN:]}" if len(seller_id) > _SHOWN else seller_id
