"""The list of shipments, and what is posted from it: the parcels that the carrier has."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.labels.domain.batches import MOST_ORDERS
from services.labels.domain.hand_over import UNDO_SECONDS
from services.labels.domain.reasons import sentence
from services.labels.entrypoints import words
from services.labels.entrypoints.requests import (
    ChannelFilter,
    Cursor,
    SearchText,
    change,
    channel_of,
    choices,
    ids_of,
    labels,
)
from services.labels.entrypoints.schemas import StateFilter
from services.labels.usecases.hand_over_batch import Outcome, hand_over_batch
from services.labels.usecases.views import MOST_COUNTED, Filter
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import SHIPMENTS_READ, SHIPMENTS_WRITE
from shared.web.forms import PostedForm, member_form
from shared.web.pages import Pages

router = APIRouter(include_in_schema=False)
User = Annotated[Principal, Depends(member(SHIPMENTS_READ))]
Form = Annotated[PostedForm, Depends(member_form(SHIPMENTS_WRITE))]
Count = Annotated[int, Query(ge=0, le=MOST_ORDERS)]
_ROWS = 50
_TO_HAND_OVER = "to_hand_over"
_WORDS: Mapping[str, Any] = {
    "words": words,
    "sentence": sentence,
    "most": MOST_COUNTED,
    "undo_seconds": UNDO_SECONDS,
    **dict.fromkeys(("tick", "handed", "left", "wrong")),
}
NONE_CHOSEN = "Choose at least one parcel."
TOO_MANY = "Up to 500 parcels are handed over at once: choose fewer."


@router.get("/shipments", response_class=HTMLResponse)
async def shipments_page(
    request: Request,
    who: User,
    state: Literal[""] | StateFilter = "",
    channel: ChannelFilter = "",
    search: SearchText = "",
    all: bool = False,
    cursor: Cursor = None,
    tick: bool = False,
    handed: Count = 0,
    left: Count = 0,
) -> HTMLResponse:
    """
    Shipments, newest first; those that came to nothing only when asked for. `handed` and `left`: how many parcels were
    just handed over, and how many could not be.
    """
    chosen = {"state": state, "channel": channel, "search": search, "all": "1" if all else ""}
    done = {"tick": tick, "handed": handed, "left": left}
    return await _page(request, who, chosen, cursor=cursor, context=done)


@router.post("/shipments/hand-overs", response_class=RedirectResponse, status_code=303)
async def hand_over_shipments(request: Request, form: Form) -> Response:
    """Posted with a `shipment_id` for each parcel that is chosen; leads to those that still wait."""
    shipment_ids = ids_of(form, "shipment_id")
    if not shipment_ids or len(shipment_ids) > MOST_ORDERS:
        wrong = {"wrong": TOO_MANY if shipment_ids else NONE_CHOSEN}
        return await _page(request, form.principal, {"state": _TO_HAND_OVER}, context=wrong, status=422)
    work = partial(
        hand_over_batch,
        organisation_id=form.principal.organisation,
        shipment_ids=shipment_ids,
        by=form.principal.user_id,
        planner=labels(request).planner,
    )
    found = await change(request, work)
    left = sum(one.outcome in (Outcome.NOT_POSSIBLE, Outcome.NOT_FOUND) for one in found)
    return RedirectResponse(_address({"state": _TO_HAND_OVER, "handed": len(found) - left, "left": left}), 303)


def _address(values: Mapping[str, Any]) -> str:
    return f"/shipments?{urlencode({name: value for name, value in values.items() if value})}"


async def _page(
    request: Request,
    who: Principal,
    chosen: Mapping[str, str],
    *,
    context: Mapping[str, Any],
    cursor: UUID | None = None,
    status: int = 200,
) -> HTMLResponse:
    filters = {"state": "", "channel": "", "search": "", "all": "", **chosen}
    views, channel = labels(request).views, channel_of(filters["channel"])
    wanted = Filter(
        state=filters["state"] or None,
        channel=channel,
        search=filters["search"],
        hide_voided=not any(filters.values()),
    )
    found = await views.shipments(who.organisation, wanted, after=cursor, limit=_ROWS)
    channels = await views.channels(who.organisation)
    values = {
        "rows": found.items,
        "choose": choices(who, found.items),
        "more": _address(filters | {"cursor": found.after}) if found.after else None,
        "here": filters | {"cursor": cursor},
        "address": _address,
        "chosen": {name: value for name, value in filters.items() if name != "all"},
        "channels": [
            (f"{one.connection_id}:{one.channel_id}", f"{one.channel_name} ({one.connection_name})") for one in channels
        ],
        "to_hand_over": await views.count_to_hand_over(who.organisation),
        "asks": any(one.at_hand_over for one in channels),
    }
    pages: Pages = request.app.state.pages
    return pages.render(request, "shipments.html", principal=who, status=status, **{**_WORDS, **values, **context})
