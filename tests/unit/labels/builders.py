"""Valid orders, reservations and shipments, of which a test changes what it is about."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from services.labels.domain import labels, write_back
from services.labels.domain.carrier import Address, CarrierAbilities, CarrierSettings, CreatedLabel
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Splitting, Terms
from services.labels.domain.order import Order, OrderLine, Package, Reservation, ReservedLine
from services.labels.domain.planning import plan
from services.labels.domain.shipment import Shipment
from services.labels.domain.write_back import Timing

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ORGANISATION = UUID(int=1)
CONNECTION = UUID(int=2)
ORDER = UUID(int=3)
PERSON = UUID(int=4)
A, B = UUID(int=10), UUID(int=11)
TIMING = Timing(read_back_seconds=30, lag_seconds=120, repeat_after_seconds=600)
SENDER = Address("Shop", ("1 rue du Test",), "75001", "Paris", "FR")
SETTINGS = CarrierSettings(
    ORGANISATION, SENDER, "Test Express", "9521234", 0, 1, 999, "https://track.example/{tracking_number}"
)
BUILTIN = CarrierAbilities(
    name="builtin", duties=frozenset(), pickup_points=False, formats=("pdf",), own_numbers=True, write="keyed"
)
FREELY = Splitting(orders=True, lines=True)
WHOLE_LINES = Splitting(orders=True, lines=False)
ONE_PARCEL = Splitting(orders=False, lines=False)
MANUAL = Terms(automatic=False, splitting=FREELY, carrier=BUILTIN, carrier_is_set_up=True)
AUTOMATIC = replace(MANUAL, automatic=True)


_NUMBERS = count(2000)
FIRST = UUID(int=1000)


def ids(start: int | None = None) -> Callable[[], UUID]:
    numbers = _NUMBERS if start is None else count(start)
    return lambda: UUID(int=next(numbers))


def line(line_id: UUID = A, ordered: int = 2, **changes: Any) -> OrderLine:
    base = OrderLine(line_id, f"far-{line_id.int}", f"SKU-{line_id.int}", ordered, 0, 0, "ship")
    return replace(base, **changes)


def order(*lines: OrderLine, **changes: Any) -> Order:
    base = Order(
        connection_id=CONNECTION,
        marketplace="amazon",
        channel_id="A13V1IB3VIYZZH",
        marketplace_order_id="171-0000001-0000001",
        version=1,
        status="open",
        placed_at=NOW - timedelta(hours=1),
        cancel_requested=False,
        ship_by=NOW + timedelta(days=1),
        label_not_before=None,
        recipient_digest="digest-1",
        lines=lines or (line(),),
    )
    return replace(base, **changes)


def reservation(of: Order, short: int = 0, weight_grams: int | None = 400) -> Reservation:
    """Everything still to ship, `short` units of each line missing."""
    wanted = [(one.line_id, max(0, one.ordered - one.cancelled - one.fulfilled)) for one in of.lines]
    lines = (ReservedLine(line_id, units, max(0, units - short), weight_grams) for line_id, units in wanted)
    return Reservation(of.version, tuple(lines))


def fulfilment(of: Order | None = None, **changes: Any) -> Fulfilment:
    known = of or order()
    base = Fulfilment(ORDER, ORGANISATION, order=known, reservation=reservation(known))
    return replace(base, **changes)


def planned(terms: Terms = MANUAL, of: Fulfilment | None = None) -> Fulfilment:
    return plan(of or fulfilment(), terms, NOW, ids(FIRST.int))


def requested() -> Fulfilment:
    """A person asked for the label of the one planned parcel."""
    return labels.request(planned(), FIRST, labels.Asked(PERSON, NOW), MANUAL)


def in_flight(of: Fulfilment | None = None) -> Fulfilment:
    """Its label's intent is committed."""
    before = of or requested()
    parcel = before.shipments[0]
    return before.with_shipment(labels.frozen(before, parcel, SETTINGS, "095212340000000013"))


def labelled(of: Fulfilment | None = None) -> Fulfilment:
    """Its label is made, its write-back owed."""
    before = of or in_flight()
    number = before.shipments[0].number or "bought"
    return labels.created(
        before, before.shipments[0].shipment_id, CreatedLabel("Test Express", number, None), FREELY, NOW
    )


def sending(of: Fulfilment | None = None, reference: str = "123456789") -> Fulfilment:
    before = of or labelled()
    return before.with_shipment(write_back.begun(before.shipments[0], reference, {"words": 1}, NOW))


def sent(of: Fulfilment | None = None) -> Fulfilment:
    before = of or sending()
    return before.with_shipment(write_back.accepted(before.shipments[0], NOW, TIMING))


def shown(of: Fulfilment, *packages: Package, **changes: Any) -> Fulfilment:
    """The order as the marketplace shows it next, with these parcels."""
    assert of.order is not None
    return replace(of, order=replace(of.order, packages=packages, **changes))


def ours(of: Fulfilment) -> Package:
    """The first shipment as the marketplace would show it."""
    shipment = of.shipments[0]
    assert shipment.write_back is not None
    lines = tuple((one.line_id, one.quantity) for one in shipment.lines)
    return Package(shipment.write_back.reference, shipment.tracking_number, lines)


def theirs(units: Sequence[tuple[UUID, int]] = ((A, 2),)) -> Package:
    return Package("1", "SOMEBODY-ELSE", tuple(units))


def first(of: Fulfilment) -> Shipment:
    return of.shipments[0]
