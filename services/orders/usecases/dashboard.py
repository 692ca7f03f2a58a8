"""What the dashboard shows of one organisation. Filled by `adapters/dashboard.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from services.orders.domain.deadlines import Deadline
from services.orders.usecases.views import OrderView, PollingView
from shared.kernel.ids import OrderId, OrganisationId

DAYS = 14
URGENT = 10
SHIP_BY = (Deadline.OVERDUE, Deadline.TODAY, Deadline.TOMORROW)


class Need(StrEnum):
    """For what an order needs a person; one that needs several counts for the first of them."""

    ACCEPTANCE = "acceptance"
    CANCELLATION = "cancellation"
    DECISION = "decision"
    STOCK_SHORT = "stock_short"
    WRITE_BACK = "write_back"
    PARCEL = "parcel"


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """How many orders, by need, and the ones to be shipped first."""

    counts: Mapping[Need, int]
    urgent: Sequence[OrderView]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A parcel whose number was not read back from the marketplace. `since`: when its label was made."""

    order_id: OrderId
    marketplace_order_id: str
    write_back: str
    since: datetime


@dataclass(frozen=True, slots=True)
class WriteBacks:
    """Parcels to be handed over first, to be told to the marketplace, told, and those that a person must look at."""

    to_hand_over: int
    owed: int
    sent: int
    troubled: int
    oldest: Unconfirmed | None


@dataclass(frozen=True, slots=True)
class Sold:
    """Orders of one channel by the day they were placed, in days of its zone. `name` may be empty."""

    channel_id: str | None
    name: str
    days: Mapping[date, int]

    @property
    def total(self) -> int:
        return sum(self.days.values())


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`sold`: the channel with the most orders first. `any_order`: the organisation has ever had one."""

    needs: NeedsPerson
    ship_by: Mapping[Deadline, int]
    write_backs: WriteBacks
    polling: Sequence[PollingView]
    days: Sequence[date]
    sold: Sequence[Sold]
    any_order: bool


class Dashboards(Protocol):
    async def of(self, organisation_id: OrganisationId) -> Dashboard: ...
