"""What lists of orders are asked for: strictly by the API, leniently by the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator

from services.orders.domain.deadlines import Deadline
from services.orders.domain.order import Decision
from services.orders.domain.stage import Stage
from services.orders.entrypoints.cursors import Place, place_of
from services.orders.usecases.views import OrdersAsked, Sort
from shared.marketplaces.models import OrderStatus
from shared.web.texts import printable

M = TypeVar("M", bound=StrEnum)
FILTERS = ("search", "status", "decision", "stage", "channel", "connection", "marketplace", "deadline")
Text = Annotated[str | None, AfterValidator(lambda text: text and printable(text))]
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class OrderFilters:
    """Query parameters of the API."""

    status: OrderStatus | None = None
    decision: Decision | None = None
    stage: Stage | None = None
    channel: Annotated[Text, Query(max_length=_LONGEST, description="The marketplace's id of a channel.")] = None
    connection: UUID | None = None
    marketplace: Annotated[Text, Query(max_length=_LONGEST)] = None
    deadline: Annotated[
        Deadline | None,
        Query(description="To be shipped then, in days of the channel's time zone; only what is left to be done."),
    ] = None
    search: Annotated[Text, Query(max_length=_LONGEST, description="How the marketplace's order id begins.")] = None
    sort: Annotated[Sort, Query(description="`deadline`: what is to be shipped first, what is done last.")] = (
        Sort.PLACED
    )

    def asked(self, after: Place | None, limit: int) -> OrdersAsked:
        same = {name: getattr(self, name) or None for name in FILTERS}
        return OrdersAsked(**same, sort=self.sort, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page's address asks for: what makes no sense is not asked."""

    values: Mapping[str, str]
    sort: Sort
    ticked: bool

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Chosen":
        values = {name: printable(query.get(name, ""))[:_LONGEST] for name in FILTERS}
        return cls(values, _member(Sort, query.get("sort", "")) or Sort.PLACED, query.get("tick") == "all")

    @property
    def filtered(self) -> bool:
        return any(self.values.values())

    def asked(self, cursor: str | None, limit: int) -> OrdersAsked:
        values = self.values
        return OrdersAsked(
            status=_member(OrderStatus, values["status"]),
            decision=_member(Decision, values["decision"]),
            stage=_member(Stage, values["stage"]),
            channel=values["channel"] or None,
            connection=_id(values["connection"]),
            marketplace=values["marketplace"] or None,
            deadline=_member(Deadline, values["deadline"]),
            search=values["search"] or None,
            sort=self.sort,
            after=_place(cursor),
            limit=limit,
        )

    def address(self, **changes: str | None) -> str:
        """Of the same list but for the changes, from its first page unless they say otherwise."""
        told = {**self.values, "sort": self.sort.value if self.sort is not Sort.PLACED else "", **changes}
        given = {name: value for name, value in told.items() if value}
        return "/orders" + (f"?{urlencode(given)}" if given else "")


def _member(kind: type[M], value: str) -> M | None:
    return kind(value) if value in {member.value for member in kind} else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _place(cursor: str | None) -> Place | None:
    """A cursor somebody cut off begins at the first page."""
    try:
        return place_of(cursor) if cursor else None
    except ValueError:
        return None
