"""
The OAuth token endpoint of our services and of API clients, the keys that check what it signs, and what may be asked
about a token and done to it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from fastapi import APIRouter, Request
from prometheus_client import Counter
from starlette.responses import JSONResponse, Response

from services.auth.bootstrap import Auth
from services.auth.domain.api_client import ApiClient
from services.auth.domain.revocation import RevokedFull
from services.auth.domain.signing import SigningKey, signers
from services.auth.entrypoints.held import auth_of
from services.auth.entrypoints.schemas import IntrospectionOut, KeySetOut, ServiceTokenOut, TokenErrorOut
from services.auth.entrypoints.sentences import SCOPES
from services.auth.usecases.keep_signing_keys import have_signing_key
from services.auth.usecases.revoke_token import revoke_token
from services.auth.vault.service_tokens import TokenAnswer
from services.auth.vault.token_endpoints import CLIENT_AUTH_METHODS, HeldToken
from shared.access.errors import NotSignedIn
from shared.access.revoked import revocable
from shared.kernel.ids import OrganisationId
from shared.web.forms import sent_fields
from shared.web.languages import LANGUAGES

router = APIRouter(tags=["oauth"])
refused = Counter(
    "auth_clients_refused_total",
    "Requests whose client was refused, by whose it named: service (one of ours), api_client or unknown",
    ["client"],
)


class KeySetResponse(JSONResponse):
    media_type = "application/jwk-set+json"


class _Asked(NamedTuple):
    """By a client: what it sent, the API client it names, if it names one, and whose that client is."""

    fields: Mapping[str, str]
    headers: Mapping[str, str]
    client: ApiClient | None
    whose: Literal["service", "api_client", "unknown"]


_INVALID_CLIENT = "invalid_client"
_REFUSED = {"model": TokenErrorOut, "description": "`invalid_client`: its id or secret is wrong, or it was revoked."}
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": TokenErrorOut, "description": "The grant or the scope is not for this client."},
    401: _REFUSED,
}
_TOKEN_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": TokenErrorOut, "description": "No `token` was sent, or it is another client's."},
    401: _REFUSED,
    503: {"model": TokenErrorOut, "description": "Too many of its tokens are revoked already: after Retry-After."},
}
_MOST_FIELDS = 20
_FULL_SECONDS = "60"


def _form(required: list[str], **properties: dict[str, str]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": properties}
    return {
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}},
    }


_FORM = _form(
    ["grant_type", "scope"],
    grant_type={"const": "client_credentials"},
    scope={"type": "string", "description": "Scopes, separated by spaces."},
)
_TOKEN_FORM = _form(
    ["token"],
    token={"type": "string", "description": "An access token."},
    token_type_hint={"type": "string", "description": "`access_token`: there is no other kind."},
)


@router.post("/oauth/token", response_model=ServiceTokenOut, responses=_ERRORS, openapi_extra=_FORM)
async def token(request: Request) -> Response:
    """Client credentials (RFC 6749, 4.4), by HTTP Basic or in the form; errors as its section 5.2 says."""
    held, asked = auth_of(request), await _asked(request)
    key = await held.signing.first_opened(await _signing_keys(held))
    answer = held.issuer.issue(asked.fields, asked.headers, key, asked.client)
    if answer.secret_id is not None:
        await _note_use(held, answer.secret_id)
    return _response(asked, answer)


@router.post("/oauth/introspect", response_model=IntrospectionOut, responses=_TOKEN_ERRORS, openapi_extra=_TOKEN_FORM)
async def introspect(request: Request) -> Response:
    """What a token says, and whether it is good now (RFC 7662): of the client's own organisation."""
    held, asked = auth_of(request), await _asked(request)
    token = await _held_token(held, asked.fields.get("token", ""))
    return _response(asked, held.issuer.introspect(asked.fields, asked.headers, token, asked.client))


@router.post("/oauth/revoke", responses=_TOKEN_ERRORS, openapi_extra=_TOKEN_FORM)
async def revoke(request: Request) -> Response:
    """Ends a token of the client (RFC 7009): refused here within two seconds, everywhere within 30."""
    held, asked = auth_of(request), await _asked(request)
    token = await _held_token(held, asked.fields.get("token", ""))
    answer = held.issuer.revoke(asked.fields, asked.headers, token, asked.client)
    if token is not None and token.was_revoked:
        try:
            await _keep_revoked(held, token.claims)
        except RevokedFull:
            return JSONResponse({"error": "temporarily_unavailable"}, 503, headers={"retry-after": _FULL_SECONDS})
    return _response(asked, answer)


