"""
Tokens of our own application, and who lets us in: by whom a probe reaches.

Sellers name us in Octopia's portal ("My aggregator only requests my SellerID"), where nothing leads back to us. One
grant serves all sellers: client credentials, two hours, 500 tokens an hour, no refresh token (pages Authentication and
API Credentials of developer.octopia-io.net, read 2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, FarSideError, Refused, TokenRejected, Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.calls import Sends
from shared.marketplaces.client_secrets import ClientSecrets, with_a_secret
from shared.marketplaces.fields import Json, load, load_object, text
from shared.marketplaces.models import Channel, FarApp, OAuthAnswer
from shared.marketplaces.octopia.operations import GET_SELLER, GET_SUBSCRIPTIONS, OPERATIONS
from shared.marketplaces.octopia.stores import CDISCOUNT, STORES, ZONE
from shared.marketplaces.octopia.wire import Call, OctopiaApi, refusal
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.reached import Reached, SellerState
from shared.marketplaces.token_endpoint import app_of, ask_for_tokens

_SELLER = Call(GET_SELLER, "GET", "/sellers")
_SUBSCRIPTIONS = Call(GET_SUBSCRIPTIONS, "GET", "/sellers/subscriptions")
_CLIENT_REFUSED = ("invalid_client", "unauthorized_client")
# Words of a subscription's `status` that are over, as we read them: the list of words is not published.
_ENDED = frozenset(
    {"inactive", "disabled", "deactivated", "closed", "terminated", "unsubscribed", "cancelled", "refused", "rejected"}
)
# Both words of a seller's profile; of the documented ones each says something alone.
_SELLER_STATES = {
    "activeseller": SellerState.ACTIVE,
    "activated": SellerState.ACTIVE,
    "holidays": SellerState.HOLIDAY,
    "putonnotice": SellerState.ON_NOTICE,
    "deactivated": SellerState.DEACTIVATED,
    "bannedseller": SellerState.BANNED,
}
_CURRENCY = re.compile(r"[A-Z]{3}")


class OctopiaGrants:
    """See `shared.marketplaces.ports.GrantPort` and `DelegationPort`."""

    def __init__(
        self,
        outward: Sends,
        api: OctopiaApi,
        clock: Clock,
        *,
        token_url: str,
        apps: Mapping[str, FarApp],
        secrets: ClientSecrets,
    ) -> None:
        self._outward = outward
        self._api = api
        self._clock = clock
        self._token_url = token_url
        self._apps = apps
        self._secrets = secrets

    async def renew(self, region: str, refresh_token: str | None) -> OAuthAnswer:
        """Never ConsentLost: the grant is our own, and a seller's refusal shows with each call for that seller."""
        if refresh_token is not None:
            raise ValueError("at Octopia the grant is our application's own")
        app = app_of(self._apps, region)

        async def ask(secret: str) -> OAuthAnswer:
            return await client_token(self._outward, self._token_url, app.client_id, secret)

        return await with_a_secret(app, self._secrets, ask)

    async def probe(self, account: FarAccount, token: AccessToken, budgets: Budgets) -> Reached:
        """ConsentLost also where Octopia knows no such seller: nobody let us in there. Unreadable: it is no JSON."""
        answer = await self._api.call(account, _SELLER, token, budgets)
        if answer.status == 404:
            raise ConsentLost("Octopia knows no such seller.", code="seller_unknown", request_id=answer.request_id)
        if answer.status != 200:
            raise refusal(answer)
        load(answer.body)  # a proxy's page is nobody's word
        channels = await self._channels(account, token, budgets)
        return Reached(channels or (STORES[CDISCOUNT],), seller_state(answer))

    async def is_account_of(self, account: FarAccount, client_id: str, client_secret: str) -> bool:
        """
        False also where the answer names another seller, or none: credentials of one's own could answer for their own
        account whatever seller is asked for.
        """
        try:
            granted = await client_token(self._outward, self._token_url, client_id, client_secret)
        except (ClientSecretInvalid, Refused):
            return False
        return await names_account(self._api, account, granted, self._clock.now())

    async def _channels(self, account: FarAccount, token: AccessToken, budgets: Budgets) -> tuple[Channel, ...]:
        """The channels the seller is subscribed to; none where that cannot be read."""
        try:
            answer = await self._api.call(account, _SUBSCRIPTIONS, token, budgets)
        except ConsentLost:  # the seller let us in, but not that far
            return ()
        return subscribed(answer) if answer.status == 200 else ()


