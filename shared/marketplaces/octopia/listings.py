"""
What a seller offers on a channel: listOffers (page Offers of developer.octopia-io.net, read 2026-11).

Of an offer only its id, reference, state and times are sure to be told. What is read beside them (title, quantity, who
ships) is read where it stands, under the names that offers and orders use elsewhere.
"""

from typing import Any

from shared.kernel.budgets import Budgets
from shared.kernel.errors import Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.fields import BadField, Json, count, load, part, required_text, text
from shared.marketplaces.listings import Listing, ListingPage
from shared.marketplaces.models import ShippedBy
from shared.marketplaces.octopia.lines import shipper_named
from shared.marketplaces.octopia.operations import LIST_OFFERS
from shared.marketplaces.octopia.wire import Call, OctopiaApi, next_cursor, refusal
from shared.marketplaces.ports import FarAccount, PageTokenRefused

_LIMIT = 1000
_ACTIVE = "active"


class OctopiaListings:
    """See `shared.marketplaces.ports.ListingsPort`."""

    def __init__(self, api: OctopiaApi) -> None:
        self._api = api

    async def read_page(
        self,
        account: FarAccount,
        channel_id: str,
        page_token: str | None,
        token: AccessToken,
        budgets: Budgets,
        *,
        weights: bool = False,  # noqa: ARG002 - the port's
    ) -> ListingPage:
        """No page of Octopia's tells what an offer weighs, whatever `weights` asks for (read 2026-11)."""
        params = [("salesChannelId", channel_id), ("limit", str(_LIMIT))]
        if page_token is not None:
            params.append(("cursor", page_token))
        answer = await self._api.call(account, Call(LIST_OFFERS, "GET", "/offers", params), token, budgets)
        if answer.status != 200:
            refused = refusal(answer)
            if page_token is not None and answer.status in (400, 404):
                raise PageTokenRefused("the cursor is no longer good") from refused
            raise refused
        following = next_cursor(answer)
        if following is not None and following == page_token:
            raise PageTokenRefused("the page names itself as the next one")
        listings, unreadable = parse_offers(answer.body)
        return ListingPage(listings, unreadable, following)


def parse_offers(body: bytes) -> tuple[tuple[Listing, ...], tuple[str, ...]]:
    """The offers of one answer, and why others were left out. Raises Unreadable where it is no list at all."""
    told = load(body)
    items = told.get("items") if isinstance(told, dict) else told
    if not isinstance(items, list):
        raise Unreadable("The answer holds no list of offers.", code="no_offers", raw=body)
    read = [_offer(item) for item in items]
    return (
        tuple(one for one in read if isinstance(one, Listing)),
        tuple(one for one in read if isinstance(one, str)),
    )


def _offer(item: Any) -> Listing | str:
    if not isinstance(item, dict):
        return "the record is not an object"
    try:
        return _listing(item)
    except BadField as error:
        return str(error)


def _listing(offer: Json) -> Listing:
    product = part(offer, "product")
    return Listing(
        sku=required_text(offer, "sellerExternalReference"),
        title=text(product, "title") or text(offer, "productTitle"),
        active=(text(offer, "offerState") or "").lower() == _ACTIVE,
        marketplace_fulfilled=shipper_named(text(offer, "supplyMode")) is ShippedBy.MARKETPLACE,
        quantity=count(offer, "quantity"),
    )