@router.get("/.well-known/jwks.json", response_class=KeySetResponse, response_model=KeySetOut)
async def jwks(request: Request) -> Response:
    """The public keys: the one that signs, the one that will next, those whose tokens may still be under way."""
    keys = await auth_of(request).views.signing_keys()
    return KeySetResponse({"keys": [key.public_key for key in keys]})


@router.get("/.well-known/oauth-authorization-server", response_model=dict[str, str | list[str]])
async def metadata(request: Request) -> Response:
    """Where everything is and what it takes (RFC 8414)."""
    url = auth_of(request).public_url
    methods = list(CLIENT_AUTH_METHODS)
    return JSONResponse(
        AuthorizationServerMetadata(
            issuer=url,
            token_endpoint=f"{url}/oauth/token",
            token_endpoint_auth_methods_supported=methods,
            introspection_endpoint=f"{url}/oauth/introspect",
            introspection_endpoint_auth_methods_supported=methods,
            revocation_endpoint=f"{url}/oauth/revoke",
            revocation_endpoint_auth_methods_supported=methods,
            jwks_uri=f"{url}/.well-known/jwks.json",
            grant_types_supported=["client_credentials"],
            response_types_supported=[],
            scopes_supported=list(SCOPES),
            service_documentation=f"{url}/settings/api",
            ui_locales_supported=list(LANGUAGES),
        )
    )


async def _asked(request: Request) -> _Asked:
    held = auth_of(request)
    async with sent_fields(request, most_fields=_MOST_FIELDS) as posted:
        # What is sent twice counts as not sent (RFC 6749, 3.2): who knows which one somebody before us has looked at.
        once = {name: values[0] for name in posted if len(values := posted.getlist(name)) == 1}
        fields = {name: value for name, value in once.items() if isinstance(value, str)}
    headers = {"Authorization": request.headers["authorization"]} if "authorization" in request.headers else {}
    if held.issuer.names_service(fields, headers):
        return _Asked(fields, headers, None, "service")
    client = await _api_client(held, held.issuer.names_api_client(fields, headers))
    return _Asked(fields, headers, client, "api_client" if client else "unknown")


def _response(asked: _Asked, answer: TokenAnswer) -> Response:
    if answer.body.get("error") == _INVALID_CLIENT:
        refused.labels(asked.whose).inc()
    return JSONResponse(answer.body, answer.status, headers=answer.headers)


async def _api_client(held: Auth, client_id: str | None) -> ApiClient | None:
    """An organisation's program; None: it is nobody we know."""
    if client_id is None:
        return None
    async with held.uow() as store:
        return await store.api_clients.living(client_id)


async def _held_token(held: Auth, value: str) -> HeldToken | None:
    """None: it is none of ours, or has ended."""
    try:
        claims = await held.verifier.claims(value)
    except NotSignedIn:
        return None
    async with held.uow() as store:
        return HeldToken(claims, await store.revoked.holds(revocable(claims)))


async def _keep_revoked(held: Auth, claims: Mapping[str, Any]) -> None:
    """Raises RevokedFull."""
    mine = claims.get("organisation")
    organisation_id = OrganisationId(UUID(mine)) if mine else None
    ends_at = datetime.fromtimestamp(claims["exp"], UTC)
    async with held.uow() as store:
        await revoke_token(claims["jti"], claims["client_id"], organisation_id, ends_at, store=store, clock=held.clock)


async def _note_use(held: Auth, secret_id: UUID) -> None:
    async with held.uow() as store:
        await store.api_clients.used(secret_id, held.clock.now())


async def _signing_keys(held: Auth) -> Sequence[SigningKey]:
    """
    Whose turn it is, and who stands in. `migrate` makes the first; where it was not given the keys to, it is made here.
    """
    known = signers(await held.views.signing_keys(), held.clock.now())
    return known or [await have_signing_key(uow=held.uow, vault=held.signing, clock=held.clock)]
