"""
What happened to an order, as entries of its timeline: a code, and facts without personal data.

Sentences for the codes: `sentences.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.orders.domain.acceptance import Acceptance, State
from services.orders.domain.copies import Reservation, Shipments
from services.orders.domain.order import Order

_ANSWER_STEPS = (State.SENT, State.ANSWERED, State.REFUSED, State.NEEDS_PERSON, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    code: str
    facts: dict[str, Any]


def order_read(known: Order | None, order: Order, now: datetime) -> list[Entry]:
    """What a reading brought."""
    if known is None:
        first = [
            Entry(now, "order.received", {"lines": len(order.lines)}),
            Entry(now, f"status.{order.status.value}", {}),
        ]
        return [*first, *_decided(None, order, now), *_packages(None, order, now)]
    found = [Entry(now, code, facts) for it_is_so, code, facts in _changes(known, order) if it_is_so]
    return [*found, *_decided(known, order, now), *_packages(known, order, now)]


def reserved(known: Reservation | None, news: Reservation) -> list[Entry]:
    """What inventory holds for the order, where that changed."""
    if news.wanted == 0 and known is None:
        return []
    if known is not None and (known.wanted, known.short) == (news.wanted, news.short):
        return []
    if news.wanted == 0:
        return [Entry(news.at, "stock.nothing_held", {})]
    code = "stock.short" if news.short else "stock.reserved"
    facts = {"wanted": news.wanted, "reserved": news.wanted - news.short, "skus": ", ".join(news.short_skus)}
    return [Entry(news.at, code, facts)]


def shipped(known: Shipments | None, news: Shipments) -> list[Entry]:
    """What labels did with each parcel: a new state, a new reason to wait, a step of the write-back."""
    before = {shipment.id: shipment for shipment in known.shipments} if known else {}
    found: list[Entry] = []
    for shipment in news.shipments:
        old = before.get(shipment.id)
        facts = {"carrier": shipment.carrier or "", "tracking_number": shipment.tracking_number or ""}
        if old is None or (old.state, old.reason) != (shipment.state, shipment.reason):
            found.append(Entry(news.at, f"shipment.{shipment.state}", facts | {"reason": shipment.reason or ""}))
        if shipment.write_back and (old is None or old.write_back != shipment.write_back):
            found.append(Entry(news.at, f"write_back.{shipment.write_back}", facts | {"reason": shipment.reason or ""}))
    return found


def answer(known: Acceptance | None, news: Acceptance, now: datetime) -> list[Entry]:
    """Who decided what on an order that waited, and what became of it."""
    found = []
    if known is None or (known.accept, known.asked_at) != (news.accept, news.asked_at):
        found.append(_asked(news, now))
    if news.state in _ANSWER_STEPS and (known is None or known.state is not news.state):
        found.append(Entry(now, f"acceptance.{news.state}", {"reason": news.reason or "", "detail": news.detail or ""}))
    return found


def _asked(news: Acceptance, now: datetime) -> Entry:
    word = "accept" if news.accept else "refuse"
    if news.by.user_id is not None:
        return Entry(now, f"acceptance.{word}_by_person", {"user_id": str(news.by.user_id)})
    if news.by.client is not None:
        return Entry(now, f"acceptance.{word}_by_program", {"client": news.by.client})
    return Entry(now, "acceptance.accept_automatically", {})


def _changes(known: Order, order: Order) -> tuple[tuple[bool, str, dict[str, Any]], ...]:
    units, before = _units(order), _units(known)
    return (
        (order.status is not known.status, f"status.{order.status.value}", {"before": known.status.value}),
        (order.cancel_requested and not known.cancel_requested, "order.cancellation_requested", {}),
        (known.cancel_requested and not order.cancel_requested, "order.cancellation_withdrawn", {}),
        (order.recipient_digest != known.recipient_digest, "order.recipient_changed", {}),
        (order.ship_by != known.ship_by, "order.ship_by_changed", {"until": _iso(order.ship_by)}),
        (units != before, "order.quantities_changed", {"before": sum(before.values()), "now": sum(units.values())}),
        (known.delivered_at is None and order.delivered_at is not None, "order.delivered", {}),
    )


def _units(order: Order) -> dict[Any, int]:
    return {line.id: line.ordered - line.cancelled for line in order.lines}


def _decided(known: Order | None, order: Order, now: datetime) -> list[Entry]:
    """One entry for all lines that were decided alike, where the decision is news."""
    before = {line.id: (line.decision, line.code) for line in known.lines} if known else {}
    alike: dict[tuple[str, str], list[str]] = {}
    for line in order.lines:
        if before.get(line.id) != (line.decision, line.code):
            alike.setdefault((line.decision, line.code), []).append(line.sku or line.marketplace_line_id)
    return [
        Entry(
            now,
            f"decision.{code}",
            {"decision": str(decision), "skus": ", ".join(skus), "program": order.program or ""},
        )
        for (decision, code), skus in alike.items()
    ]


def _packages(known: Order | None, order: Order, now: datetime) -> list[Entry]:
    seen = {(package.reference, package.tracking_number) for package in known.packages} if known else set()
    return [
        Entry(now, "order.package_seen", {"carrier": one.carrier or "", "tracking_number": one.tracking_number or ""})
        for one in order.packages
        if (one.reference, one.tracking_number) not in seen
    ]


def _iso(instant: datetime | None) -> str:
    return instant.isoformat(timespec="minutes") if instant else ""
