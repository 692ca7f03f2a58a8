"""Who did what. No names, addresses or secrets: ids, a verb, and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.kernel.ids import ConnectionId, OrganisationId, UserId


class Action(StrEnum):
    SIGNED_UP = "account.signed_up"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_REFUSED = "account.sign_in_refused"
    SIGNED_OUT = "account.signed_out"
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
    CHANNELS_CHANGED = "connection.channels_changed"
    CUT_OVER = "connection.cut_over"
    DISCONNECTED = "connection.disconnected"
    CALENDAR_MADE = "calendar.made"
    CALENDAR_REMOVED = "calendar.removed"
    CLIENT_MADE = "api_client.made"
    CLIENT_REVOKED = "api_client.revoked"
    PRIVATE_APP_KEPT = "private_app.kept"
    PRIVATE_APP_REFUSED = "private_app.refused"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`user_id` None: the far side or the worker did it. `reason`: a code of ours, or the id of an API client."""

    id: UUID
    at: datetime
    action: Action
    organisation_id: OrganisationId | None
    user_id: UserId | None = None
    connection_id: ConnectionId | None = None
    reason: str | None = None
