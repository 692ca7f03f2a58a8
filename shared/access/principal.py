"""Whoever asks: a seller's user with a session, or a client with a token."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from shared.access.errors import Forbidden, FormExpired
from shared.access.roles import Role
from shared.kernel.ids import OrganisationId, UserId


@dataclass(frozen=True, slots=True)
class Ending:
    """Authorisations of an organisation that end soon, or ended: how many, and when the first one does."""

    connections: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """
    `organisation_id` None: one of our services. `csrf_token`: of the session; None for a token.

    `label` is an e-mail address or a client id, for the page's header only: never logged.
    `role`: of a person. `scopes`: a token's, or all that the role may do.
    `ending`: what every page warns of. `lacking_roles`: connections whose consent lacks a role asked for later.
    `secret_refused`: connections that stand still, as the client secret of their own application is refused.
    `unconfirmed`: every page asks to confirm the e-mail address. `review_overdue`: every page asks to review who has
    access.
    `second_factor_by`: every page asks to set one up by then, after which nobody gets in without.
    `session_id`, `browser`: of the person's session, for auth's audit log; the other services are not told.
    """

    organisation_id: OrganisationId | None
    user_id: UserId | None
    scopes: frozenset[str]
    csrf_token: str | None = field(default=None, repr=False)
    locale: str = "en"
    label: str = field(default="", repr=False)
    ending: Ending | None = None
    lacking_roles: int = 0
    secret_refused: int = 0
    unconfirmed: bool = False
    second_factor_by: datetime | None = None
    role: Role | None = None
    review_overdue: bool = False
    session_id: UUID | None = None
    browser: str = ""

    def may(self, permission: str) -> bool:
        """Whether they are allowed this, one of `roles.PERMISSIONS` or a scope."""
        return permission in self.scopes

    @property
    def organisation(self) -> OrganisationId:
        """The organisation whose rows may be seen. Raises Forbidden for one of our services, which has none."""
        if self.organisation_id is None:
            raise Forbidden("an organisation")
        return self.organisation_id


class Sessions(Protocol):
    """auth answers from its own database, the other services ask auth (SessionResolver)."""

    async def resolve(self, cookie_value: str) -> Principal | None:
        """Whose session this is; None: nobody's, or no longer. Raises Unavailable: nobody can say, nobody gets in."""
        ...


class Tokens(Protocol):
    """Implemented by TokenVerifier."""

    async def verify(self, token: str) -> Principal:
        """Whoever the token was given to. Raises NotSignedIn, Unavailable."""
        ...


def check_csrf(principal: Principal, token: str | None) -> None:
    """A form or call that changes something carries its session's token. Raises FormExpired."""
    given = (token or "").encode(errors="replace")
    if not principal.csrf_token or not hmac.compare_digest(principal.csrf_token.encode(), given):
        raise FormExpired("the form does not belong to this session")


def session_cookie_name(public_url: str) -> str:
    """`__Host-…` under https: then a browser takes it from this very host, over https, and from nowhere else."""
    return "__Host-passerelle_session" if urlsplit(public_url).scheme == "https" else "passerelle_session"
