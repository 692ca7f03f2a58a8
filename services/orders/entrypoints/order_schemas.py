"""What the API gives of one order: lines, parcels, reasons, timeline; personal data is in `RecipientOut` alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.orders.domain.copies import Reservation, Shipment
from services.orders.domain.order import Line, Order, Package
from services.orders.domain.sentences import sentence
from services.orders.domain.stage import stage_of
from services.orders.domain.timeline import Entry
from services.orders.domain.waiting import Answer, reasons
from services.orders.entrypoints.acceptance_api import AcceptanceOut
from services.orders.entrypoints.schemas import MoneyOut, SentenceOut
from services.orders.usecases.read_recipient import Opened
from services.orders.usecases.views import OrderView
from shared.marketplaces.models import Recipient


class LineOut(BaseModel):
    """
    `reserved` and `short` are inventory's newest word; None: it has not spoken yet.

    `destination`: which of the order's addresses it goes to; lines of different ones travel in different parcels.
    """

    id: UUID
    marketplace_line_id: str
    sku: str | None
    title: str | None
    ordered: int
    cancelled: int
    fulfilled: int
    unit_price: MoneyOut | None
    duties: list[str]
    cancel_requested: bool
    destination: int
    decision: str
    code: str
    sentence: str
    reserve: bool
    reserved: int | None
    short: int | None
    tracked: bool | None

    @classmethod
    def of(cls, line: Line, order: Order, reservation: Reservation | None) -> "LineOut":
        held = next((one for one in reservation.lines if one.line_id == line.id), None) if reservation else None
        facts = {"skus": line.sku or line.marketplace_line_id, "program": order.program or ""}
        return cls(
            id=line.id,
            marketplace_line_id=line.marketplace_line_id,
            sku=line.sku,
            title=line.title,
            ordered=line.ordered,
            cancelled=line.cancelled,
            fulfilled=line.fulfilled,
            unit_price=MoneyOut.of(line.unit_price),
            duties=list(line.duties),
            cancel_requested=line.cancel_requested,
            destination=line.destination,
            decision=line.decision.value,
            code=line.code,
            sentence=sentence(f"decision.{line.code}", facts),
            reserve=line.reserve,
            reserved=held.reserved if held else None,
            short=held.short if held else None,
            tracked=held.tracked if held else None,
        )


class UnitsOut(BaseModel):
    line_id: UUID
    quantity: int

    @classmethod
    def all_of(cls, lines: Sequence[tuple[UUID, int]]) -> "list[UnitsOut]":
        return [cls(line_id=line_id, quantity=units) for line_id, units in lines]


class PackageOut(BaseModel):
    """A parcel the marketplace knows of."""

    reference: str | None
    carrier: str | None
    tracking_number: str | None
    status: str | None
    lines: list[UnitsOut]

    @classmethod
    def of(cls, package: Package) -> "PackageOut":
        return cls(
            reference=package.reference,
            carrier=package.carrier,
            tracking_number=package.tracking_number,
            status=package.status,
            lines=UnitsOut.all_of(package.lines),
        )


class ShipmentOut(BaseModel):
    """A parcel of ours, as labels last told of it."""

    id: UUID
    state: str
    write_back: str | None
    reason: str | None
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    lines: list[UnitsOut]
    label_created_at: datetime | None
    confirmed_at: datetime | None

    @classmethod
    def of(cls, shipment: Shipment) -> "ShipmentOut":
        same = {name: getattr(shipment, name) for name in cls.model_fields if name != "lines"}
        return cls(**same, lines=UnitsOut.all_of(shipment.lines))


class OrderOut(BaseModel):
    """`erase_after`: when the buyer's data goes; `erased_at`: when it went: since then nobody can read it here."""

    id: UUID
    connection_id: UUID
    marketplace: str
    marketplace_order_id: str
    channel_id: str | None
    channel_name: str
    time_zone: str
    version: int
    status: str
    status_text: str
    decision: str
    stage: str
    waits_for: list[SentenceOut]
    acceptance: AcceptanceOut | None
    business: bool
    program: str | None
    cancel_requested: bool
    placed_at: datetime
    updated_at: datetime
    ship_by: datetime | None
    deliver_by: datetime | None
    label_not_before: datetime | None
    delivered_at: datetime | None
    erase_after: datetime | None
    erased_at: datetime | None
    total: MoneyOut | None
    related: list[tuple[str, str]]
    lines: list[LineOut]
    packages: list[PackageOut]
    shipments: list[ShipmentOut]

    @classmethod
    def of(cls, view: OrderView, answer: Answer) -> "OrderOut":
        order, reservation, shipments = view.order, view.reservation, view.shipments
        same = (
            "id", "connection_id", "marketplace", "marketplace_order_id", "channel_id", "version", "status_text",
            "business", "program", "cancel_requested", "placed_at", "updated_at", "ship_by", "deliver_by",
            "label_not_before", "delivered_at", "erase_after", "erased_at",
        )  # fmt: skip
        facts: dict[str, Any] = {name: getattr(order, name) for name in same}
        return cls(
            **facts,
            channel_name=view.channel_name,
            time_zone=view.time_zone,
            status=order.status.value,
            decision=order.decision.value,
            stage=stage_of(order.version, reservation, shipments).value,
            waits_for=[SentenceOut.of(reason) for reason in reasons(order, reservation, shipments, answer)],
            acceptance=AcceptanceOut.of(view.acceptance) if view.acceptance else None,
            total=MoneyOut.of(order.total),
            related=list(order.related),
            lines=[LineOut.of(line, order, reservation) for line in order.lines],
            packages=[PackageOut.of(package) for package in order.packages],
            shipments=[ShipmentOut.of(shipment) for shipment in (shipments.shipments if shipments else ())],
        )


