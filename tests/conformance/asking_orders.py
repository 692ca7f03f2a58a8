"""Orders and parcels: what our client says for a case's parameters."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.kernel.errors import Refused
from shared.marketplaces.amazon.carriers import OTHER
from shared.marketplaces.models import OrdersQuery, ParcelToTell
from shared.marketplaces.ports import DataRefused, FrozenBody
from tests.conformance.client import Client
from tests.conformance.kept import at, every
from tests.conformance.wanted import Wanted
from tests.conformance.wire import differences, time_of

# Said where a case leaves free what our client always says.
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# Optional, and nothing the product knows of a parcel.
_NEVER = ("codCollectionMethod", "shippingMethod", "shipFromSupplySourceId", "transparencyCodes")
_ORDER_ID = "902-0000000-0000000"
_PARCEL = ParcelToTell(_ORDER_ID, "", "1", "DPD", "T1", None, _LONG_AGO, (("1", 1),))


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


async def get_order(client: Client, wanted: Wanted) -> Any:
    data = wanted.texts("includedData") or client.orders.data_sets[-1]
    order_id = wanted.text("orderId") or _ORDER_ID
    account = client.account(at(wanted.answer, "order.salesChannel.marketplaceId"))
    token, budgets = client.token(account), client.budgets
    try:
        return await client.orders.read_data(account, order_id, data, token, budgets)
    except DataRefused:
        return await client.orders.read_data(account, order_id, client.orders.data_sets[-1], token, budgets)


async def confirm_shipment(client: Client, wanted: Wanted) -> Any:
    """The body as our client freezes it; where it would not say all the case names, the case's own is sent."""
    order_id, named = wanted.text("orderId") or _ORDER_ID, wanted.value("body")
    body, reason = _built(client, named) if named is not None else (client.tracking.freeze(_PARCEL), None)
    if reason is not None:
        wanted.cannot("body", reason)
    account = client.account(at(body, "marketplaceId"))
    await client.tracking.send(account, order_id, client.intent(body), client.token(account), client.budgets)


def _built(client: Client, named: Any) -> tuple[FrozenBody, str | None]:
    """What we freeze for the parcel a body tells of; or that very body, and why we do not freeze it so."""
    try:
        frozen = client.tracking.freeze(_parcel(named))
    except Refused as error:
        return named, f"is refused before it is sent ({error.code})"
    except (TypeError, ValueError):
        return named, "tells of no parcel"
    reason = _unlike(named, frozen)
    return (named, reason) if reason else (frozen, None)


def _parcel(body: Any) -> ParcelToTell:
    detail, shipped_at = at(body, "packageDetail"), time_of(at(body, "packageDetail.shipDate"))
    texts = [at(detail, name) for name in ("packageReferenceId", "carrierCode", "trackingNumber")]
    items = [(at(item, "orderItemId"), at(item, "quantity")) for item in every(detail, "orderItems")]
    if shipped_at is None or not all(isinstance(text, str) for text in (at(body, "marketplaceId"), *texts)):
        raise ValueError
    reference, code, tracking_number = texts
    carrier = at(detail, "carrierName") if code == OTHER else code
    channel = body["marketplaceId"]
    return ParcelToTell("", channel, reference, carrier or "", tracking_number, None, shipped_at, tuple(items))


def _unlike(named: Any, body: FrozenBody) -> str | None:
    """Why our client does not say this body; None: it does, or it should and the comparison of the request shows it."""
    code, said = at(named, "packageDetail.carrierCode"), at(body, "packageDetail.carrierCode")
    if code != OTHER and said == OTHER:
        return "names a carrier by a code that Amazon does not list"
    found = dict(differences(named, body))
    if code != OTHER and said == code and "packageDetail.carrierName" in found:
        return "calls the carrier otherwise than by its code"
    never = [path for path, told in found.items() if not told and path.rpartition(".")[2] in _NEVER]
    return f"tells what our client never does: {', '.join(never)}" if never and len(never) == len(found) else None
