"""The kinds of caller there are, each with what an API takes as its name and what it may expect."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

import httpx

from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from shared.access.scopes import (
    AUTH_SESSIONS_RESOLVE,
    AUTH_TOKENS_USE,
    ORDERS_READ,
    SELLER_SCOPES,
    SERVICE_SCOPES,
    STOCK_READ,
)
from tests.shop import PASSWORD, Shop

Headers = Mapping[str, str]
# What is another's is not there, unless the request is refused before that is looked up.
_NOT_THERE = frozenset({400, 404, 413, 415, 422})
COOKIE = "passerelle_session"


@dataclass(frozen=True)
class Caller:
    """
    `headers`: how it says who it is, made anew when asked, as tokens end. `only`: the statuses it may get at all where
    the request is an HTTP request; empty: those that are documented. `ids`: path parameters it is given, by name.
    `reads`: whether it is tried where nothing is changed, too.
    """

    name: str
    headers: Callable[[], Headers]
    only: frozenset[int] = frozenset()
    ids: tuple[Mapping[str, str], ...] = ()
    reads: bool = True


def nobody() -> Headers:
    return {}


def by_session(shop: Shop) -> Callable[[], Headers]:
    """As pages of ours call the API: the cookie, and the token of its forms."""
    cookie = shop.browser._client.cookies[COOKIE]
    headers = {"cookie": f"{COOKIE}={cookie}", "x-csrf-token": shop.csrf_token, "origin": shop.browser._origin}
    return lambda: headers


def by_another_site(shop: Shop, token: str | None) -> Callable[[], Headers]:
    """As a page of somebody else makes a browser call it: the cookie, and a token that is not this session's."""
    kept = {"cookie": by_session(shop)()["cookie"], "origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    headers = kept | ({} if token is None else {"x-csrf-token": token})
    return lambda: headers


async def by_client(shop: Shop, auth_url: str, scopes: frozenset[str]) -> Callable[[], Headers]:
    """As a program of the organisation calls it, made on its page."""
    page = await shop.browser.open("/settings/api-clients")
    shown = {"csrf_token": shop.csrf_token, "once": uuid4().hex, "password": PASSWORD}
    form = {**shown, "name": uuid4().hex[:12], "scopes": sorted(scopes)}
    headers = {"origin": shop.browser._origin, "accept": "text/html"}
    made = await shop.browser._client.post(page.url, data=form, headers=headers)
    found = dict(re.findall(r'id="client-(id|secret)">([^<]+)<', made.text))
    return by_token(auth_url, found["id"], html.unescape(found["secret"]), " ".join(sorted(scopes)))


def by_token(auth_url: str, client_id: str, secret: str, scope: str) -> Callable[[], Headers]:
    """A token of this client."""

    def headers() -> Headers:
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = httpx.post(f"{auth_url}/oauth/token", data=form, auth=(client_id, secret), trust_env=False)
        return {"authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    return headers


def by_service(stack: Stack, service: str, scope: str) -> Callable[[], Headers]:
    """As this service of ours calls another."""
    secret = Secrets(stack.folder.secrets).client_secret(service)
    return by_token(stack.layout.api_url("auth"), service, secret, scope)


async def callers_of_apis(
    stack: Stack, owner: Shop, stranger: Shop, ids: tuple[Mapping[str, str], ...]
) -> dict[str, list[Caller]]:
    """By service: who may ask there, and who may not."""
    auth_url = stack.layout.api_url("auth")
    full = await by_client(owner, auth_url, SELLER_SCOPES)
    # One that the service in question has no use for.
    lacking = {
        "orders": await by_client(owner, auth_url, frozenset({STOCK_READ})),
        "other": await by_client(owner, auth_url, frozenset({ORDERS_READ})),
    }
    service = by_service(stack, "labels", AUTH_TOKENS_USE)
    return {
        each: [
            Caller("nobody", nobody, frozenset({401})),
            Caller("client without the scope", lacking.get(each, lacking["other"]), frozenset({403})),
            Caller("one of our services", service, frozenset({403})),
            Caller("another site", by_another_site(owner, None), frozenset({403}), reads=False),
            Caller(
                "another site, its own token",
                by_another_site(owner, stranger.csrf_token),
                frozenset({403}),
                reads=False,
            ),
            Caller("another organisation", by_session(stranger), _NOT_THERE, ids),
            Caller("member", by_session(owner), ids=ids),
            Caller("client", full, ids=ids),
        ]
        for each in ("auth", "orders", "inventory", "labels")
    }


async def callers_of_internal(
    stack: Stack, owner: Shop, stranger: Shop, ids: tuple[Mapping[str, str], ...]
) -> dict[str, list[Caller]]:
    """By the scope of a route: who has it, for an order of the organisation asked for and of another; who has not."""
    client = await by_client(owner, stack.layout.api_url("auth"), SELLER_SCOPES)
    theirs, others = [await organisation_of(stack, shop) for shop in (owner, stranger)]
    known = tuple({**one, "organisation_id": theirs} for one in ids)
    foreign = tuple({"order_id": one["order_id"], "organisation_id": others} for one in ids)
    made = {}
    for scope in {scope for scopes in SERVICE_SCOPES.values() for scope in scopes}:
        allowed = next(name for name, scopes in SERVICE_SCOPES.items() if scope in scopes)
        lacking = " ".join(other for other in SERVICE_SCOPES["labels"] if other != scope)
        made[scope] = [
            Caller("nobody", nobody, frozenset({401})),
            Caller("member", by_session(owner), frozenset({401})),
            Caller("client", client, frozenset({403})),
            Caller("service without the scope", by_service(stack, "labels", lacking), frozenset({403})),
            Caller("service, for another organisation", by_service(stack, allowed, scope), _NOT_THERE, foreign),
            Caller("service", by_service(stack, allowed, scope), ids=known),
        ]
    return made


async def organisation_of(stack: Stack, shop: Shop) -> str:
    """Whose session it is, as auth tells our services."""
    headers = by_service(stack, "orders", AUTH_SESSIONS_RESOLVE)()
    url = f"{stack.layout.api_url('auth')}/internal/v1/sessions/resolve"
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(url, headers=headers, json={"session": shop.browser._client.cookies[COOKIE]})
        return str(answer.raise_for_status().json()["organisation_id"])
