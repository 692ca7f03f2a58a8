"""The OAuth token endpoint of our services and of API clients, and the keys that check what it signs."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from services.auth.bootstrap import Auth
from services.auth.domain.api_client import ApiClient
from services.auth.domain.signing import SigningKey, signing
from services.auth.entrypoints.held import auth_of
from services.auth.entrypoints.schemas import KeySetOut, ServiceTokenOut, TokenErrorOut
from services.auth.usecases.keep_signing_keys import keep_signing_keys
from shared.web.forms import sent_fields

router = APIRouter(tags=["oauth"])


class KeySetResponse(JSONResponse):
    media_type = "application/jwk-set+json"


_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": TokenErrorOut, "description": "The grant or the scope is not for this client."},
    401: {"model": TokenErrorOut, "description": "`invalid_client`: its id or secret is wrong, or it was revoked."},
}
_MOST_FIELDS = 20
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "scope"],
                    "properties": {
                        "grant_type": {"const": "client_credentials"},
                        "scope": {"type": "string", "description": "Scopes, separated by spaces."},
                    },
                }
            }
        },
    }
}


@router.post("/oauth/token", response_model=ServiceTokenOut, responses=_ERRORS, openapi_extra=_FORM)
async def token(request: Request) -> Response:
    """Client credentials (RFC 6749, 4.4), by HTTP Basic or in the form; errors as its section 5.2 says."""
    held = auth_of(request)
    async with sent_fields(request, most_fields=_MOST_FIELDS) as posted:
        fields = {name: value for name, value in posted.items() if isinstance(value, str)}
    headers = {"Authorization": request.headers["authorization"]} if "authorization" in request.headers else {}
    key = await held.signing.opened(await _signing_key(held))
    client = await _api_client(held, held.issuer.names_api_client(fields, headers))
    answer = held.issuer.issue(fields, headers, key, client)
    if client is not None and answer.status == 200:
        await _note_use(held, client.id)
    return JSONResponse(answer.body, answer.status, headers=answer.headers)


@router.get("/.well-known/jwks.json", response_class=KeySetResponse, response_model=KeySetOut)
async def jwks(request: Request) -> Response:
    """The public keys: the one that signs, and those whose tokens may still be under way."""
    keys = await auth_of(request).views.signing_keys()
    return KeySetResponse({"keys": [key.public_key for key in keys]})


async def _api_client(held: Auth, client_id: str | None) -> ApiClient | None:
    """An organisation's program; None: it is one of our services, or nobody we know."""
    if client_id is None:
        return None
    async with held.uow() as store:
        return await store.api_clients.living(client_id)


async def _note_use(held: Auth, client_id: str) -> None:
    async with held.uow() as store:
        await store.api_clients.used(client_id, held.clock.now())


async def _signing_key(held: Auth) -> SigningKey:
    """The newest. `migrate` makes the first; where it was not given the keys to, it is made here."""
    newest = signing(await held.views.signing_keys())
    if newest is not None:
        return newest
    await keep_signing_keys(uow=held.uow, vault=held.signing, clock=held.clock)
    return await _signing_key(held)
