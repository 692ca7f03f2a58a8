"""
Login with Amazon's token endpoint: `POST /auth/o2/token`, form body only, for all regions.

The error table is the one clients have to tell apart: a lost grant (400 invalid_grant) is the seller's business, a
refused client (401 invalid_client) is ours. The shape of a throttled answer is not documented; this one is a guess.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.sandbox.amazon.edge import BAD_GATEWAY, GATEWAY_TIMEOUT
from tests.sandbox.calls import Call
from tests.sandbox.clock import http_date, iso
from tests.sandbox.faults import BadGateway, Unanswered, hang
from tests.sandbox.models import AccessToken, Application, Fault, Grant
from tests.sandbox.world import World

OPERATION = "amazon.token"
LIFE_SECONDS = 3600
ROTATION_SCOPE = "sellingpartnerapi::client_credential:rotation"
_DAY_SECONDS = 86_400
_FORM = "application/x-www-form-urlencoded"
_SCOPES = frozenset({
    "sellingpartnerapi::notifications",
    ROTATION_SCOPE,
    "sellingpartnerapi::shipments:track",
})  # fmt: skip
_PARAMETERS = {
    "authorization_code": ("code",),
    "refresh_token": ("refresh_token",),
    "client_credentials": ("scope",),
}


class _Refused(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description


class TokenEndpoint:
    """Serves `/amazon/lwa/auth/o2/token`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self, request: Request) -> Response:
        """A token answer or one of LWA's errors; logged, and saved before it leaves."""
        form = dict(parse_qsl((await request.body()).decode("latin-1"), keep_blank_values=True))
        call = self._world.calls.add(Call(OPERATION, None, iso(self._world.clock.now()), self._seller_id(form)))
        call.query = {"grant_type": form.get("grant_type", "")}
        try:
            response = await self._answer(request, form, call)
        except Unanswered as silence:
            self._world.save()
            await hang(request, silence.seconds)
            return HTMLResponse(GATEWAY_TIMEOUT, 504)
        self._world.save()
        call.status = response.status_code
        return self._with_headers(response, call)

    async def _answer(self, request: Request, form: Mapping[str, str], call: Call) -> Response:
        try:
            await self._world.faults.disturb(call)
            self._fail(call)
            _need_form(request)
            body = self._grant(form, call)
        except BadGateway:
            return HTMLResponse(BAD_GATEWAY, 502)
        except _Refused as no:
            body = {"error": no.error, "error_description": no.description, "request_id": self._world.draw("lwa")[:32]}
            return JSONResponse(body, no.status)
        if fault := self._take(call, "timeout_after_effect"):
            raise Unanswered(fault.seconds)
        if self._take(call, "malformed_record"):
            del body["access_token"]
        return JSONResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    def _fail(self, call: Call) -> None:
        fault = self._take(call, "server_error", "throttle", "expired_secret", "revoked_grant")
        kind = fault.kind if fault else None
        if kind == "server_error":
            raise _Refused(500, "server_error", "The authorization server encountered an unexpected condition.")
        if kind == "throttle":
            raise _Refused(429, "temporarily_unavailable", "Too many requests.")
        if kind == "expired_secret":
            _refuse_client()
        if kind == "revoked_grant":
            _refuse_grant("code" if call.query["grant_type"] == "authorization_code" else "refresh_token")

    def _grant(self, form: Mapping[str, str], call: Call) -> dict[str, Any]:
        grant_type = _required(form, "grant_type")
        if grant_type not in _PARAMETERS:
            raise _Refused(400, "unsupported_grant_type", f"The grant type {grant_type} is not supported")
        value = _required(form, _PARAMETERS[grant_type][0])
        app = self._client(_required(form, "client_id"), _required(form, "client_secret"))
        _note_unknown(form, grant_type, call)
        if grant_type == "client_credentials":
            return self._grantless(app, value)
        if grant_type == "authorization_code":
            return self._tokens(app, self._exchange(app, value, form, call))
        return self._tokens(app, self._refresh(app, value))

    def _client(self, client_id: str, secret: str) -> Application:
        app = self._world.app_of_client(client_id)
        if app is None or not app.knows(secret, self._world.clock.now()):
            _refuse_client()
        return app

    def _exchange(self, app: Application, text: str, form: Mapping[str, str], call: Call) -> Grant:
        """The grant of a consent; the code is gone, whatever comes of it."""
        code = self._world.codes.remove(text)
        redirect_uri = form.get("redirect_uri")
        if redirect_uri is None:
            call.deviations.append("redirect_uri missing")
        if code is None or code.client_id != app.client_id or code.expires_at <= self._world.clock.now():
            _refuse_grant("code")
        if redirect_uri not in (None, code.redirect_uri):
            _refuse_grant("redirect_uri")
        token = f"Atzr|{self._world.draw('refresh')}"
        grant = Grant(token, code.seller_id, code.region, app.client_id, self._world.clock.now())
        self._world.grants.put(token, grant)
        return grant

    def _refresh(self, app: Application, text: str) -> Grant:
        grant = self._world.grants.get(text)
        if grant is None or grant.revoked or grant.client_id not in (None, app.client_id):
            _refuse_grant("refresh_token")
        seller = self._world.seller(grant.region, grant.seller_id)
        if seller is None or grant.authorised_at + seller.grant_days * _DAY_SECONDS <= self._world.clock.now():
            _refuse_grant("refresh_token")
        if grant.client_id is None:
            self._world.grants.put(text, replace(grant, client_id=app.client_id))
        return grant

    def _tokens(self, app: Application, grant: Grant) -> dict[str, Any]:
        return self._access(app, grant.refresh_token, None) | {"refresh_token": grant.refresh_token}

    def _grantless(self, app: Application, scope: str) -> dict[str, Any]:
        if scope not in _SCOPES:
            raise _Refused(400, "invalid_scope", "The request has an invalid scope")
        return self._access(app, None, scope)

    def _access(self, app: Application, refresh_token: str | None, scope: str | None) -> dict[str, Any]:
        text = f"Atza|{self._world.draw('access')}"
        expires_at = self._world.clock.now() + LIFE_SECONDS
        self._world.tokens.put(text, AccessToken(text, app.client_id, refresh_token, scope, expires_at))
        return {"access_token": text, "token_type": "bearer", "expires_in": LIFE_SECONDS}

    def _take(self, call: Call, *kinds: str) -> Fault | None:
        fault = self._world.faults.take(OPERATION, call.seller_id, *kinds)
        if fault is not None:
            call.fault = fault.kind
        return fault

    def _seller_id(self, form: Mapping[str, str]) -> str | None:
        holder = self._world.grants.get(form.get("refresh_token", "")) or self._world.codes.get(form.get("code", ""))
        return holder.seller_id if holder else None

    def _with_headers(self, response: Response, call: Call) -> Response:
        skew = self._world.faults.peek(OPERATION, call.seller_id, "clock_skew")
        response.headers["Date"] = http_date(self._world.clock.now() + (skew.seconds or 0.0 if skew else 0.0))
        self._world.faults.take(OPERATION, call.seller_id, "clock_skew")
        response.headers["x-amzn-RequestId"] = self._world.draw("request")[:32]
        return response


def _need_form(request: Request) -> None:
    if not request.headers.get("content-type", "").startswith(_FORM):
        raise _Refused(400, "invalid_request", f"The request content type must be {_FORM}")


def _required(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise _Refused(400, "invalid_request", f"The request is missing a required parameter : {name}")
    return form[name]


def _refuse_client() -> NoReturn:
    raise _Refused(401, "invalid_client", "Client authentication failed")


def _refuse_grant(parameter: str) -> NoReturn:
    text = f"The request has an invalid grant parameter : {parameter}"
    if parameter == "refresh_token":
        text += ". User may have revoked or didn't grant the permission."
    raise _Refused(400, "invalid_grant", text)


def _note_unknown(form: Mapping[str, str], grant_type: str, call: Call) -> None:
    known = {"grant_type", "client_id", "client_secret", *_PARAMETERS[grant_type]}
    known |= {"redirect_uri"} if grant_type == "authorization_code" else set()
    call.deviations += [f"unknown form field {name}" for name in form if name not in known]
