"""The body of confirmShipment, read as strictly as Amazon reads it."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.sandbox.amazon.carriers import CARRIER_CODES
from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import invalid
from tests.sandbox.clock import parse_iso

_REFERENCE = re.compile(r"^0*[1-9]\d*$")
_FUTURE_SECONDS = 60
_BODY = frozenset({"marketplaceId", "packageDetail", "codCollectionMethod"})
_PACKAGE = frozenset({
    "packageReferenceId", "carrierCode", "carrierName", "shippingMethod", "trackingNumber", "shipDate",
    "shipFromSupplySourceId", "orderItems",
})  # fmt: skip


@dataclass(frozen=True)
class Confirmation:
    """A well-formed confirmation; `carrier` is what buyers see, `lines` units by order item id."""

    marketplace_id: str
    reference: str
    carrier_code: str
    carrier: str
    other_carrier: bool
    tracking_number: str
    shipping_method: str
    ship_time: int
    lines: dict[str, int]


def read_confirmation(ctx: Context) -> Confirmation:
    """The request's body; raises 400 naming the field, and notes fields the model does not have."""
    body = _body(ctx)
    detail = body.get("packageDetail")
    if not isinstance(detail, dict):
        raise invalid("packageDetail is required.")
    _note_unknown(ctx, body, detail)
    reference = detail.get("packageReferenceId")
    if not isinstance(reference, str) or not _REFERENCE.match(reference):
        raise invalid("packageReferenceId must be a string holding a positive number.")
    code, name = _text(detail, "carrierCode"), detail.get("carrierName")
    other = code not in CARRIER_CODES
    if other and not (isinstance(name, str) and name.strip()):
        raise invalid("carrierName is required when carrierCode is Other.")
    return Confirmation(
        marketplace_id=_text(body, "marketplaceId"),
        reference=reference,
        carrier_code="Other" if other else code,
        carrier=str(name) if other else code,
        other_carrier=other,
        tracking_number=_text(detail, "trackingNumber"),
        shipping_method=str(detail.get("shippingMethod") or ""),
        ship_time=_ship_time(ctx, detail),
        lines=_lines(detail),
    )


def _body(ctx: Context) -> dict[str, Any]:
    try:
        body = json.loads(ctx.body)
    except ValueError as error:
        raise invalid("The request body is not JSON.") from error
    if not isinstance(body, dict):
        raise invalid("The request body is not an object.")
    return body


def _note_unknown(ctx: Context, body: dict[str, Any], detail: dict[str, Any]) -> None:
    for name in [*sorted(body.keys() - _BODY), *sorted(detail.keys() - _PACKAGE)]:
        ctx.deviates(f"unknown field {name}")
    code = detail.get("carrierCode")
    if isinstance(code, str) and code != "Other" and code not in CARRIER_CODES:
        ctx.deviates(f"carrierCode {code!r} is no known code and counts as Other")


def _text(part: dict[str, Any], name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{name} is required.")
    return value


def _ship_time(ctx: Context, detail: dict[str, Any]) -> int:
    try:
        moment = parse_iso(_text(detail, "shipDate"))
    except ValueError as error:
        raise invalid("shipDate must be an ISO 8601 date-time.") from error
    if moment > ctx.now + _FUTURE_SECONDS:
        raise invalid("shipDate is in the future.")
    if not detail["shipDate"].endswith("Z"):
        ctx.deviates("shipDate is not UTC with Z")
    return int(moment)


def _lines(detail: dict[str, Any]) -> dict[str, int]:
    items = detail.get("orderItems")
    if not isinstance(items, list) or not items:
        raise invalid("orderItems is required.")
    lines: dict[str, int] = {}
    for item in items:
        item_id, quantity = (item.get("orderItemId"), item.get("quantity")) if isinstance(item, dict) else (None, None)
        if not isinstance(item_id, str) or type(quantity) is not int or quantity < 1:
            raise invalid("orderItems need an orderItemId and a positive quantity.")
        lines[item_id] = lines.get(item_id, 0) + quantity
    return lines
