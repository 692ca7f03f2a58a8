"""Telling auth that a service has destroyed all buyers' data of a connection whose seller wanted that."""

from datetime import datetime

from shared.access.internal import InternalApi, ServiceTokens, retry_after_seconds
from shared.access.scopes import AUTH_TOKENS_USE
from shared.http.outward import Outward
from shared.kernel.errors import Unavailable
from shared.kernel.ids import ConnectionId


class RemoteErasures:
    """Implements `shared.kernel.ports.Erasures` over auth's internal API."""

    def __init__(self, auth_url: str, service_tokens: ServiceTokens, outward: Outward) -> None:
        self._auth = InternalApi(auth_url, service_tokens, outward)

    async def confirm(self, connection_id: ConnectionId, asked_at: datetime) -> None:
        answer = await self._auth.call(
            "POST",
            f"/internal/v1/connections/{connection_id}/erased",
            scope=AUTH_TOKENS_USE,
            operation="erased",
            body={"asked_at": asked_at.isoformat()},
        )
        if answer.status not in {202, 404}:
            raise Unavailable(f"auth answered {answer.status}", retry_after_seconds=retry_after_seconds(answer))
