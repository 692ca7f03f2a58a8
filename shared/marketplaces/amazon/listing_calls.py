"""The calls we make of the Listings Items API v2021-08-01, spelled as its model (read 2026-11) spells them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from shared.marketplaces.amazon.operations import GET_LISTING, PATCH_LISTING
from shared.marketplaces.amazon.wire import Call

# The seller's own warehouse; Amazon's are AMAZON_EU, AMAZON_NA, …
OWN_WAREHOUSE = "DEFAULT"
MOST_ON_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Search:
    """
    What searchListingsItems is asked for. All parameters are repeated unchanged with a page token.

    `skus`: these only, at most twenty. `created_after`: ISO 8601.
    """

    stores: Sequence[str]
    data: Sequence[str]
    skus: Sequence[str] = ()
    oldest_first: bool = False
    created_after: str | None = None
    page_token: str | None = None
    page_size: int = MOST_ON_A_PAGE

    def call(self, operation: str, seller_id: str) -> Call:
        """`operation`: whose budget it is, for two kinds of work search."""
        return Call(operation, "GET", _path(seller_id), tuple(self._params()))

    def _params(self) -> Iterator[tuple[str, str]]:
        yield from _asked(self.stores, self.data)
        if self.skus:
            yield from (("identifiersType", "SKU"), ("identifiers", ",".join(self.skus)))
        if self.oldest_first:
            yield from (("sortBy", "createdDate"), ("sortOrder", "ASC"))
        yield ("pageSize", str(self.page_size))
        if self.created_after is not None:
            yield ("createdAfter", self.created_after)
        if self.page_token is not None:
            yield ("pageToken", self.page_token)


def read_listing(seller_id: str, sku: str, stores: Sequence[str], data: Sequence[str]) -> Call:
    return Call(GET_LISTING, "GET", _path(seller_id, sku), tuple(_asked(stores, data)))


def patch_quantity(
    seller_id: str, sku: str, stores: Sequence[str], product_type: str, quantity: int, send_before_monotonic: float
) -> Call:
    """The quantity in the seller's own warehouse, and nothing else of the listing."""
    value = {"fulfillment_channel_code": OWN_WAREHOUSE, "quantity": quantity}
    patch = {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [value]}
    return Call(
        PATCH_LISTING,
        "PATCH",
        _path(seller_id, sku),
        tuple(_asked(stores)),
        body=json.dumps({"productType": product_type, "patches": [patch]}).encode(),
        send_before_monotonic=send_before_monotonic,
    )


def _asked(stores: Sequence[str], data: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    yield ("marketplaceIds", ",".join(stores))
    if data:
        yield ("includedData", ",".join(data))


def _path(seller_id: str, sku: str | None = None) -> str:
    """
    The address of the seller's listings, or of one.

    A raw `/` or `#` of a SKU would make another address of it, which Amazon answers with 403.
    """
    path = f"/listings/2021-08-01/items/{quote(seller_id, safe='')}"
    return path if sku is None else f"{path}/{quote(sku, safe='')}"
