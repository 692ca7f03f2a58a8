"""
Restricted data tokens (Tokens API 2021-03-01, createRestrictedDataToken): buyers' data of direct fulfillment.

Which operations want one: page Tokens API Use Case Guide (read 2026-11). Whether Amazon insists is contradictory there,
so one is always used for these. The path must be the call's own, to the letter: a trailing slash is a 403
(selling-partner-api-docs#3579); `{purchaseOrderNumber}` stands for any order.
"""

import json
import re
from collections.abc import Sequence

from shared.kernel.budgets import Budgets
from shared.kernel.errors import Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.operations import CREATE_RESTRICTED_TOKEN
from shared.marketplaces.amazon.wire import Call, Spapi, refusal
from shared.marketplaces.fields import load_object, text
from shared.marketplaces.models import OAuthAnswer
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.restricted import RestrictedResource

_PATH = "/tokens/2021-03-01/restrictedDataToken"
_HOUR = 3600
_ORDERS, _SHIPPING = "/vendor/directFulfillment/orders/2021-12-28", "/vendor/directFulfillment/shipping/2021-12-28"
_ONE = r"(?:\{purchaseOrderNumber\}|[A-Za-z0-9._~-]{1,64})"
_RESTRICTED = tuple(
    re.compile(f"{method} {path}")
    for method, path in (
        ("GET", f"{_ORDERS}/purchaseOrders(?:/{_ONE})?"),
        ("GET", f"{_SHIPPING}/(?:shippingLabels|packingSlips|customerInvoices)(?:/{_ONE})?"),
        ("POST", f"{_SHIPPING}/shippingLabels/{_ONE}"),
    )
)


class AmazonRestrictedTokens:
    """See `shared.marketplaces.restricted.RestrictedPort`."""

    most = 50

    def __init__(self, spapi: Spapi) -> None:
        self._spapi = spapi

    def is_restricted(self, resource: RestrictedResource) -> bool:
        called = f"{resource.method} {resource.path}"
        return not resource.data_elements and any(one.fullmatch(called) for one in _RESTRICTED)

    async def restricted_token(
        self, account: FarAccount, resources: Sequence[RestrictedResource], token: AccessToken, budgets: Budgets
    ) -> OAuthAnswer:
        """Asking again is harmless: tokens live beside one another."""
        body = {"restrictedResources": [{"method": one.method, "path": one.path} for one in resources]}
        call = Call(CREATE_RESTRICTED_TOKEN, "POST", _PATH, body=json.dumps(body).encode())
        answer = await self._spapi.call(account, call, token, budgets)
        if answer.status != 200:
            raise refusal(answer)
        given = load_object(answer.body)
        value, lifetime = text(given, "restrictedDataToken"), given.get("expiresIn")
        if value is None:
            raise Unreadable("Amazon gave no restricted data token.", code="restricted_token_missing")
        return OAuthAnswer(value, lifetime if isinstance(lifetime, int) and lifetime > 0 else _HOUR)
