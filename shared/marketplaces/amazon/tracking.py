"""
Telling Amazon about a parcel: confirmShipment (Orders API v0, the only write left there), read back by getOrder.

A keyed write: the same `packageReferenceId` edits the same package, so an unknown outcome is answered by sending the
same body again. No tracking URL is told: Amazon makes its own from the carrier code.
"""

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.clock import Clock
from shared.kernel.errors import Refused
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.amazon.carriers import carrier_fields
from shared.marketplaces.amazon.operations import CONFIRM_SHIPMENT, GET_ORDER
from shared.marketplaces.amazon.orders import get_order, order_refusal
from shared.marketplaces.amazon.parse import parse_packages
from shared.marketplaces.amazon.refusals import write_refusal
from shared.marketplaces.amazon.wire import Call, Spapi
from shared.marketplaces.fields import load_object, part
from shared.marketplaces.models import MarketplacePackage, ParcelToTell
from shared.marketplaces.ports import Capabilities, FarAccount, FrozenBody

CAPABILITIES = Capabilities(write="keyed", read_lag_seconds=120, listing_weights=True)
_SMALLEST, _MANY = 100_000_000, 900_000_000  # nine digits


class AmazonTracking:
    """See `shared.marketplaces.ports.TrackingPort`."""

    send_operation = CONFIRM_SHIPMENT
    read_operation = GET_ORDER

    def __init__(self, spapi: Spapi, clock: Clock, *, random_below: Callable[[int], int] = secrets.randbelow) -> None:
        self._spapi = spapi
        self._clock = clock
        self._random_below = random_below

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def new_reference(self, used: frozenset[str]) -> str:
        """
        Nine random digits: the same reference would edit a package, also one the seller confirmed by hand.

        A text, because Amazon refuses a JSON number since 2026-01 (issue selling-partner-api-models#5094).
        """
        while (reference := str(_SMALLEST + self._random_below(_MANY))) in used:
            pass
        return reference

    def freeze(self, parcel: ParcelToTell) -> FrozenBody:
        if not parcel.reference.isascii() or not parcel.reference.isdecimal() or int(parcel.reference) == 0:
            raise Refused("The parcel's reference is not a positive number.", code="reference_not_numeric")
        if not parcel.tracking_number.strip():
            raise Refused("The parcel has no tracking number.", code="tracking_number_missing")
        if not parcel.lines or any(quantity <= 0 for _, quantity in parcel.lines):
            raise Refused("The parcel holds nothing.", code="parcel_empty")
        return {
            "marketplaceId": parcel.channel_id,
            "packageDetail": {
                "packageReferenceId": parcel.reference,
                **carrier_fields(parcel.channel_id, parcel.carrier),
                "trackingNumber": parcel.tracking_number.strip(),
                "shipDate": _utc(self._ship_date(parcel)),
                "orderItems": [{"orderItemId": line, "quantity": quantity} for line, quantity in parcel.lines],
            },
        }

    async def send(
        self, account: FarAccount, order_id: str, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> None:
        call = Call(
            CONFIRM_SHIPMENT,
            "POST",
            f"/orders/v0/orders/{quote(order_id, safe='')}/shipmentConfirmation",
            body=json.dumps(intent.value).encode(),
            send_before_monotonic=intent.send_before_monotonic,
        )
        answer = await self._spapi.call(account, call, token, budgets)
        if answer.status >= 300:
            raise write_refusal(answer)

    async def read_packages(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> tuple[MarketplacePackage, ...]:
        answer = await self._spapi.call(account, get_order(order_id, ("PACKAGES",)), token, budgets)
        return _packages(answer)

    def _ship_date(self, parcel: ParcelToTell) -> datetime:
        """Not before the order and not in Amazon's future: its clock may be behind ours."""
        shipped_at = max(parcel.shipped_at, parcel.placed_at or parcel.shipped_at)
        return min(shipped_at, self._spapi.skew.far_now(self._clock.now()))


def _packages(answer: Answer) -> tuple[MarketplacePackage, ...]:
    if answer.status != 200:
        raise order_refusal(answer)
    return parse_packages(part(load_object(answer.body), "order"))


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
