"""The body of uploadOfferRequests: 1 to 100 requests, each with its reference and what its kind of package needs."""

from typing import Any

from tests.sandbox.octopia.context import Context
from tests.sandbox.octopia.errors import invalid
from tests.sandbox.octopia.package import Request

_MOST = 100
_REFERENCE_MOST = 50
_FIELDS = frozenset({
    "sellerExternalReference", "product", "condition", "price", "quantity", "deliveryModes", "preparationTime",
})  # fmt: skip
_UPSERT_NEEDS = ("product", "condition", "price", "quantity", "deliveryModes")


def read_requests(ctx: Context, kind: str) -> tuple[Request, ...]:
    """The requests; raises 400 naming the field, and notes fields the description does not have."""
    body = ctx.json()
    if not isinstance(body, list) or not 1 <= len(body) <= _MOST:
        raise invalid("$", f"Between 1 and {_MOST} offer requests are expected.")
    return tuple(_request(ctx, kind, at, item) for at, item in enumerate(body))


def _request(ctx: Context, kind: str, at: int, item: Any) -> Request:
    if not isinstance(item, dict):
        raise invalid(f"[{at}]", "The JSON value could not be converted to an offer request.")
    sku, quantity = item.get("sellerExternalReference"), item.get("quantity")
    if not isinstance(sku, str) or not 1 <= len(sku) <= _REFERENCE_MOST:
        raise invalid(f"[{at}].sellerExternalReference", "The sellerExternalReference must have 1 to 50 characters.")
    if quantity is not None and (type(quantity) is not int or quantity < 0):
        raise invalid(f"[{at}].quantity", "The quantity must be a whole number, and not negative.")
    missing = [name for name in _UPSERT_NEEDS if item.get(name) is None] if kind == "Upsert" else []
    if missing:
        raise invalid(f"[{at}].{missing[0]}", f"The {missing[0]} field is required.")
    known = {"sellerExternalReference"} if kind == "Delete" else _FIELDS
    for name in sorted(item.keys() - known):
        ctx.deviates(f"unknown field {name}")
    price, product = _part(item, "price").get("price"), _part(item, "product")
    return Request(sku, quantity, None if price is None else round(float(price) * 100), product.get("gtin"))


def _part(item: dict[str, Any], name: str) -> dict[str, Any]:
    found = item.get(name)
    return found if isinstance(found, dict) else {}
