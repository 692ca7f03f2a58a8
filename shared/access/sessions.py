"""
Whose session a cookie is, asked at auth and believed for 30 seconds from the question on.

Fails closed: where auth cannot be asked, nobody is let in (Unavailable). Kept under the cookie's digest, never in
clear.
"""

import hashlib
from collections import OrderedDict
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.access.internal import InternalApi, ServiceTokens
from shared.access.principal import Ending, Principal
from shared.access.roles import Role, permissions_of
from shared.access.scopes import AUTH_SESSIONS_RESOLVE
from shared.http.messages import Answer
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import Unavailable
from shared.kernel.ids import OrganisationId, UserId

BELIEVED_SECONDS = 30.0
MOST_KEPT = 10_000
# A cookie of ours is 43 characters; what is far longer is not asked about.
_LONGEST_COOKIE = 200


class _EndingAnswer(BaseModel):
    connections: int
    first_at: datetime


class _SessionAnswer(BaseModel):
    user_id: UUID
    organisation_id: UUID
    csrf_token: str
    locale: str
    label: str
    ending: _EndingAnswer | None = None
    lacking_roles: int = 0
    secret_refused: int = 0
    unconfirmed: bool = False
    second_factor_by: datetime | None = None
    # An auth of before roles names none: the least of them, for as long as that goes on.
    role: Role = Role.VIEWER
    review_overdue: bool = False

    def principal(self) -> Principal:
        return Principal(
            OrganisationId(self.organisation_id),
            UserId(self.user_id),
            permissions_of(self.role),
            csrf_token=self.csrf_token,
            locale=self.locale,
            label=self.label,
            ending=Ending(self.ending.connections, self.ending.first_at) if self.ending else None,
            lacking_roles=self.lacking_roles,
            secret_refused=self.secret_refused,
            unconfirmed=self.unconfirmed,
            second_factor_by=self.second_factor_by,
            role=self.role,
            review_overdue=self.review_overdue,
        )


class SessionResolver:
    """Implements `Sessions` for every service but auth."""

    def __init__(
        self, auth_url: str, service_tokens: ServiceTokens, outward: Outward, *, clock: Clock | None = None
    ) -> None:
        self._auth = InternalApi(auth_url, service_tokens, outward)
        self._clock = clock or SystemClock()
        self._kept: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    async def resolve(self, cookie_value: str) -> Principal | None:
        """Whose session this is, at most 30 s old knowledge; None: nobody's. Raises Unavailable."""
        if not cookie_value or len(cookie_value) > _LONGEST_COOKIE:
            return None
        digest = hashlib.sha256(cookie_value.encode()).digest()
        kept = self._kept.get(digest)
        if kept and self._clock.monotonic() < kept[1]:
            return kept[0]
        asked_at = self._clock.monotonic()
        principal = await self._ask(cookie_value)
        self._keep(digest, principal, asked_at)
        return principal

    async def _ask(self, cookie_value: str) -> Principal | None:
        answer = await self._auth.call(
            "POST",
            "/internal/v1/sessions/resolve",
            scope=AUTH_SESSIONS_RESOLVE,
            operation="resolve_session",
            body={"session": cookie_value},
            timeout_seconds=5,
        )
        if answer.status == 404:
            return None
        return _read(answer)

    def _keep(self, digest: bytes, principal: Principal | None, asked_at: float) -> None:
        self._kept.pop(digest, None)
        if principal is None:
            return
        self._kept[digest] = (principal, asked_at + BELIEVED_SECONDS)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def _read(answer: Answer) -> Principal:
    if answer.status != 200:
        raise Unavailable(f"auth answered {answer.status}", code="session")
    try:
        return _SessionAnswer.model_validate_json(answer.body).principal()
    except ValidationError as error:
        raise Unavailable("auth's answer cannot be read", code="session") from error
