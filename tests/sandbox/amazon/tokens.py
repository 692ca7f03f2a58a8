"""
createRestrictedDataToken (Tokens 2021-03-01), and of the calls that want one getOrders of direct fulfillment, which has
no order here.

How a token that is not for a call is refused is not documented; here as all that one may not see: 403.
"""

import json
import re
from dataclasses import replace
from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import denied, invalid
from tests.sandbox.amazon.render import ROLE_SHIPPING
from tests.sandbox.models import AccessToken

LIFE_SECONDS = 3600
_MOST = 50
_METHODS = ("GET", "PUT", "POST", "DELETE")
_KNOWN = re.compile(r"/vendor/directFulfillment/(orders|shipping)/(v1|2021-12-28)/[A-Za-z]+(/[^/]+)?")
ORDERS_PARAMETERS = frozenset({
    "shipFromPartyId", "status", "limit", "createdAfter", "createdBefore", "sortOrder", "nextToken", "includeDetails",
})  # fmt: skip


def create_restricted_data_token(ctx: Context) -> Any:
    """For the calls that are named, while the token it is made with is good."""
    if ROLE_SHIPPING not in ctx.seller.roles:
        raise denied()
    try:
        wanted = json.loads(ctx.body)["restrictedResources"]
        calls = tuple(f"{one['method']} {one['path']}" for one in wanted)
    except (ValueError, KeyError, TypeError):
        raise invalid(details="restrictedResources") from None
    known = all(one["method"] in _METHODS and _KNOWN.fullmatch(one["path"]) for one in wanted)
    if not 1 <= len(calls) <= _MOST or not known:
        raise invalid(details="restrictedResources")
    made_with: AccessToken = ctx.token
    text, ends = f"Atz.sprdt|{ctx.world.draw('restricted')}", ctx.world.clock.now() + LIFE_SECONDS
    ctx.world.tokens.put(text, replace(made_with, token=text, expires_at=ends, restricted=calls))
    return {"restrictedDataToken": text, "expiresIn": LIFE_SECONDS}


def get_direct_orders(ctx: Context) -> Any:
    """None, to who may see them."""
    return {"orders": []}


def is_for(calls: tuple[str, ...], called: str) -> bool:
    """Whether one of a token's calls is this one, to the letter but for names in braces."""
    return any(re.fullmatch(re.sub(r"\\\{[A-Za-z]+\\\}", "[^/]+", re.escape(one)), called) for one in calls)
