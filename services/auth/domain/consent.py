"""A consent under way: from *Connect* to the far side and back, once, within ten minutes, by the same session."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.kernel.ids import ConnectionId, OrganisationId, UserId
from shared.marketplaces.endpoint import Endpoint

STATE_LASTS = timedelta(minutes=10)
# After so long without an answer the seller is asked what the marketplace showed; later nobody wonders any more.
WONDERED_AFTER, WONDERED_UNTIL = timedelta(minutes=3), timedelta(hours=1)
_SELLER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE_LENGTH = 2048


class ConsentProblem(StrEnum):
    """Why a redirect back from the far side connects nothing. Each has a page that says what to do."""

    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED = "used"
    CODE_REFUSED = "code-refused"
    UNCERTAIN = "uncertain"
    AWAY = "away"
    REFUSED = "refused"
    OUR_SECRET = "our-secret"  # noqa: S105 - the name of a page
    OTHER_ORGANISATION = "other-organisation"
    OTHER_SELLER = "other-seller"
    VISIT_UNKNOWN = "visit-unknown"
    VISIT_LATE = "visit-late"


class ConsentFailed(Exception):
    def __init__(self, problem: ConsentProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ConsentState:
    """
    What the seller began. Kept under the digest of the `state` parameter, never the parameter itself; `session` is the
    digest of the cookie.

    `country`: whose page it is given on; empty for those begun before there was a choice. `connection_id`: the
    connection to renew; None: a new one. `seller_id`: who must come back; None: whoever signs in over there.
    `endpoint`: where a new connection is worked.
    """

    digest: str
    session: str
    organisation_id: OrganisationId
    user_id: UserId
    marketplace: str
    region: str
    country: str
    name: str
    connection_id: ConnectionId | None
    seller_id: str | None
    expires_at: datetime
    used_at: datetime | None = None
    endpoint: Endpoint = Endpoint.PRODUCTION


@dataclass(frozen=True, slots=True)
class Returned:
    """What the redirect brought. `state` and `code` are secret for as long as they live."""

    state: str
    code: str
    seller_id: str

    def __repr__(self) -> str:
        return "Returned(…)"


def read_return(state: str | None, code: str | None, seller_id: str | None) -> Returned:
    """Raises ConsentFailed: nothing was consented to, or the address was tampered with."""
    if not code or not seller_id:
        raise ConsentFailed(ConsentProblem.CANCELLED)
    if not state or not _SELLER_ID.fullmatch(seller_id) or len(code) > _CODE_LENGTH:
        raise ConsentFailed(ConsentProblem.UNKNOWN)
    return Returned(state, code, seller_id)


def check_usable(state: ConsentState | None, session: str, marketplace: str, now: datetime) -> ConsentState:
    """
    The state, if this session began it at this marketplace, in time, and it was not used.

    Raises ConsentFailed; of another session's state nothing is told.
    """
    if state is None or state.session != session or state.marketplace != marketplace:
        raise ConsentFailed(ConsentProblem.UNKNOWN)
    if state.used_at is not None:
        raise ConsentFailed(ConsentProblem.USED)
    if state.expires_at <= now:
        raise ConsentFailed(ConsentProblem.EXPIRED)
    return state
