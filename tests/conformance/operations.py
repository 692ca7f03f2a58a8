"""The operations our client has: what each says for a case's parameters, and what it must hold of the answer."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shared.marketplaces.models import OrdersQuery
from shared.marketplaces.ports import DataRefused
from tests.conformance.client import Client
from tests.conformance.kept import at
from tests.conformance.orders import lost_of_page
from tests.conformance.wanted import Wanted

# Said where a case leaves free what our client always says.
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

Ask = Callable[[Client, Wanted], Awaitable[Any]]
Lost = Callable[[Any, Any], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Operation:
    """
    `ask`: sends the request and gives what our client made of the answer. `lost`: where a success told something that
    is not in there.
    """

    name: str
    spec: str
    path: str
    ask: Ask
    lost: Lost


async def search_orders(client: Client, wanted: Wanted) -> Any:
    """Exactly one After date; a page that names itself as the next one is never asked for twice."""
    updated, placed = wanted.time("lastUpdatedAfter"), wanted.time("createdAfter")
    if updated and placed:
        wanted.cannot("createdAfter", "is a second After date")
        placed = None
    page_token = wanted.text("paginationToken")
    if page_token and page_token == at(wanted.answer, "pagination.nextToken"):
        wanted.cannot("paginationToken", "comes back as the next page's")
        page_token = None
    query = OrdersQuery(
        channel_ids=wanted.texts("marketplaceIds"),
        updated_after=updated or (None if placed else _LONG_AGO),
        placed_after=placed,
        updated_before=wanted.time("lastUpdatedBefore"),
        placed_before=wanted.time("createdBefore"),
        statuses=wanted.texts("fulfillmentStatuses"),
        fulfilled_by=wanted.texts("fulfilledBy"),
        data=wanted.texts("includedData"),
        page_token=page_token,
    )
    account = client.account(next(iter(query.channel_ids), None))
    token, budgets = client.token(account), client.budgets
    try:
        return await client.orders.read_page(account, query, token, budgets)
    except DataRefused:
        # As our poller goes on: what no smaller set of data mends is what the refusal really says.
        least = replace(query, data=client.orders.data_sets[-1])
        return await client.orders.read_page(account, least, token, budgets)


OPERATIONS = (Operation("searchOrders", "orders_2026-01-01", "/orders/2026-01-01/orders", search_orders, lost_of_page),)
