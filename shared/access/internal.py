"""Calling our own services: with a service token of the needed scope, and the trace carried along."""

import asyncio
import base64
import json
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, SecretStr, ValidationError

from shared.http.messages import Answer, Request
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import FarSideError, Unavailable
from shared.runtime.telemetry import traceparent

_RENEW_BEFORE_SECONDS = 60.0


class _TokenAnswer(BaseModel):
    access_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class _Kept:
    value: str
    until: float


class ServiceTokens:
    """This service's own tokens, one per scope, kept until a minute before they end."""

    def __init__(
        self, auth_url: str, client_id: str, client_secret: SecretStr, outward: Outward, *, clock: Clock | None = None
    ) -> None:
        self._url = auth_url.rstrip("/") + "/oauth/token"
        # Form-encoded first (RFC 6749, 2.3.1): auth decodes it, so a `%` in a secret would be read as something else.
        pair = ":".join(quote(part, safe="") for part in (client_id, client_secret.get_secret_value())).encode()
        self._authorization = "Basic " + base64.b64encode(pair).decode()
        self._outward = outward
        self._clock = clock or SystemClock()
        self._kept: dict[str, _Kept] = {}
        self._asking: dict[str, asyncio.Task[_Kept]] = {}

    async def get(self, scope: str) -> str:
        """A token for one of `scopes.MEANINGS`. Raises Unavailable."""
        kept = self._kept.get(scope)
        if kept is None or self._clock.monotonic() >= kept.until:
            # Who waits gets what the first one got, a failure too: while auth is silent, nobody waits for two timeouts.
            kept = self._kept[scope] = await asyncio.shield(self._question(scope))
        return kept.value

    def forget(self, scope: str, value: str) -> None:
        """`value` was refused: the next one is asked for anew."""
        kept = self._kept.get(scope)
        if kept and kept.value == value:
            del self._kept[scope]

    def _question(self, scope: str) -> asyncio.Task[_Kept]:
        task = self._asking.get(scope)
        if task is None:
            task = self._asking[scope] = asyncio.create_task(self._ask(scope))
            task.add_done_callback(partial(self._asked, scope))
        return task

    def _asked(self, scope: str, task: asyncio.Task[_Kept]) -> None:
        del self._asking[scope]
        if not task.cancelled():
            task.exception()  # looked at, also when everybody who waited has gone

    async def _ask(self, scope: str) -> _Kept:
        answer = await self._outward.post_form(
            self._url,
            {"grant_type": "client_credentials", "scope": scope},
            operation="service_token",
            effect="read",
            headers={"authorization": self._authorization},
            timeout_seconds=5,
        )
        if answer.status != 200:
            raise Unavailable(f"auth gave no token for {scope} ({answer.status})", code="service_token")
        try:
            given = _TokenAnswer.model_validate_json(answer.body)
        except ValidationError as error:
            raise Unavailable("auth's token cannot be read", code="service_token") from error
        return _Kept(given.access_token, self._clock.monotonic() + given.expires_in - _RENEW_BEFORE_SECONDS)


@dataclass(frozen=True)
class InternalApi:
    """The `/internal/v1` of one of our services."""

    base_url: str
    service_tokens: ServiceTokens
    outward: Outward

    async def call(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        scope: str,
        operation: str,
        body: dict[str, Any] | None = None,
        timeout_seconds: float = 10,
    ) -> Answer:
        """
        The answer, of any status but 401: a refused service token is renewed once, then it is Unavailable.

        `path` as `/internal/v1/…`, of ids only. Calls are safe to repeat, so a lost answer is Unavailable too.
        """
        for _ in range(2):
            token = await self.service_tokens.get(scope)
            answer = await self.outward.call(self._request(method, path, operation, body, token, timeout_seconds))
            if answer.status != 401:
                return answer
            self.service_tokens.forget(scope, token)
        raise Unavailable(f"{operation}: our service token is refused", code="service_token")

    def _request(
        self, method: str, path: str, operation: str, body: dict[str, Any] | None, token: str, timeout_seconds: float
    ) -> Request:
        headers = {"authorization": f"Bearer {token}"}
        if carried := traceparent():
            headers["traceparent"] = carried
        return Request(
            method,
            self.base_url.rstrip("/") + path,
            operation,
            "read",
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
            content_type=None if body is None else "application/json",
            timeout_seconds=timeout_seconds,
        )


def problem_name(answer: Answer) -> str:
    """The last part of a problem's `type`, such as `consent-lost`; empty where the answer is none."""
    try:
        problem = answer.json()
    except FarSideError:
        return ""
    kind = problem.get("type", "") if isinstance(problem, dict) else ""
    return str(kind).rpartition(":")[2]


def retry_after_seconds(answer: Answer) -> float | None:
    """The Retry-After header, where it is in seconds."""
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None
