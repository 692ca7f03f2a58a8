"""
Telling Octopia about a parcel: POST shipments, read back by getOrder.

A readable write: there is no key, and what was declared cannot be changed afterwards, but a parcel's number shows on
the order's lines; an unknown outcome is answered by reading, never by sending again at once.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.kernel.budgets import Budgets
from shared.kernel.clock import Clock
from shared.kernel.errors import ConsentLost, Refused, Unreadable
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.fields import Json, load_object
from shared.marketplaces.models import MarketplacePackage, ParcelToTell
from shared.marketplaces.octopia.carriers import label_of, read_carriers
from shared.marketplaces.octopia.operations import CREATE_SHIPMENTS, GET_ORDER, LIST_CARRIERS
from shared.marketplaces.octopia.orders import get_order, order_path
from shared.marketplaces.octopia.parse import parse_packages
from shared.marketplaces.octopia.refusals import shipment_refusal
from shared.marketplaces.octopia.stores import CDISCOUNT
from shared.marketplaces.octopia.wire import Call, OctopiaApi, order_refusal
from shared.marketplaces.ports import Capabilities, FarAccount, FrozenBody

CAPABILITIES = Capabilities(
    write="readable",
    # A judgement: no lag is documented; a number not seen after a minute is missing rather than late.
    read_lag_seconds=60,
    splits_lines=False,
    one_parcel_channels=frozenset({CDISCOUNT}),
    answers_orders=True,
)
PARCELS = "parcels"
_LONGEST_NUMBER, _LONGEST_URL = 50, 255
_NOT_IN_A_NUMBER = re.compile(r"[\s,&*$]")
# Seconds the list of carriers is used before it is asked for again: it was had, or could not be had.
_LISTED, _NOT_LISTED = 86_400.0, 600.0


@dataclass(frozen=True, slots=True)
class _Carriers:
    """A region's list; `until`: by the monotonic clock."""

    rows: tuple[Json, ...]
    until: float


class OctopiaTracking:
    """See `shared.marketplaces.ports.TrackingPort`."""

    send_operation = CREATE_SHIPMENTS
    read_operation = GET_ORDER

    def __init__(self, api: OctopiaApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._carriers: dict[str, _Carriers] = {}

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def new_reference(self, used: frozenset[str]) -> str:
        """Ours only: Octopia keeps none, and knows a parcel by its number."""
        while (reference := secrets.token_hex(8)) in used:
            pass
        return reference

    def freeze(self, parcel: ParcelToTell) -> FrozenBody:
        """
        What is sent is the array under `parcels`, with the carrier's name as Octopia lists it.

        Limits of number and address are those of Cdiscount's API before Octopia; none are published since.
        """
        carrier = parcel.carrier.strip()
        if not carrier:
            raise Refused("The parcel's carrier has no name.", code="carrier_missing")
        if not parcel.lines or any(quantity <= 0 for _, quantity in parcel.lines):
            raise Refused("The parcel holds nothing.", code="parcel_empty")
        told: dict[str, Any] = {"parcelNumber": _number(parcel.tracking_number.strip()), "carrierName": carrier}
        if (url := _url(parcel.tracking_url)) is not None:
            told["trackingUrl"] = url
        if CAPABILITIES.splits_orders(parcel.channel_id):  # elsewhere the one parcel covers all lines
            told["orderLineIds"] = [line_id for line_id, _ in parcel.lines]
        return {PARCELS: [told]}

    async def send(
        self, account: FarAccount, order_id: str, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> None:
        rows = await self._listed(account, token, budgets)
        call = Call(
            CREATE_SHIPMENTS,
            "POST",
            f"{order_path(order_id)}/shipments",
            body=json.dumps([_labelled(parcel, rows) for parcel in intent.value[PARCELS]]).encode(),
            send_before_monotonic=intent.send_before_monotonic,
        )
        answer = await self._api.call(account, call, token, budgets)
        if answer.status >= 300:
            raise shipment_refusal(answer)

    async def read_packages(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> tuple[MarketplacePackage, ...]:
        answer = await self._api.call(account, get_order(order_id), token, budgets)
        if answer.status != 200:
            raise order_refusal(answer)
        return parse_packages(load_object(answer.body))

    async def _listed(self, account: FarAccount, token: AccessToken, budgets: Budgets) -> tuple[Json, ...]:
        """
        The region's carriers, asked once a day; none where the list cannot be had: names are free text.

        A list refused to one seller is none of the others', and not yet a consent lost: the parcel itself will show.
        """
        known = self._carriers.get(account.region)
        if known is not None and self._clock.monotonic() < known.until:
            return known.rows
        try:
            answer = await self._api.call(account, Call(LIST_CARRIERS, "GET", "/carriers"), token, budgets)
            rows = read_carriers(answer.body) if answer.status == 200 else ()
        except ConsentLost:
            return ()
        except Unreadable:
            rows = ()
        until = self._clock.monotonic() + (_LISTED if rows else _NOT_LISTED)
        self._carriers[account.region] = _Carriers(rows, until)
        return rows


def _labelled(parcel: Mapping[str, Any], rows: tuple[Json, ...]) -> Mapping[str, Any]:
    return {**parcel, "carrierName": label_of(parcel["carrierName"], rows)} if rows else parcel


def _number(number: str) -> str:
    if not number:
        raise Refused("The parcel has no tracking number.", code="tracking_number_missing")
    if len(number) > _LONGEST_NUMBER:
        raise Refused("Octopia takes tracking numbers of at most 50 characters.", code="tracking_number_too_long")
    if _NOT_IN_A_NUMBER.search(number):
        raise Refused(
            "Octopia takes no blank and none of , & * $ in a tracking number.", code="tracking_number_characters"
        )
    return number


def _url(url: str | None) -> str | None:
    """It is optional: one that Octopia would not take is left out."""
    told = (url or "").strip()
    fits = re.match(r"https?://\S+$", told, re.IGNORECASE) and len(told) <= _LONGEST_URL
    return told if fits else None
