"""
FastAPI dependencies that say who may come in. An app keeps an `Access` on `app.state.access`.

    async def orders_page(who: Annotated[Principal, Depends(member(ORDERS_READ))]) …
    async def list_orders(who: Annotated[Principal, Depends(principal(ORDERS_READ))]) …
    async def recipient(who: Annotated[Principal, Depends(service(ORDERS_RECIPIENT_READ))]) …
"""

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from shared.access.access import Access
from shared.access.errors import Forbidden, NotSignedIn, RoleForbids, SignInFirst
from shared.access.principal import Principal, check_csrf
from shared.runtime.requests import own_path

CSRF_HEADER = "X-CSRF-Token"
# What a consent redirect brings: never written into an address again.
CONSENT_PARAMETERS = frozenset({"state", "code", "spapi_oauth_code", "mws_auth_token", "selling_partner_id"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

# For the OpenAPI description only; the cookie's real name depends on the public URL.
_COOKIE = APIKeyCookie(name="passerelle_session", scheme_name="session", auto_error=False)
_BEARER = HTTPBearer(scheme_name="token", bearerFormat="JWT", auto_error=False)


async def signed_in_page(request: Request) -> Principal:
    """For pages that every role has: the signed-in user. Raises SignInFirst (303 to /signin?next=…)."""
    found = await _access(request).by_session(request)
    if found is None:
        raise SignInFirst(_address(request) if request.method in _SAFE else "/")
    return found


def member(permission: str) -> Callable[..., Awaitable[Principal]]:
    """For pages: the signed-in user, whose role allows this. Raises SignInFirst, RoleForbids."""

    async def dependency(who: Annotated[Principal, Depends(signed_in_page)]) -> Principal:
        return check_role(who, permission)

    return dependency


def check_role(who: Principal, permission: str) -> Principal:
    """A person's role allows this; a program is held to its scopes alone. Raises RoleForbids."""
    if who.user_id is not None and not who.may(permission):
        raise RoleForbids(permission)
    return who


def principal(scope: str, of_member: str | None = None) -> Callable[..., Awaitable[Principal]]:
    """
    For `/api`: a token with the scope, or a session whose role allows the same, or `of_member` where that is named
    (with the header X-CSRF-Token when something is changed).

    Either belongs to an organisation. Raises NotSignedIn, Forbidden, RoleForbids, FormExpired, Unavailable.
    """
    permission = of_member or scope

    async def dependency(
        request: Request,
        _cookie: Annotated[str | None, Depends(_COOKIE)] = None,
        _bearer: Annotated[object, Depends(_BEARER)] = None,
    ) -> Principal:
        access = _access(request)
        found = await access.by_token(request)
        if found is None:
            found = await access.by_session(request)
            if found is not None and request.method not in _SAFE:
                check_csrf(found, request.headers.get(CSRF_HEADER))
        if found is not None and found.user_id is not None:
            return check_role(found, permission)
        found = _allowed(found, scope)
        if found.organisation_id is None:
            raise Forbidden("an organisation")
        return found

    return dependency


def service(scope: str) -> Callable[..., Awaitable[Principal]]:
    """For `/internal`: a token of one of our services with the scope. Raises NotSignedIn, Forbidden, Unavailable."""

    async def dependency(request: Request, _bearer: Annotated[object, Depends(_BEARER)] = None) -> Principal:
        found = _allowed(await _access(request).by_token(request), scope)
        if found.organisation_id is not None:
            raise Forbidden("a service of ours")
        return found

    return dependency


def _allowed(found: Principal | None, scope: str) -> Principal:
    if found is None:
        raise NotSignedIn("no session and no token")
    if scope not in found.scopes:
        raise Forbidden(scope)
    return found


def _address(request: Request) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in CONSENT_PARAMETERS]
    return own_path(request.scope) + (f"?{urlencode(kept)}" if kept else "")


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access
