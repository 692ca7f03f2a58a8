"""The page of labels' settings: the carrier, and for each channel who has its labels made."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from services.labels.domain.carrier import CarrierSettings
from services.labels.domain.hand_over import HOURS_BEFORE_SHIP_BY
from services.labels.entrypoints.requests import change, labels
from services.labels.entrypoints.schemas import CarrierIn
from services.labels.usecases.choose import set_carrier, set_channel_mode
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.roles import CARRIER_WRITE
from shared.web.forms import PostedForm, member_form
from shared.web.pages import Pages

router = APIRouter(include_in_schema=False)
User = Annotated[Principal, Depends(member(CARRIER_WRITE))]
Form = Annotated[PostedForm, Depends(member_form(CARRIER_WRITE))]

_SENDER = ("name", "postal_code", "city", "country")
_CARRIER = ("carrier_name", "gs1_prefix", "extension", "serial_first", "serial_last", "tracking_url_template")
FIELDS = (*_SENDER, "lines", *_CARRIER)
SENTENCES = {
    "name": "Enter the sender's name, up to 60 characters.",
    "lines": "Enter one to three lines of street and number, up to 60 characters each.",
    "postal_code": "A postal code has up to 16 characters.",
    "city": "Enter the city, up to 60 characters.",
    "country": "Enter the country as two capital letters, such as FR.",
    "carrier_name": "Enter the carrier's name, up to 40 characters.",
    "gs1_prefix": "A GS1 company prefix has 6 to 12 digits.",
    "extension": "The extension is one digit.",
    "serial_first": "Enter a whole number.",
    "serial_last": "Enter a whole number, not below the first serial, that fits beside the prefix: together 16 digits.",
    "tracking_url_template": "Enter an address that begins with https:// and holds {tracking_number} once.",
}
_NEW = dict.fromkeys(FIELDS, "") | {"extension": "0", "serial_first": "1"}


@router.get("/shipments/settings", response_class=HTMLResponse)
async def settings_page(request: Request, who: User, saved: bool = False) -> HTMLResponse:
    """Carrier and channels as they are."""
    found = await labels(request).views.carrier(who.organisation)
    return await _page(request, who, _values(found) if found else _NEW, {}, saved=saved)


@router.post("/shipments/settings/carrier", response_class=RedirectResponse, status_code=303)
async def save_carrier(request: Request, form: Form) -> Response:
    """Saves the carrier; a wrong form comes back with its sentences."""
    try:
        given = CarrierIn.model_validate(_given(form))
    except ValidationError as error:
        values = {name: form.text(name) for name in FIELDS}
        return await _page(request, form.principal, values, _errors(error), status=422)
    settings = given.settings(form.principal.organisation)
    planner = labels(request).planner
    await change(request, lambda store: set_carrier(store, settings, planner=planner))
    return RedirectResponse("/shipments/settings?saved=1", 303)


@router.post("/shipments/settings/channels", response_class=RedirectResponse, status_code=303)
async def save_mode(request: Request, form: Form) -> Response:
    """Switches one channel: who has its labels made, or when its marketplace is told."""
    connection_id, channel_id = _uuid(form.text("connection_id")), form.text("channel_id")
    told_at, planner = form.text("told_at"), labels(request).planner
    choice = {"at_hand_over": told_at == "hand_over"} if told_at else {"automatic": form.text("mode") == "automatic"}
    await change(
        request,
        lambda store: set_channel_mode(
            store, form.principal.organisation, connection_id, channel_id, choice, planner=planner
        ),
    )
    return RedirectResponse("/shipments/settings?saved=1", 303)


def _given(form: PostedForm) -> dict[str, Any]:
    sender: dict[str, Any] = {name: form.text(name) for name in _SENDER}
    sender["lines"] = [line.strip() for line in form.text("lines").splitlines() if line.strip()]
    carrier = {name: form.text(name) for name in _CARRIER}
    return carrier | {"sender": sender, "tracking_url_template": carrier["tracking_url_template"] or None}


def _errors(error: ValidationError) -> dict[str, str]:
    """Our own sentence by the form's field; what was typed is not repeated in it."""
    fields = []
    for problem in error.errors(include_input=False, include_url=False):
        names = [part for part in problem["loc"] if isinstance(part, str) and part in SENTENCES]
        fields.append(names[-1] if names else problem["type"])
    return {name: SENTENCES[name] for name in fields if name in SENTENCES}


def _values(settings: CarrierSettings) -> dict[str, str]:
    sender = settings.sender
    values: dict[str, Any] = {name: getattr(settings, name) for name in _CARRIER}
    values |= {name: getattr(sender, name) for name in _SENDER} | {"lines": "\n".join(sender.lines)}
    return {name: "" if value is None else str(value) for name, value in values.items()}


async def _page(
    request: Request,
    who: Principal,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    saved: bool = False,
    status: int = 200,
) -> HTMLResponse:
    channels = await labels(request).views.channels(who.organisation)
    pages: Pages = request.app.state.pages
    context = {"values": values, "wrong": errors, "saved": saved, "channels": channels, "hours": HOURS_BEFORE_SHIP_BY}
    return pages.render(request, "settings.html", principal=who, status=status, **context)


def _uuid(text: str) -> UUID:
    """An id that is none belongs to nobody."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
