"""
Reading orders: listOrders, countOrders and getOrder (page Orders management of developer.octopia-io.net, read 2026-11).

`limit` and `offset` are ignored there, and the words for `sort` are uncertain, so none is sent: a pass needs an order
of rows that stays the same, whichever it is.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.errors import FarSideError
from shared.kernel.ports import AccessToken
from shared.marketplaces.models import MarketplaceOrder, OrderPage, OrdersQuery, ShippedBy, UnreadableOrder
from shared.marketplaces.octopia.operations import COUNT_ORDERS, GET_ORDER, LIST_ORDERS
from shared.marketplaces.octopia.paging import PAGE_SIZE, Page, Place, page_below, step
from shared.marketplaces.octopia.parse import Record, parse_count, parse_order, parse_records
from shared.marketplaces.octopia.wire import Call, OctopiaApi, order_refusal, refusal
from shared.marketplaces.ports import FarAccount, PageTokenRefused

PATH = "/orders"

# In the order of an order's life: one that moves on while a pass walks them is met before or after.
_OPEN = ("WaitingAcceptance", "Accepted", "InPreparation")


class OctopiaOrders:
    """See `shared.marketplaces.ports.OrdersPort`."""

    def __init__(self, api: OctopiaApi) -> None:
        self._api = api

    @property
    def page_size(self) -> int:
        return PAGE_SIZE

    @property
    def data_sets(self) -> tuple[tuple[str, ...], ...]:
        """One, without a name: nothing is asked for separately."""
        return ((),)

    @property
    def open_statuses(self) -> tuple[str, ...]:
        return _OPEN

    def latest_before(self, now: datetime) -> datetime:
        """Octopia takes any moment; how far its clock is off, and rows come late, the overlap of windows covers."""
        return now.replace(microsecond=0)

    async def read_page(
        self, account: FarAccount, query: OrdersQuery, token: AccessToken, budgets: Budgets
    ) -> OrderPage:
        """The window's last rows first; its statuses one after another, as `status` takes one value."""
        place = Place.read(query.page_token, len(query.statuses))
        filters = tuple(_filters(query, place))
        below = place.below
        if below is None:
            answer = await self._api.call(account, Call(COUNT_ORDERS, "GET", f"{PATH}/count", filters), token, budgets)
            below = parse_count(_checked(answer, query))
        page = page_below(below)
        call = Call(LIST_ORDERS, "GET", PATH, (*filters, *_paging(page)))
        answer = await self._api.call(account, call, token, budgets)
        records = parse_records(_checked(answer, query))
        following = step(place, page, [known_by for known_by, _ in records], len(query.statuses))
        return _page([record for _, record in records], query, str(following) if following else None)

    async def read_order(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> MarketplaceOrder:
        """Refused: there is no such order."""
        answer = await self._api.call(account, get_order(order_id), token, budgets)
        if answer.status != 200:
            raise order_refusal(answer)
        return parse_order(answer.body)


def get_order(order_id: str) -> Call:
    return Call(GET_ORDER, "GET", order_path(order_id))


def order_path(order_id: str) -> str:
    return f"{PATH}/{quote(order_id, safe='')}"


def _checked(answer: Answer, query: OrdersQuery) -> bytes:
    if answer.status == 200:
        return answer.body
    refused: FarSideError = refusal(answer)
    if query.page_token is not None and answer.status in (400, 404):
        raise PageTokenRefused("the page is not there any more") from refused
    raise refused


def _page(records: list[Record], query: OrdersQuery, next_token: str | None) -> OrderPage:
    orders = tuple(one for one in records if isinstance(one, MarketplaceOrder) and _asked_for(one, query))
    unreadable = tuple(one for one in records if isinstance(one, UnreadableOrder))
    return OrderPage(orders=orders, unreadable=unreadable, next_token=next_token, covered_until=None)


def _asked_for(order: MarketplaceOrder, query: OrdersQuery) -> bool:
    """
    Once more on our side, by what each row says itself. What a row does not tell does not speak against it.

    The filter `supplyMode` is not sent: whether it looks at one line or at all is not documented, and orders are mixed.
    """
    bounds = (
        (query.updated_after, query.updated_before, order.updated_at),
        (query.placed_after, query.placed_before, order.placed_at),
    )
    if any((after and at < after) or (before and at > before) for after, before, at in bounds):
        return False
    if order.channel_id is not None and query.channel_ids and order.channel_id not in query.channel_ids:
        return False
    known = order.shipped_by is not ShippedBy.UNKNOWN
    return not (known and query.fulfilled_by and order.shipped_by.value not in query.fulfilled_by)


def _filters(query: OrdersQuery, place: Place) -> Iterator[tuple[str, str]]:
    """Repeated unchanged over a pass, the upper bound fixed. Several channels: filtered on our side only."""
    times = {
        "updatedAtMin": query.updated_after,
        "updatedAtMax": query.updated_before,
        "createdAtMin": query.placed_after,
        "createdAtMax": query.placed_before,
    }
    yield from ((name, _utc(value)) for name, value in times.items() if value is not None)
    if len(query.channel_ids) == 1:
        yield ("salesChannelId", query.channel_ids[0])
    if query.statuses:
        yield ("status", query.statuses[place.status])


def _paging(page: Page) -> Iterator[tuple[str, str]]:
    yield ("pageIndex", str(page.index))
    yield ("pageSize", str(page.size))


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