class EntryOut(BaseModel):
    at: datetime
    code: str
    sentence: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> "EntryOut":
        return cls(at=entry.at, code=entry.code, sentence=sentence(entry.code, entry.facts), facts=entry.facts)


class AddressOut(BaseModel):
    """Personal data. Every member may be absent."""

    name: str | None
    company: str | None
    lines: list[str]
    postal_code: str | None
    city: str | None
    state: str | None
    country: str | None
    phone: str | None
    email: str | None
    instructions: str | None
    pickup_point: bool

    @classmethod
    def of(cls, recipient: Recipient) -> "AddressOut":
        same = {name: getattr(recipient, name) for name in cls.model_fields if name != "lines"}
        return cls(**same, lines=list(recipient.lines))


class RecipientOut(BaseModel):
    """To whom an order goes, or its lines of one destination. `absent`: the marketplace has told no address (yet)."""

    order_id: UUID
    order_version: int
    destination: int
    recipient_digest: str | None
    recipient: AddressOut | None
    state: Literal["present", "absent"]

    @classmethod
    def of(cls, opened: Opened) -> "RecipientOut":
        recipient = opened.recipient
        return cls(
            order_id=opened.order.id,
            order_version=opened.order.version,
            destination=opened.destination,
            recipient_digest=opened.order.recipient_digest,
            recipient=AddressOut.of(recipient) if recipient else None,
            state="present" if recipient else "absent",
        )


class AskedIn(BaseModel):
    order_id: UUID
    destination: int = Field(ge=0, le=1000)


class RecipientsIn(BaseModel):
    """Whose addresses one of our services needs."""

    asked: list[AskedIn] = Field(min_length=1, max_length=100)


class FoundOut(BaseModel):
    """
    `unknown`: this organisation has no such order, or the order no such destination. `erased`: what it was is gone.
    """

    recipient_digest: str | None
    recipient: AddressOut | None
    state: Literal["present", "absent", "unknown", "erased"]

    @classmethod
    def of(cls, opened: Opened | None) -> "FoundOut":
        if opened is None:
            return cls(recipient_digest=None, recipient=None, state="unknown")
        told = RecipientOut.of(opened)
        if opened.order.erased_at is not None:
            return cls(recipient_digest=None, recipient=None, state="erased")
        return cls(recipient_digest=told.recipient_digest, recipient=told.recipient, state=told.state)
