"""
createShipments: parcels that leave, as a JSON array.

Every line of a parcel must be the seller's to ship and InPreparation. Cdiscount takes one parcel for a complete order,
which is read as: all lines the seller ships, in one parcel. A declared parcel is never edited. The rules for parcel
numbers and tracking addresses are those of the older interface.
"""

import re
from dataclasses import dataclass
from typing import Any

from tests.sandbox.octopia.carriers import LABELS
from tests.sandbox.octopia.context import Context, Reply
from tests.sandbox.octopia.errors import cannot_switch, invalid
from tests.sandbox.octopia.models import CDISCOUNT
from tests.sandbox.octopia.order import Order, Parcel
from tests.sandbox.octopia.orders import own_order

_NUMBER = re.compile(r"^[^\s,&*$]{1,50}$")
_URL = re.compile(r"^https?://\S+$")
_URL_MOST = 255
_FIELDS = frozenset({"parcelNumber", "carrierName", "trackingUrl", "orderLineIds"})
_LATE_SECONDS = 600.0


@dataclass(frozen=True)
class _Wanted:
    """A well-formed parcel; `line_ids` None: all."""

    number: str
    carrier: str
    url: str | None
    line_ids: frozenset[str] | None


def create_shipments(ctx: Context) -> Reply:
    """An empty 201 once all parcels are recorded; raises 400 (then none is) or 404."""
    now = ctx.world.clock.now()
    record = ctx.octopia.book.record(ctx.item_id, now)
    order = own_order(ctx, record.order if record else None)
    wanted = _read(ctx)
    changed = order
    for parcel in wanted:
        line_ids = _lines(changed, parcel, only=len(wanted) == 1)
        changed = changed.with_parcel(Parcel(parcel.number, parcel.carrier, parcel.url, int(now)), line_ids)
    if ctx.take("dropped_204"):
        return Reply(status=201)
    late = ctx.take("late_visibility")
    shown_after = (late.seconds or _LATE_SECONDS) if late else None
    ctx.octopia.book.change(changed, now, effect=True, shown_after=shown_after)
    return ctx.done(Reply(status=201))


def _lines(order: Order, parcel: _Wanted, *, only: bool) -> frozenset[str]:
    """The lines that leave in the parcel; `only`: it is the request's one parcel."""
    mine = {line.line_id for line in order.sellers_lines}
    line_ids = frozenset(mine) if parcel.line_ids is None else parcel.line_ids
    by_id = {line.line_id: line for line in order.lines}
    if unknown := sorted(line_ids - by_id.keys()):
        raise invalid("orderLineIds", f"The order has no line {unknown[0]}.")
    if not line_ids:
        raise cannot_switch("shipped", order.status)
    for line in (by_id[line_id] for line_id in sorted(line_ids)):
        if line.status != "InPreparation":
            raise cannot_switch("shipped", line.status)
        if line.supply_mode != "Seller":
            raise invalid("orderLineIds", f"Cannot switch to shipped status: supply mode is {line.supply_mode}.")
    if order.channel == CDISCOUNT and (not only or line_ids != mine):
        raise invalid("orderLineIds", "Cannot switch to shipped status: one parcel must hold the complete order.")
    return line_ids


def _read(ctx: Context) -> list[_Wanted]:
    body = ctx.json()
    if not isinstance(body, list) or not body:
        raise invalid("$", "The JSON value could not be converted to a list of parcels.")
    return [_parcel(ctx, item) for item in body]


def _parcel(ctx: Context, item: Any) -> _Wanted:
    if not isinstance(item, dict):
        raise invalid("$", "The JSON value could not be converted to a parcel.")
    number, carrier, url, ids = (
        item.get(name) for name in ("parcelNumber", "carrierName", "trackingUrl", "orderLineIds")
    )
    if not isinstance(number, str) or not _NUMBER.match(number):
        raise invalid("parcelNumber", "The parcelNumber must have 1 to 50 characters, without space , & * $.")
    if not isinstance(carrier, str) or not carrier.strip():
        raise invalid("carrierName", "The carrierName field is required.")
    if url is not None and not (isinstance(url, str) and len(url) <= _URL_MOST and _URL.match(url)):
        raise invalid("trackingUrl", "The trackingUrl must be an http(s) address of at most 255 characters.")
    if ids is not None and not (isinstance(ids, list) and ids and all(isinstance(x, str) for x in ids)):
        raise invalid("orderLineIds", "The orderLineIds must be a list of line ids.")
    _note(ctx, item, carrier)
    return _Wanted(number, carrier, url, None if ids is None else frozenset(ids))


def _note(ctx: Context, item: dict[str, Any], carrier: str) -> None:
    for name in sorted(item.keys() - _FIELDS):
        ctx.deviates(f"unknown field {name}")
    if carrier not in LABELS:
        ctx.deviates(f"carrierName {carrier!r} is no label of GET /carriers")
