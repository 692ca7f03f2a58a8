"""
Mails: to the members of an organisation about its authorisations, when one is due and whether it is still true; and to
one person about their account.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.auth.domain.account import LOCK_LASTS, Account
from services.auth.domain.connection import (
    RUNNING,
    WORKING,
    Change,
    Connection,
    ConnectionState,
    Happened,
    ProbeOutcome,
)
from services.auth.domain.life import EXPIRING_FOR
from services.auth.domain.private_app import secret_ends_soon
from shared.kernel.ids import ConnectionId, OrganisationId, UserId

REMINDED_EVERY = timedelta(days=7)
# What still works after its end may stop at any moment.
WARNED_EVERY = timedelta(days=1)
# What could not be sent for so long is no news any more.
KEPT_FOR = timedelta(days=30)
# A token that several accounts share is found withdrawn one account after the other.
_GATHERED_FOR = timedelta(minutes=10)
# What rests when it ends is named for so long: in one mail after its end.
PAUSED_NAMED_FOR = REMINDED_EVERY
# Anybody can lock an account again and again: its owner is told once in so long.
LOCK_TOLD_EVERY = timedelta(days=1)
# A refusal may pass: two more probes come first.
REFUSED_FOR = timedelta(hours=2)
# An hourly look comes a little earlier or later: a week is a week all the same.
_LOOK_LEEWAY = timedelta(minutes=30)


class MailKind(StrEnum):
    """
    `secret_…`: about the client secret of an application of one's own. From `confirm` on they are about an
    account; two of them bring a link.
    """

    ENDING = "ending"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REFUSED = "refused"
    ROLE_MISSING = "role_missing"
    YEARLY = "yearly"
    ROLES = "roles"
    SECRET_REFUSED = "secret_refused"  # noqa: S105 - the name of a kind
    SECRET_ENDS = "secret_ends"  # noqa: S105 - the name of a kind
    CONFIRM = "confirm"
    RESET = "reset"
    CHANGED = "password_changed"
    PASSKEY_REFUSED = "passkey_refused"
    LOCKED = "locked"
    CODES_LOCKED = "codes_locked"
    ACTS_LOCKED = "acts_locked"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    CLIENT_MADE = "client_made"


# How long a link is good for, once.
LINK_LASTS = {MailKind.CONFIRM: timedelta(days=1), MailKind.RESET: timedelta(hours=1)}
# Those not sent yet go out as one mail, which names all.
GATHERED = frozenset({MailKind.EXPIRED, MailKind.REVOKED})
# Of a lock, which strangers bring about, too.
_LOCKS = frozenset({MailKind.LOCKED, MailKind.CODES_LOCKED, MailKind.ACTS_LOCKED})
# What somebody did with an account, told at its confirmed address only.
_ACTS = frozenset({MailKind.FACTOR_ADDED, MailKind.FACTOR_REMOVED, MailKind.RECOVERY_CODES_MADE, MailKind.CLIENT_MADE})
ABOUT_ACCOUNT = frozenset({*LINK_LASTS, MailKind.CHANGED, MailKind.PASSKEY_REFUSED, *_ACTS, *_LOCKS})


@dataclass(frozen=True, slots=True)
class Mail:
    """To one member, about some connections or their account; who and which is kept with it."""

    id: UUID
    kind: MailKind
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """`digest` is that of the secret in its address, which is in the mail and kept nowhere."""

    digest: str
    account_id: UserId
    kind: MailKind
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is sent, as plain text. `id`: the same each time it is sent again."""

    id: UUID
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reminded:
    """
    An organisation with authorisations that end soon, or ended and still work. `first_end`: of those that are not
    paused. `at`: of the last reminder.
    """

    organisation_id: OrganisationId
    connection_ids: tuple[ConnectionId, ...]
    first_end: datetime | None
    at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Once a week, from the first end on each day."""
        every = REMINDED_EVERY if self.first_end is None or now < self.first_end else WARNED_EVERY
        return self.at is None or now >= self.at + every - _LOOK_LEEWAY


# In which states each is still true, of those that are about one connection that stopped.
_TRUE_IN = {
    MailKind.EXPIRED: {ConnectionState.EXPIRED, ConnectionState.REVOKED},
    MailKind.REVOKED: {ConnectionState.REVOKED},
    MailKind.REFUSED: {ConnectionState.WAITING},
    MailKind.YEARLY: RUNNING,
}


def told_by_mail(change: Change, now: datetime) -> tuple[MailKind, datetime] | None:
    """Which mail tells of a connection that stopped, which only the seller can mend, and when; None: no mail does."""
    state, end = change.connection.state, change.connection.expires_at
    match change.happened:
        case Happened.EXPIRED:
            return MailKind.EXPIRED, now
        case Happened.REVOKED if state is ConnectionState.WAITING:
            return MailKind.REFUSED, now + REFUSED_FOR
        case Happened.REVOKED if end is None or now < end:
            return MailKind.REVOKED, now + _GATHERED_FOR if change.connection.app_id else now
        case _:  # past its end its members know that it expired
            return None


def lost_a_role(before: Connection, after: Connection) -> bool:
    """Whether this probe was the first to miss one, so that the members are told once, after `REFUSED_FOR`."""
    return _lacks_a_role(after) and before.probe_outcome is not ProbeOutcome.ROLE_MISSING


def still_true(kind: MailKind, connections: Iterable[Connection], now: datetime) -> list[Connection]:
    """Of these connections those the mail is still about; the first to end first."""
    told = [one for one in connections if _is_true(kind, one, now)]
    return sorted(told, key=lambda one: (one.expires_at is None, one.expires_at, one.id))


def still_wanted(mail: Mail, reader: Account, now: datetime) -> bool:
    """Of a mail about an account: not to who is disabled, nor what was done or asked for too long ago."""
    if reader.disabled_at is not None:
        return False
    match mail.kind:
        case MailKind.CONFIRM:
            return reader.email_confirmed_at is None
        case MailKind.RESET:
            return now < mail.made_at + LINK_LASTS[MailKind.RESET]
        case kind if kind in _LOCKS:  # a warning, which goes to confirmed addresses only
            return reader.email_confirmed_at is not None and now < mail.made_at + LOCK_LASTS
        case kind if kind in _ACTS:
            return reader.email_confirmed_at is not None
        case _:
            return True


def _is_true(kind: MailKind, connection: Connection, now: datetime) -> bool:
    match kind:
        case MailKind.ROLES:
            return bool(connection.lacks_roles)
        case MailKind.ROLE_MISSING:
            return _lacks_a_role(connection)
        case MailKind.SECRET_REFUSED:
            return connection.secret_refused_at is not None
        case MailKind.SECRET_ENDS:
            return connection.secret_refused_at is None and secret_ends_soon(connection.secret_ends_at, now)
        case MailKind.ENDING:
            end = connection.expires_at
            if end is None or now < end - EXPIRING_FOR:
                return False
            rests = connection.state is ConnectionState.PAUSED
            return connection.state in RUNNING or (rests and now < end + PAUSED_NAMED_FOR)
        case _:
            return connection.state in _TRUE_IN[kind]


def _lacks_a_role(connection: Connection) -> bool:
    return connection.state in WORKING and connection.probe_outcome is ProbeOutcome.ROLE_MISSING
