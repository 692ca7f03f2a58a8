"""
Applications of an organisation's own: each step of the way, the client secret, and a row for each account. Where the
client itself is let in: credentials of a seller's own, with their account.

What is secret is posted, tried and sealed: no page shows it again, not even where something else was wrong.
"""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import TooManyAttempts
from services.auth.domain.connection import ConnectionState, NameInvalid
from services.auth.domain.private_app import PrivateProblem, PrivateRefused
from services.auth.entrypoints.connection_pages import Reader
from services.auth.entrypoints.held import actor_of, auth_of, check_may_connect, pages_of
from services.auth.entrypoints.looking import look_at_once
from services.auth.entrypoints.sentences import CREDENTIAL_PROBLEMS, FIELD_PROBLEMS, PRIVATE_PROBLEMS, TOO_MANY_ATTEMPTS
from services.auth.usecases.count_attempt import private_keys
from services.auth.usecases.own_credentials import OwnCredentials, keep_own_credentials
from services.auth.usecases.private_apps import PrivateOffer, Rows, keep_private_app, keep_private_rows
from shared.access.principal import Principal
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm, posted_form
from shared.web.problems import not_found

router = APIRouter(prefix="/connections", include_in_schema=False)
Form = Annotated[PostedForm, Depends(posted_form)]
# What is shown again when something is wrong: never a secret.
_FIELDS = ("app_id", "client_id", "country", "codes", "seller_id", "name")
_MOST_SHOWN = 500
_STATUS = {
    PrivateProblem.CONNECTED: 409,
    PrivateProblem.TOO_MANY: 409,
    PrivateProblem.AWAY: 503,
    PrivateProblem.APP_UNKNOWN: 404,
}

log = structlog.get_logger()


@router.get("/{marketplace}/private")
async def private_page(request: Request, who: Reader, marketplace: str) -> Response:
    return await _page(request, who, _offer(request, marketplace))


@router.post("/{marketplace}/private/app")
async def app_form(request: Request, marketplace: str, form: Form) -> Response:
    """A new application, or another secret of one that is here."""
    held, who, offer = auth_of(request), form.principal, _offer(request, marketplace)
    await check_may_connect(request, who)
    try:
        await keep_private_app(
            form.text("client_id"),
            form.text("client_secret"),
            actor_of(who),
            offer=offer,
            keys=private_keys(who.organisation, held.mask_attempt),
            uow=held.uow,
            vault=held.private_apps,
            clock=held.clock,
        )
    except (PrivateRefused, TooManyAttempts) as error:
        return await _again(request, form, offer, error, tried="client_secret")
    return RedirectResponse(f"/connections/{marketplace}/private", 303)


@router.post("/{marketplace}/private/rows")
async def rows_form(request: Request, marketplace: str, form: Form) -> Response:
    """Accounts of one country that share a refresh token: tried, kept, and asked about at once."""
    held, who, offer = auth_of(request), form.principal, _offer(request, marketplace)
    if offer.way.by_client:
        raise not_found()
    await check_may_connect(request, who)
    try:
        kept = await keep_private_rows(
            _rows(form),
            actor_of(who),
            offer=offer,
            keys=private_keys(who.organisation, held.mask_attempt),
            uow=held.uow,
            vault=held.private_apps,
            clock=held.clock,
        )
    except (PrivateRefused, NameInvalid, TooManyAttempts) as error:
        return await _again(request, form, offer, error, tried="refresh_token")
    for connection_id in kept:
        await look_at_once(held, connection_id)
    return RedirectResponse(f"/connections/{marketplace}/private", 303)


@router.post("/{marketplace}/private/account")
async def account_form(request: Request, marketplace: str, form: Form) -> Response:
    """Credentials of a seller's own, tried on the account they are for, kept, and asked about at once."""
    held, who, offer = auth_of(request), form.principal, _offer(request, marketplace)
    if not offer.way.by_client:
        raise not_found()
    await check_may_connect(request, who)
    try:
        kept = await keep_own_credentials(
            _credentials(form, offer),
            actor_of(who),
            offer=offer,
            keys=private_keys(who.organisation, held.mask_attempt),
            uow=held.uow,
            vault=held.private_apps,
            clock=held.clock,
        )
    except (PrivateRefused, NameInvalid, TooManyAttempts) as error:
        return await _again(request, form, offer, error, tried="client_secret")
    await look_at_once(held, kept)
    return RedirectResponse(f"/connections/{kept}", 303)


def _credentials(form: PostedForm, offer: PrivateOffer) -> OwnCredentials:
    return OwnCredentials(
        form.text("country") or next(iter(offer.places.regions)),
        form.text("seller_id").strip(),
        form.text("name"),
        form.text("client_id").strip(),
        form.text("client_secret").strip(),
    )


def _rows(form: PostedForm) -> Rows:
    """Raises PrivateRefused."""
    try:
        app_id = UUID(form.text("app_id"))
    except ValueError:
        raise PrivateRefused(PrivateProblem.APP_UNKNOWN) from None
    codes = tuple(form.text("codes").upper().split())
    return Rows(app_id, form.text("country"), codes, form.text("name"), form.text("refresh_token").strip())


def _offer(request: Request, marketplace: str) -> PrivateOffer:
    """Raises the Problem of what is not there."""
    offer = auth_of(request).private.get(marketplace)
    if offer is None:
        raise not_found()
    return offer


async def _again(request: Request, form: PostedForm, offer: PrivateOffer, error: Exception, *, tried: str) -> Response:
    field, sentence, status = _said(error, offer)
    code = error.code if isinstance(error, PrivateRefused) else ""
    said = pages_of(request).say(request, sentence, principal=form.principal)
    log.warning("private.refused", marketplace=offer.marketplace, reason=_reason(error))
    given = {name: form.text(name) for name in _FIELDS if status != 404 or name != "app_id"}
    errors = {field or tried: f"{code}: {said}" if code else said}
    response = await _page(request, form.principal, offer, form=given, errors=errors, status=status)
    if isinstance(error, TooManyAttempts):
        response.headers["retry-after"] = str(error.retry_after_seconds)
    return response


def _said(error: Exception, offer: PrivateOffer) -> tuple[str, str, int]:
    """The field it is about, the sentence, the answer's status."""
    match error:
        case PrivateRefused(problem=problem):
            field, sentence = (CREDENTIAL_PROBLEMS if offer.way.by_client else PRIVATE_PROBLEMS)[problem]
            return field, sentence, _STATUS.get(problem, 422)
        case NameInvalid():
            return "name", FIELD_PROBLEMS["name.invalid"], 422
        case _:
            return "", TOO_MANY_ATTEMPTS, 429


def _reason(error: Exception) -> str:
    return error.problem.value if isinstance(error, PrivateRefused) else type(error).__name__


async def _page(
    request: Request,
    who: Principal,
    offer: PrivateOffer,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    held = auth_of(request)
    found = await held.views.connections(who.organisation, after=None, limit=_MOST_SHOWN)
    rows = [one for one in found if one.app_id and one.state is not ConnectionState.DISCONNECTED]
    apps = [one for one in await held.views.private_apps(who.organisation) if one.marketplace == offer.marketplace]
    return pages_of(request).render(
        request,
        "credentials.html" if offer.way.by_client else "private.html",
        principal=who,
        status=status,
        profile=PROFILES[offer.marketplace],
        way=offer.way,
        countries=list(offer.places.regions),
        apps=[(app, [one for one in rows if one.app_id == app.id]) for app in apps],
        now=held.clock.now(),
        form=form or {},
        errors=errors or {},
    )
