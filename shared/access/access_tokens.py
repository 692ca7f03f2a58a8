"""Access tokens of connections, from auth: one refresh at a time per grant is auth's business, not ours."""

from datetime import datetime

from cachetools import TTLCache
from pydantic import AwareDatetime, BaseModel, ValidationError

from shared.access.internal import InternalApi, ServiceTokens, problem_name, retry_after_seconds
from shared.access.scopes import AUTH_TOKENS_USE
from shared.http.messages import Answer
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, FarSideError, Throttled, Unavailable
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken

# Longer than auth lets a caller wait for somebody else's refresh.
_TIMEOUT_SECONDS = 15.0
# A turn's: whoever works for a connection asks once for many calls. What auth gives is good for a minute.
_KEEP_SECONDS = 10.0
_KEEP_AT_MOST = 1000


class _TokenAnswer(BaseModel):
    access_token: str
    token_version: int
    consent_version: int
    expires_at: AwareDatetime

    def token(self) -> AccessToken:
        expires_at: datetime = self.expires_at
        return AccessToken(self.access_token, self.token_version, self.consent_version, expires_at)


class RemoteAccessTokens:
    """Implements `shared.kernel.ports.AccessTokens`. Keeps a token for seconds, in memory: auth does, sealed."""

    def __init__(
        self, auth_url: str, service_tokens: ServiceTokens, outward: Outward, *, clock: Clock | None = None
    ) -> None:
        self._auth = InternalApi(auth_url, service_tokens, outward)
        timer = (clock or SystemClock()).monotonic
        self._kept: TTLCache[ConnectionId, AccessToken] = TTLCache(_KEEP_AT_MOST, _KEEP_SECONDS, timer)

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        """A token. Raises Throttled, Unavailable, ConsentLost (also: no such connection), ClientSecretInvalid."""
        if rejected is not None:
            self._kept.pop(connection_id, None)
        token = self._kept.get(connection_id)
        if token is None:
            token = self._kept[connection_id] = await self._ask(connection_id, rejected)
        return token

    async def _ask(self, connection_id: ConnectionId, rejected: int | None) -> AccessToken:
        answer = await self._auth.call(
            "POST",
            f"/internal/v1/connections/{connection_id}/access-token",
            scope=AUTH_TOKENS_USE,
            operation="access_token",
            body={"rejected": rejected},
            timeout_seconds=_TIMEOUT_SECONDS,
        )
        if answer.status != 200:
            raise _refusal(answer)
        try:
            return _TokenAnswer.model_validate_json(answer.body).token()
        except ValidationError as error:
            raise Unavailable("auth's answer cannot be read", code="access_token") from error

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        """Tells auth; a connection that is gone needs no telling. Raises Unavailable."""
        self._kept.pop(connection_id, None)
        answer = await self._auth.call(
            "POST",
            f"/internal/v1/connections/{connection_id}/consent-lost",
            scope=AUTH_TOKENS_USE,
            operation="consent_lost",
            body={"consent_version": consent_version},
        )
        if answer.status not in {202, 404}:
            raise Unavailable(f"auth answered {answer.status}", retry_after_seconds=retry_after_seconds(answer))


def _refusal(answer: Answer) -> FarSideError:
    name = problem_name(answer)
    code = name.replace("-", "_") or "access_token"
    wait = retry_after_seconds(answer)
    match name:
        case "consent-lost" | "not-found":
            return ConsentLost("the seller must authorise again", code=code)
        case "client-secret-invalid":
            return ClientSecretInvalid("our application's secret is refused", code=code)
        case "throttled":
            return Throttled("the far side's token endpoint is busy", code=code, retry_after_seconds=wait)
        case _:
            return Unavailable(f"auth answered {answer.status}", code=code, retry_after_seconds=wait)
