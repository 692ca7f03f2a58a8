"""What the API gives in lists. Amounts are in minor units, times in UTC; no personal data."""

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from services.orders.domain.sentences import sentence
from services.orders.usecases.views import OrderRow, PollingView, UnreadableView
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


class OrderRowOut(BaseModel):
    """`decision`: what the order asks for as a whole. `stage`: how far it has come. `short`: units without stock."""

    id: UUID
    connection_id: UUID
    marketplace: str
    marketplace_order_id: str
    channel_id: str | None
    status: str
    decision: str
    stage: str
    cancel_requested: bool
    placed_at: datetime
    ship_by: datetime | None
    total: MoneyOut | None
    units: int
    short: int

    @classmethod
    def of(cls, row: OrderRow) -> "OrderRowOut":
        same = {name: getattr(row, name) for name in cls.model_fields if name != "total"}
        return cls(**same, total=MoneyOut.of(row.total))


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
