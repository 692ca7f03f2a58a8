"""How a process tells who asks. Without FastAPI: also processes that serve no API of ours are put together with it."""

from dataclasses import dataclass

import structlog
from starlette.requests import Request

from shared.access.principal import Principal, Sessions, Tokens, session_cookie_name


@dataclass(frozen=True)
class Access:
    """How this process tells who asks."""

    sessions: Sessions
    tokens: Tokens
    public_url: str

    async def by_session(self, request: Request) -> Principal | None:
        """The session's user, if the request brings a session. Raises Unavailable."""
        cookie = request.cookies.get(session_cookie_name(self.public_url))
        found = await self.sessions.resolve(cookie) if cookie else None
        if found is not None:
            _remember(request, found)
        return found

    async def by_token(self, request: Request) -> Principal | None:
        """The token's holder, if the request brings a token. Raises NotSignedIn for a bad one, Unavailable."""
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not value:
            return None
        found = await self.tokens.verify(value.strip())
        _remember(request, found)
        return found


def _remember(request: Request, found: Principal) -> None:
    """For the request's log lines and for error pages."""
    request.state.principal = found
    if found.organisation_id is not None:
        request.state.organisation_id = found.organisation_id
        structlog.contextvars.bind_contextvars(organisation_id=str(found.organisation_id))
