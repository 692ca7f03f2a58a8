"""The pages of listings: what is offered where, which SKU it is, what it shows; and one listing, to be changed."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AfterValidator

from services.inventory.domain.target import REPEATED
from services.inventory.entrypoints.cursors import ListingCursor, cursor_of
from services.inventory.entrypoints.listing_form import ListingForm, form_of, read_listing_form
from services.inventory.entrypoints.listing_words import WORDS
from services.inventory.entrypoints.requests import choose_for, inventory, tell_again_for
from services.inventory.entrypoints.sku_paths import sku_address
from services.inventory.usecases.choose import Choice
from services.inventory.usecases.listing_views import ListingFilter, ListingView, Shown
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import STOCK_READ, STOCK_WRITE
from shared.marketplaces.registry import store_name
from shared.web.forms import PostedForm, member_form
from shared.web.pages import Pages
from shared.web.problems import not_found
from shared.web.texts import printable

ADDRESS = "/stock/listings"
router = APIRouter(prefix="/stock/listings", include_in_schema=False)
User = Annotated[Principal, Depends(member(STOCK_READ))]
Form = Annotated[PostedForm, Depends(member_form(STOCK_WRITE))]
Text = Annotated[str, AfterValidator(printable), Query(max_length=200)]
_ROWS = 50
_SUGGESTIONS = 8
_TABS = (Shown.MAPPED, Shown.UNMAPPED, Shown.MARKETPLACE_FULFILLED, Shown.REFUSED)


@router.get("")
async def listings_page(
    request: Request,
    who: User,
    tab: Shown = Shown.MAPPED,
    search: Text = "",
    channel: Text = "",
    after: ListingCursor = None,
) -> HTMLResponse:
    """One tab of listings. `channel`: a connection's id, a space, a channel's."""
    views = inventory(request).listings
    connection_id, _, channel_id = channel.partition(" ")
    wanted = ListingFilter(_uuid(connection_id), channel_id or None, tab, search)
    found = await views.listings(who.organisation, wanted, after=after, limit=_ROWS)
    channels = await views.channels(who.organisation)
    counts = await views.counts(who.organisation)
    context = {
        "tab": tab,
        "tabs": [*_TABS, Shown.WEIGHT_LEFT_OUT] if counts[Shown.WEIGHT_LEFT_OUT] else _TABS,
        "counts": counts,
        "listings": found.items,
        "more": _next_page(found.after, tab, search, channel),
        "search": search,
        "channel": channel,
        "channels": [(f"{id_} {one}", f"{name}: {store_name(kind, one)}") for id_, name, kind, one in channels],
        "progress": await views.progress(who.organisation),
    }
    return _render(request, who, "listings.html", context)


@router.get("/{listing_id:uuid}")
async def listing_page(request: Request, who: User, listing_id: UUID, saved: bool = False) -> HTMLResponse:
    """One listing. Of another organisation: 404."""
    view = await _known(request, who, listing_id)
    return await _listing(request, who, view, form_of(view), saved=saved)


@router.post("/{listing_id:uuid}")
async def change_listing_by_form(request: Request, form: Form, listing_id: UUID) -> Response:
    """Changes what the form says; a wrong form comes back with its sentences. `pick`: only which SKU it is."""
    who = form.principal
    view = await _known(request, who, listing_id)
    picked = form.text("pick")
    if picked and picked.isprintable():
        choice, given = Choice(listing_id, picked, given=frozenset({"sku"})), form_of(view)
    else:
        given = read_listing_form(form)
        if given.errors:
            return await _listing(request, who, view, given, status=422)
        choice = given.choice(view)
    if await choose_for(request, who, [choice]):
        return await _listing(request, who, view, given.with_unknown_sku(), status=422)
    return RedirectResponse(f"{ADDRESS}/{listing_id}?saved=1", 303)


@router.post("/{listing_id:uuid}/retry")
async def retry_by_form(request: Request, form: Form, listing_id: UUID) -> Response:
    """Has its quantity told again."""
    await tell_again_for(request, form.principal, listing_id)
    return RedirectResponse(f"{ADDRESS}/{listing_id}?saved=1", 303)


async def _known(request: Request, who: Principal, listing_id: UUID) -> ListingView:
    found = await inventory(request).listings.listing(who.organisation, listing_id)
    if found is None:
        raise not_found()
    return found


async def _listing(
    request: Request, who: Principal, view: ListingView, form: ListingForm, *, saved: bool = False, status: int = 200
) -> HTMLResponse:
    sku = view.listing.sku
    beginnings = [beginning for beginning in (sku[: max(4, len(sku) // 2)], sku[:3]) if beginning]
    suggestions = await inventory(request).listings.suggestions(who.organisation, beginnings, _SUGGESTIONS)
    others = [code for code in suggestions if code != view.sku_code]
    context = {"view": view, "form": form, "suggestions": others, "saved": saved}
    return _render(request, who, "listing.html", context, status)


def _next_page(after: str | None, tab: Shown, search: str, channel: str) -> str | None:
    if after is None:
        return None
    kept = {"tab": tab.value, "search": search, "channel": channel, "cursor": cursor_of(after)}
    return f"{ADDRESS}?{urlencode({name: value for name, value in kept.items() if value})}"


def _uuid(text: str) -> UUID | None:
    """None where there is none; an id that is none belongs to nobody."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)


def _render(request: Request, who: Principal, name: str, context: dict[str, Any], status: int = 200) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    known = {"words": WORDS, "sku_address": sku_address, "store_name": store_name, "repeated": REPEATED}
    return pages.render(request, name, principal=who, status=status, **known, **context)