async def client_token(outward: Sends, url: str, client_id: str, client_secret: str) -> OAuthAnswer:
    """A token for a client. Raises ClientSecretInvalid, Refused, Throttled, Unavailable, Unreadable."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    return await ask_for_tokens(outward, url, form, effect="read", refusal=_refusal)


async def names_account(api: OctopiaApi, account: FarAccount, granted: OAuthAnswer, now: datetime) -> bool:
    """Whether the account it opens is this very one, in the answer's own words. Raises as `is_account_of`."""
    token = AccessToken(granted.access_token, 0, 0, now + timedelta(seconds=granted.expires_in_seconds))
    try:
        answer = await api.call(account, _SELLER, token, _full_budgets())
    except (ClientSecretInvalid, ConsentLost, Refused, TokenRejected):
        return False
    if answer.status != 200:
        return False
    named = _plain(load_object(answer.body)).get("sellerid")
    return named is not None and str(named).strip() == account.seller_id


def seller_state(answer: Answer) -> SellerState | None:
    """What the seller's profile tells of the account, the graver of its two words; None where it cannot be read."""
    try:
        profile = _plain(load_object(answer.body))
    except Unreadable:
        return None
    words = ((text(profile, key) or "").lower() for key in ("sellersubstate", "sellerstate"))
    return max(
        (_SELLER_STATES[word] for word in words if word in _SELLER_STATES), key=list(SellerState).index, default=None
    )


def subscribed(answer: Answer) -> tuple[Channel, ...]:
    """The channels an answer of `/sellers/subscriptions` tells, each once; none where it cannot be read."""
    try:
        rows = _rows(load(answer.body))
        channels = [channel for row in rows if (channel := _channel(_plain(row))) is not None]
    except Unreadable:
        return ()
    return tuple({channel.id: channel for channel in channels}.values())


def _refusal(error: str, status: int) -> FarSideError:
    if status == 401 or error in _CLIENT_REFUSED:
        return ClientSecretInvalid("Octopia refuses the application's id or secret.", code="invalid_client")
    return Refused(f"The token endpoint answered {status}.", code=f"http_{status}")


def _full_budgets() -> Budgets:
    return Budgets({operation.name: operation.rate for operation in OPERATIONS})


def _plain(of: Json) -> dict[str, Any]:
    """Its keys without case, dashes and underscores: the documents spell them in all three ways."""
    return {re.sub(r"[^a-z0-9]", "", str(key).lower()): value for key, value in of.items()}


def _rows(told: Any) -> Iterator[Json]:
    """A list, or the first list inside an object."""
    if isinstance(told, Mapping):
        told = next((value for value in told.values() if isinstance(value, list)), [])
    if isinstance(told, list):
        yield from (row for row in told if isinstance(row, Mapping))


def _channel(row: Json) -> Channel | None:
    of_channel = row.get("saleschannel")
    inner = _plain(of_channel) if isinstance(of_channel, Mapping) else {}
    channel_id = text(row, "saleschannelid") or text(inner, "id") or text(row, "saleschannel")
    if channel_id is None or (text(row, "status") or "").lower() in _ENDED:
        return None
    if channel_id in STORES:
        return STORES[channel_id]
    told = text(row, "offersubmissioncurrency") or text(row, "sellerpaymentcurrency") or ""
    return Channel(
        id=channel_id,
        name=text(row, "saleschannelname") or text(inner, "name") or channel_id,
        country="",
        currency=told if _CURRENCY.fullmatch(told) else "",
        time_zone=ZONE,
    )
