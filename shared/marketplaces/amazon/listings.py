"""
What a seller offers in a store: searchListingsItems (Listings Items API v2021-08-01, model read 2026-11).

Amazon shows the first 1,000 of what is asked for and no more. So listings are asked for in the order they were made,
and after every 1,000 again from the newest seen on: one may come twice, none is missed, none moves while we read.
"""

import json
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.errors import Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.items import newest_creation, next_token, parse_records
from shared.marketplaces.amazon.listing_calls import Search
from shared.marketplaces.amazon.operations import SEARCH_LISTINGS
from shared.marketplaces.amazon.weights import ATTRIBUTES
from shared.marketplaces.amazon.wire import Spapi, refusal
from shared.marketplaces.fields import BadField, load_object
from shared.marketplaces.listings import ListingPage
from shared.marketplaces.ports import FarAccount, PageTokenRefused

_DATA = ("summaries", "fulfillmentAvailability")
_MOST_SHOWN = 1_000
_CROWDED = "Amazon shows no more than 1,000 listings of one moment"


@dataclass(frozen=True, slots=True)
class _Place:
    """
    How far a store has been read. `after`: from when on, `newest`: up to when (ISO 8601). `read`: listings seen since
    `after`. `token`: Amazon's.
    """

    after: str | None = None
    newest: str | None = None
    read: int = 0
    token: str | None = None

    def dump(self) -> str:
        return json.dumps(astuple(self))

    @classmethod
    def load(cls, page_token: str | None) -> "_Place":
        try:
            return cls() if page_token is None else cls(*json.loads(page_token))
        except (ValueError, TypeError) as error:
            raise PageTokenRefused("the page token is not one of ours") from error


class AmazonListings:
    """See `shared.marketplaces.ports.ListingsPort`."""

    def __init__(self, spapi: Spapi) -> None:
        self._spapi = spapi

    async def read_page(
        self,
        account: FarAccount,
        channel_id: str,
        page_token: str | None,
        token: AccessToken,
        budgets: Budgets,
        *,
        weights: bool = False,
    ) -> ListingPage:
        place = _Place.load(page_token)
        data = (*_DATA, ATTRIBUTES) if weights else _DATA
        call = _search(channel_id, place, data).call(SEARCH_LISTINGS, account.seller_id)
        answer = await self._spapi.call(account, call, token, budgets)
        if answer.status == 400 and place.token is not None:
            raise PageTokenRefused("the page token is no longer good")
        if answer.status != 200:
            raise refusal(answer)
        return _page(answer, channel_id, place)


def _search(channel_id: str, place: _Place, data: tuple[str, ...]) -> Search:
    return Search(
        stores=(channel_id,),
        data=data,
        oldest_first=True,
        created_after=place.after,
        page_token=place.token,
    )


def _page(answer: Answer, channel_id: str, place: _Place) -> ListingPage:
    body = load_object(answer.body)
    try:
        listings, unreadable = parse_records(body, channel_id)
    except BadField as error:
        raise Unreadable("The answer holds no list of listings.", code="no_listings", raw=answer.body) from error
    here = _seen(place, len(listings) + len(unreadable), newest_creation(body, channel_id))
    further, left_out = _go_on(place, here, next_token(body))
    if left_out:
        unreadable.append(_CROWDED)
    return ListingPage(tuple(listings), tuple(unreadable), further.dump() if further else None)


def _seen(place: _Place, records: int, newest: datetime | None) -> _Place:
    return replace(place, read=place.read + records, newest=_utc(newest) if newest else place.newest)


def _go_on(before: _Place, here: _Place, token: str | None) -> tuple[_Place | None, bool]:
    """Where the next page is (None: there is none), and whether listings are left out on the way there."""
    if here.read < _MOST_SHOWN:
        if token is not None and token == before.token:
            raise PageTokenRefused("the page names itself as the next one")
        return (replace(here, token=token) if token else None), False
    if here.newest is None:
        return None, True
    if here.newest != here.after:
        return _Place(after=here.newest), False
    return _Place(after=_utc(datetime.fromisoformat(here.newest) + timedelta(seconds=1))), True


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
