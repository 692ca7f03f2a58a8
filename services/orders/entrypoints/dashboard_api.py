"""The API of the dashboard: what needs a person, what is to be shipped, told, and was sold."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from services.orders.domain.waiting import reasons, trouble
from services.orders.entrypoints.parts import answer_of, orders_of
from services.orders.entrypoints.schemas import PollingOut, SentenceOut
from services.orders.usecases.dashboard import Dashboard, Sold, Unconfirmed
from services.orders.usecases.views import OrderView
from shared.access.dependencies import principal
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_READ

router = APIRouter()
Reader = Annotated[Principal, Depends(principal(ORDERS_READ))]


class UrgentOut(BaseModel):
    """An order that needs a person, and why."""

    order_id: UUID
    marketplace_order_id: str
    ship_by: datetime | None
    reason: SentenceOut | None

    @classmethod
    def of(cls, request: Request, view: OrderView) -> "UrgentOut":
        order = view.order
        found = trouble(reasons(order, view.reservation, view.shipments, answer_of(request, view)))
        return cls(
            order_id=order.id,
            marketplace_order_id=order.marketplace_order_id,
            ship_by=order.ship_by,
            reason=SentenceOut.of(found) if found else None,
        )


class NeedsPersonOut(BaseModel):
    """`needs`: how many orders, by what for. `urgent`: the ten to be shipped first."""

    count: int
    needs: dict[str, int]
    urgent: list[UrgentOut]


class UnconfirmedOut(BaseModel):
    """`since`: when the label was made."""

    order_id: UUID
    marketplace_order_id: str
    write_back: str
    since: datetime

    @classmethod
    def of(cls, one: Unconfirmed | None) -> "UnconfirmedOut | None":
        return cls(**{name: getattr(one, name) for name in cls.model_fields}) if one else None


class WriteBacksOut(BaseModel):
    """Parcels whose number was not read back: to be handed over first, to be told, told, and those to be looked at."""

    to_hand_over: int
    owed: int
    sent: int
    troubled: int
    oldest: UnconfirmedOut | None


class SoldOut(BaseModel):
    """Orders of one channel by the day they were placed, in days of its time zone."""

    channel_id: str | None
    channel_name: str
    days: dict[date, int]

    @classmethod
    def of(cls, sold: Sold, dashboard: Dashboard) -> "SoldOut":
        days = {day: sold.days.get(day, 0) for day in dashboard.days}
        return cls(channel_id=sold.channel_id, channel_name=sold.name, days=days)


class DashboardOut(BaseModel):
    """`ship_by`: overdue, today, tomorrow, in days of each channel's time zone. `sold`: the last 14 days."""

    needs_person: NeedsPersonOut
    ship_by: dict[str, int]
    write_backs: WriteBacksOut
    polling: list[PollingOut]
    sold: list[SoldOut]


@router.get("/dashboard")
async def read_dashboard(request: Request, who: Reader) -> DashboardOut:
    """What the page Today shows."""
    found = await orders_of(request).dashboards.of(who.organisation)
    needs, told = found.needs, found.write_backs
    return DashboardOut(
        needs_person=NeedsPersonOut(
            count=needs.total,
            needs={need.value: count for need, count in needs.counts.items()},
            urgent=[UrgentOut.of(request, view) for view in needs.urgent],
        ),
        ship_by={each.value: count for each, count in found.ship_by.items()},
        write_backs=WriteBacksOut(
            to_hand_over=told.to_hand_over,
            owed=told.owed,
            sent=told.sent,
            troubled=told.troubled,
            oldest=UnconfirmedOut.of(told.oldest),
        ),
        polling=[PollingOut.of(view) for view in found.polling],
        sold=[SoldOut.of(each, found) for each in found.sold],
    )
