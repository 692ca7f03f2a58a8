"""
Octopia's token endpoint, a Keycloak: client credentials in a form body, two hours of life, 500 tokens an hour.

Errors are in Keycloak's words. How the limit of 500 answers is not documented: the 429 is a guess, and the hour is
taken as the one before the request.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.sandbox.calls import Call
from tests.sandbox.clock import http_date, iso
from tests.sandbox.faults import BadGateway, Unanswered, hang
from tests.sandbox.models import Fault
from tests.sandbox.octopia.edge import BAD_GATEWAY, GATEWAY_TIMEOUT
from tests.sandbox.octopia.models import Bearer, Client
from tests.sandbox.world import World

OPERATION = "octopia.token"
LIFE_SECONDS = 7200
_HOUR_SECONDS = 3600
_TOKENS_AN_HOUR = 500
_FORM = "application/x-www-form-urlencoded"
_FIELDS = frozenset({"grant_type", "client_id", "client_secret"})
_NO_CLIENT = "Invalid client or Invalid client credentials"


class _Refused(Exception):
    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error} | ({"error_description": description} if description else {})


class OctopiaTokens:
    """Serves `/octopia/auth/realms/maas/protocol/openid-connect/token`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self, request: Request) -> Response:
        """A token answer or one of Keycloak's errors; logged, and saved before it leaves."""
        form = dict(parse_qsl((await request.body()).decode("latin-1"), keep_blank_values=True))
        known = self._world.octopia.clients.get(form.get("client_id", ""))
        call = self._world.calls.add(Call(OPERATION, None, iso(self._world.clock.now())))
        call.seller_id = known.seller_id if known else None
        call.query = {"grant_type": form.get("grant_type", "")}
        call.deviations += [f"unknown form field {name}" for name in form if name not in _FIELDS]
        try:
            response = await self._answer(request, form, call)
        except Unanswered as silence:
            self._world.save()
            await hang(request, silence.seconds)
            return HTMLResponse(GATEWAY_TIMEOUT, 504)
        self._date(response, call)
        self._world.save()
        call.status = response.status_code
        return response

    async def _answer(self, request: Request, form: Mapping[str, str], call: Call) -> Response:
        try:
            await self._world.faults.disturb(call)
            self._fail(call)
            _need_form(request)
            body = self._grant(form)
        except BadGateway:
            return HTMLResponse(BAD_GATEWAY, 502)
        except _Refused as no:
            return JSONResponse(no.body, no.status)
        if fault := self._take(call, "timeout_after_effect"):
            raise Unanswered(fault.seconds)
        if self._take(call, "malformed_record"):
            del body["access_token"]
        return JSONResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    def _fail(self, call: Call) -> None:
        fault = self._take(call, "server_error", "throttle", "expired_secret")
        kind = fault.kind if fault else None
        if kind == "server_error":
            raise _Refused(500, "unknown_error", "For more on this error consult the server log.")
        if kind == "throttle":
            raise _too_many()
        if kind == "expired_secret":
            raise _Refused(401, "unauthorized_client", _NO_CLIENT)

    def _grant(self, form: Mapping[str, str]) -> dict[str, Any]:
        grant_type = form.get("grant_type")
        if not grant_type:
            raise _Refused(400, "invalid_request", "Missing form parameter: grant_type")
        if grant_type != "client_credentials":
            raise _Refused(400, "unsupported_grant_type", "Unsupported grant_type")
        client = self._world.octopia.clients.get(form.get("client_id", ""))
        if client is None:
            raise _Refused(401, "invalid_client", _NO_CLIENT)
        if form.get("client_secret") not in client.client_secrets:
            raise _Refused(401, "unauthorized_client", _NO_CLIENT)
        return {
            "access_token": self._issue(client),
            "expires_in": LIFE_SECONDS,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "profile email",
        }

    def _issue(self, client: Client) -> str:
        """A new token, unless the client has had its number of the hour."""
        bearers, now = self._world.octopia.bearers, self._world.clock.now()
        for bearer in [b for b in bearers if b.expires_at <= now]:
            bearers.remove(bearer.token)
        recent = sum(b.client_id == client.client_id and b.issued_at > now - _HOUR_SECONDS for b in bearers)
        if recent >= _TOKENS_AN_HOUR * self._world.quotas.scale:
            raise _too_many()
        token = f"eyJ{self._world.draw('octopia.token')}"
        bearers.put(token, Bearer(token, client.client_id, now, now + LIFE_SECONDS))
        return token

    def _take(self, call: Call, *kinds: str) -> Fault | None:
        fault = self._world.faults.take(OPERATION, call.seller_id, *kinds)
        if fault is not None:
            call.fault = fault.kind
        return fault

    def _date(self, response: Response, call: Call) -> None:
        skew = self._world.faults.take(OPERATION, call.seller_id, "clock_skew")
        response.headers["Date"] = http_date(self._world.clock.now() + (skew.seconds or 0.0 if skew else 0.0))


def _need_form(request: Request) -> None:
    if not request.headers.get("content-type", "").startswith(_FORM):
        raise _Refused(415, "HTTP 415 Unsupported Media Type")


def _too_many() -> _Refused:
    return _Refused(429, "temporarily_unavailable", "Too many requests")
