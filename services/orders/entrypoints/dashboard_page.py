"""The page Today: what needs a person first, then what is to be done, and how much was sold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.orders.domain.sentences import said
from services.orders.domain.waiting import reasons, trouble
from services.orders.entrypoints.parts import answer_of, orders_of
from services.orders.usecases.dashboard import Need, Sold
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_READ
from shared.web.charts import bar_chart
from shared.web.pages import Pages

router = APIRouter(include_in_schema=False)
Reads = Annotated[Principal, Depends(member(ORDERS_READ))]
_SERIES = 8

# Where the orders of a need are listed, if anywhere; parcels' and write-backs' are on the shipments' page.
_LISTS = {
    Need.ACCEPTANCE: "/orders?status=waiting_acceptance&sort=deadline",
    Need.DECISION: "/orders?decision=needs_person&sort=deadline",
    Need.STOCK_SHORT: "/stock/short",
    Need.WRITE_BACK: "/shipments",
    Need.PARCEL: "/shipments",
}


@router.get("/dashboard")
async def dashboard_page(request: Request, who: Reads) -> HTMLResponse:
    """For an organisation without orders: what to do first."""
    found = await orders_of(request).dashboards.of(who.organisation)
    series = _series(found.sold)
    values = {(day, number): count for number, (_, days) in enumerate(series) for day, count in days.items()}
    urgent = [
        (view, trouble(reasons(view.order, view.reservation, view.shipments, answer_of(request, view))))
        for view in found.needs.urgent
    ]
    pages: Pages = request.app.state.pages
    return pages.render(
        request,
        "dashboard.html",
        principal=who,
        found=found,
        urgent=urgent,
        lists=_LISTS,
        series=series,
        chart=bar_chart(values, found.days),
        said=said,
    )


def _series(sold: Sequence[Sold]) -> Sequence[tuple[str | None, Mapping[date, int]]]:
    """As many as there are colours: the rest in one, without a name (None)."""
    if len(sold) <= _SERIES:
        return [(one.name, one.days) for one in sold]
    rest: Counter[date] = Counter()
    for one in sold[_SERIES - 1 :]:
        rest.update(one.days)
    return [*((one.name, one.days) for one in sold[: _SERIES - 1]), (None, rest)]
