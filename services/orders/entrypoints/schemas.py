"""What the API gives in lists. Amounts are in minor units, times in UTC; no personal data."""

from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from services.orders.domain.sentences import sentence
from services.orders.domain.waiting import Answer, Reason, most_urgent, reasons
from services.orders.usecases.views import Counts, OrderRow, PollingView, UnreadableView
from shared.kernel.money import Money

T = TypeVar("T")


class ListOut(BaseModel, Generic[T]):
    items: list[T]
    next_cursor: str | None


class MoneyOut(BaseModel):
    amount_minor: int
    currency: str

    @classmethod
    def of(cls, money: Money | None) -> "MoneyOut | None":
        return cls(amount_minor=money.amount_minor, currency=money.currency) if money else None


class SentenceOut(BaseModel):
    """A stable code, and what it means in English. `person`: nothing moves until someone acts."""

    code: str
    sentence: str
    person: bool

    @classmethod
    def of(cls, reason: Reason) -> "SentenceOut":
        return cls(code=reason.code, sentence=sentence(reason.code, reason.facts), person=reason.person)


class OrderRowOut(BaseModel):
    """
    `decision`: what the order asks for as a whole. `stage`: how far it has come. `short`: units without stock.

    `waits_for`: the most urgent reason; None: nothing is left to be done, or it is being done. `to_label`: there is
    something to ship without a label.
    """

    id: UUID
    connection_id: UUID
    marketplace: str
    marketplace_order_id: str
    channel_id: str | None
    channel_name: str
    time_zone: str
    status: str
    decision: str
    stage: str
    waits_for: SentenceOut | None
    to_label: bool
    cancel_requested: bool
    placed_at: datetime
    ship_by: datetime | None
    total: MoneyOut | None
    units: int
    short: int

    @classmethod
    def of(cls, row: OrderRow, answer: Answer) -> "OrderRowOut":
        order, view = row.order, row.view
        names = ("id", "connection_id", "marketplace", "marketplace_order_id", "channel_id", "cancel_requested")
        same: dict[str, Any] = {name: getattr(order, name) for name in (*names, "placed_at", "ship_by")}
        urgent = most_urgent(reasons(order, view.reservation, view.shipments, answer))
        return cls(
            **same,
            channel_name=view.channel_name,
            time_zone=view.time_zone,
            status=order.status.value,
            decision=order.decision.value,
            stage=row.stage.value,
            waits_for=SentenceOut.of(urgent) if urgent else None,
            to_label=row.to_label,
            total=MoneyOut.of(order.total),
            units=row.units,
            short=row.short,
        )


class CountsOut(BaseModel):
    """How many orders are in each state, of all there are; `most` stands for so many or more."""

    statuses: dict[str, int]
    decisions: dict[str, int]
    stages: dict[str, int]
    most: int

    @classmethod
    def of(cls, counts: Counts) -> "CountsOut":
        told = {name: getattr(counts, name) for name in ("statuses", "decisions", "stages")}
        named = {name: {key.value: count for key, count in each.items()} for name, each in told.items()}
        return cls(**named, most=counts.most)


class PollingOut(BaseModel):
    """`waits_for`: why nothing is read just now; None: all is well. `lean`: less data is given than asked for."""

    connection_id: UUID
    name: str
    marketplace: str
    region: str
    read_at: datetime | None
    read_up_to: datetime | None
    waits_for: str | None
    sentence: str | None
    since: datetime | None
    lean: bool

    @classmethod
    def of(cls, view: PollingView) -> "PollingOut":
        return cls(
            connection_id=view.connection_id,
            name=view.name,
            marketplace=view.marketplace,
            region=view.region,
            read_at=view.read_at,
            read_up_to=view.cursor_at,
            waits_for=view.waits_code,
            sentence=sentence(f"polling.{view.waits_code}") if view.waits_code else None,
            since=view.waits_since,
            lean=view.lean,
        )


class UnreadableOut(BaseModel):
    """A record the marketplace sent that could not be read; it is tried again whenever it comes."""

    id: UUID
    connection_id: UUID
    marketplace_order_id: str | None
    reason: str
    attempts: int
    first_read_at: datetime
    last_read_at: datetime

    @classmethod
    def of(cls, view: UnreadableView) -> "UnreadableOut":
        return cls(**{name: getattr(view, name) for name in cls.model_fields})
