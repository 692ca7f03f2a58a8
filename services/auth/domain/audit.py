"""
Who did what. No names, addresses or secrets: ids, a verb, and when.

From where: a person's session, by its id and the family of its browser, an organisation's program, an operator's
command, or nobody's wish but ours. No network address: it is personal data, and of no use once the session is known.
What people wrote (names) is not kept either, as an entry cannot be erased.
One thing is: why support of the operator looked at an organisation, which is for that organisation to read; no e-mail
address is taken in it (decision 0024).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from services.auth.domain.account import Session
from shared.kernel.ids import ConnectionId, OrganisationId, UserId, made_at

# The reason of whatever an operator of the installation did by hand.
OPERATOR = "operator"
# The reason of what support staff did for the operator on their page; the account says who.
SUPPORT = "support"


class Action(StrEnum):
    SIGNED_UP = "account.signed_up"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_REFUSED = "account.sign_in_refused"
    FACTOR_ASKED = "account.second_factor_asked"
    CODE_REFUSED = "account.code_refused"
    SIGNED_OUT = "account.signed_out"
    LOCKED = "account.locked"
    UNLOCKED = "account.unlocked"
    DISABLED = "account.disabled"
    ENABLED = "account.enabled"
    EMAIL_CONFIRMED = "account.email_confirmed"
    RENEWED = "account.password_changed"
    RESET = "account.password_reset"
    RESET_LINK_MADE = "account.reset_link_made"
    FACTOR_SET_UP = "account.second_factor_set_up"
    FACTOR_REMOVED = "account.second_factor_removed"
    RECOVERY_CODE_USED = "account.recovery_code_used"
    RECOVERY_CODES_MADE = "account.recovery_codes_made"
    PASSKEY_ADDED = "account.passkey_added"
    PASSKEY_REMOVED = "account.passkey_removed"
    PASSKEY_REFUSED = "account.passkey_refused"
    PASSKEY_NOT_TAKEN = "account.passkey_not_taken"
    SESSIONS_ENDED = "account.sessions_ended"
    MEMBER_INVITED = "member.invited"
    INVITATION_TAKEN_BACK = "member.invitation_taken_back"
    MEMBER_JOINED = "member.joined"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_LEFT = "member.left"
    ACCESS_CONFIRMED = "access.confirmed"
    ACCESS_REVIEWED = "access.reviewed"
    CONSENT_BEGUN = "consent.begun"
    CONSENT_REFUSED = "consent.refused"
    CONNECTED = "connection.authorised"
    CLAIMED = "connection.claimed"
    BROUGHT = "connection.brought"
    PROVEN = "connection.proven"
    PROOF_REFUSED = "connection.proof_refused"
    LAPSED = "connection.lapsed"
    REVOKED = "connection.revoked"
    REFUSED = "connection.refused"
    EXPIRING = "connection.expiring"
    EXPIRED = "connection.expired"
    PAUSED = "connection.paused"
    RESUMED = "connection.resumed"
    RENAMED = "connection.renamed"
    LOGIN_CHANGED = "connection.login_changed"
    CHANNELS_CHANGED = "connection.channels_changed"
    CUT_OVER = "connection.cut_over"
    ENDPOINT_CHANGED = "connection.endpoint_changed"
    KEY_RENEWED = "connection.key_renewed"
    DISCONNECTED = "connection.disconnected"
    ERASE_ASKED = "connection.erase_asked"
    ERASED = "connection.erased"
    PROBE_ASKED = "connection.probe_asked"
    REMINDER_ASKED = "connection.reminder_asked"
    CALENDAR_MADE = "calendar.made"
    CALENDAR_REMOVED = "calendar.removed"
    CLIENT_MADE = "api_client.made"
    CLIENT_REVOKED = "api_client.revoked"
    PRIVATE_APP_KEPT = "private_app.kept"
    PRIVATE_APP_REFUSED = "private_app.refused"
    PRIVATE_APP_REMOVED = "private_app.removed"
    PROFILE_CHANGED = "organisation.profile_changed"
    CLOSED = "organisation.closed"
    SECRET_MADE = "api_client.secret_made"  # noqa: S105 - a deed
    SECRET_ENDED = "api_client.secret_ended"  # noqa: S105 - a deed
    TOKEN_REVOKED = "api_client.token_revoked"  # noqa: S105 - a deed
    CLIENT_SECRET_KEPT = "our_client.secret_kept"  # noqa: S105 - a deed
    CLIENT_SECRET_ASKED = "our_client.secret_asked"  # noqa: S105 - a deed
    ROLE_ASKED = "application.role_asked"
    ROLE_DROPPED = "application.role_dropped"
    SUPPORT_GRANTED = "support.granted"
    SUPPORT_REVOKED = "support.revoked"
    SUPPORT_SECRETS_GRANTED = "support.secrets_granted"
    SUPPORT_SECRETS_REVOKED = "support.secrets_revoked"
    SUPPORT_LOOKED = "support.looked"
    TRUNCATED = "audit.truncated"


# The services that hold buyers' data: an erasure is complete when each of them has confirmed it.
HOLDERS = ("orders", "labels")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """
    `user_id` None: `client_id`'s program, the operator, the far side, the worker or another service did it. `reason`: a
    code of ours, the id of the member, invitation or API client that it was done to, or the name of the service.
    `before`, `after`: what was changed, in codes and ids. `session_id`, `browser`: the person's session that it was
    asked for in, if in one, and the family of its browser. Of a look by support of the operator `user_id` is an account
    of theirs, and `reason` their own words.
    """

    id: UUID
    at: datetime
    action: Action
    organisation_id: OrganisationId | None
    user_id: UserId | None = None
    connection_id: ConnectionId | None = None
    reason: str | None = None
    client_id: str | None = None
    before: str | None = None
    after: str | None = None
    session_id: UUID | None = None
    browser: str | None = None

    @property
    def session_began_at(self) -> datetime | None:
        return made_at(self.session_id) if self.session_id else None

    @property
    def by_support(self) -> bool:
        return self.action is Action.SUPPORT_LOOKED

    @property
    def by_operator(self) -> bool:
        return self.user_id is None and self.client_id is None and self.reason == OPERATOR


@dataclass(frozen=True, slots=True)
class AuditSession:
    """The session of whoever asks, under the id that their list of sessions shows: its cookie is nowhere."""

    id: UUID
    user_id: UserId
    browser: str

    @classmethod
    def of(cls, session: Session) -> Self:
        return cls(session.id, session.account_id, session.browser)

    def noted_on(self, entry: AuditEntry) -> AuditEntry:
        """Unless it was done by another, or says already in which session."""
        if entry.user_id != self.user_id or entry.session_id is not None:
            return entry
        return replace(entry, session_id=self.id, browser=self.browser)
