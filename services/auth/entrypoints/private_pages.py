"""
Applications of an organisation's own: each step of the way, the client secret, and a row for each account. Where the
client itself is let in: credentials of a seller's own, with their account.

What is secret is posted, tried and sealed: no page shows it again, not even where something else was wrong.
"""

from collections.abc import Mapping
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import TooManyAttempts
from services.auth.domain.connection import NameInvalid, digest_of
from services.auth.domain.private_app import PrivateApp, PrivateProblem, PrivateRefused
from services.auth.entrypoints.checklist import checklist_of
from services.auth.entrypoints.connection_pages import Form, Writer
from services.auth.entrypoints.held import actor_of, auth_of, check_email_confirmed, endpoint_of, pages_of
from services.auth.entrypoints.looking import look_at_all, look_at_once
from services.auth.entrypoints.private_sentences import CREDENTIAL_PROBLEMS, OF_A_CODE, PRIVATE_PROBLEMS
from services.auth.entrypoints.sentences import FIELD_PROBLEMS, TOO_MANY_ATTEMPTS
from services.auth.usecases.connection_list import ListAsked, ListPage
from services.auth.usecases.count_attempt import private_keys
from services.auth.usecases.own_credentials import OwnCredentials, keep_own_credentials
from services.auth.usecases.private_apps import PrivateOffer, Rows, keep_private_app, keep_private_rows
from services.auth.usecases.remove_private_app import remove_private_app
from shared.access.principal import Principal
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm
from shared.web.problems import not_found

router = APIRouter(prefix="/connections", include_in_schema=False)
# What is shown again when something is wrong: never a secret.
_FIELDS = ("app_id", "client_id", "country", "codes", "seller_id", "name", "endpoint")
# So many of an application's connections are named where it is removed.
_NAMED = 50
_STATUS = {
    PrivateProblem.CONNECTED: 409,
    PrivateProblem.TOO_MANY: 409,
    PrivateProblem.AWAY: 503,
    PrivateProblem.APP_UNKNOWN: 404,
}

log = structlog.get_logger()


@router.get("/{marketplace}/private")
async def private_page(request: Request, who: Writer, marketplace: str, later: int = 0) -> Response:
    """`later`: how many of the accounts just kept the marketplace has not told about yet."""
    return await _page(request, who, _offer(request, marketplace), later=later)


@router.post("/{marketplace}/private/app")
async def app_form(request: Request, marketplace: str, form: Form) -> Response:
    """A new application, or another secret of one that is here; of own credentials only that."""
    held, who, offer = auth_of(request), form.principal, _offer(request, marketplace)
    await check_email_confirmed(request, who)
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
    await check_email_confirmed(request, who)
    try:
        kept = await keep_private_rows(
            _rows(form, marketplace),
            actor_of(who),
            offer=offer,
            keys=private_keys(who.organisation, held.mask_attempt),
            uow=held.uow,
            vault=held.private_apps,
            clock=held.clock,
        )
    except (PrivateRefused, NameInvalid, TooManyAttempts) as error:
        return await _again(request, form, offer, error, tried="refresh_token")
    due = await look_at_all(held, kept)
    return RedirectResponse(f"/connections/{marketplace}/private" + (f"?later={due}" if due else ""), 303)


@router.post("/{marketplace}/private/account")
async def account_form(request: Request, marketplace: str, form: Form) -> Response:
    """Credentials of a seller's own, tried on the account they are for, kept, and asked about at once."""
    held, who, offer = auth_of(request), form.principal, _offer(request, marketplace)
    if not offer.way.by_client:
        raise not_found()
    await check_email_confirmed(request, who)
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


@router.get("/{marketplace}/private/{app_id:uuid}/remove")
async def remove_page(request: Request, who: Writer, marketplace: str, app_id: UUID) -> Response:
    """What ends with it."""
    return await _remove_page(request, who, _offer(request, marketplace), app_id)


@router.post("/{marketplace}/private/{app_id:uuid}/remove")
async def remove_form(request: Request, marketplace: str, app_id: UUID, form: Form) -> Response:
    """The application goes, and the connections that its page showed are disconnected."""
    held, who, offer = auth_of(request), form.principal, _offer(request, marketplace)
    shown = form.text("shown")
    try:
        async with held.uow() as store:
            await remove_private_app(app_id, marketplace, shown, actor_of(who), store=store, clock=held.clock)
    except PrivateRefused as error:
        if error.problem is PrivateProblem.APP_UNKNOWN:
            raise not_found() from None
        return await _remove_page(request, who, offer, app_id, wrong=error.problem)
    return RedirectResponse(f"/connections/{marketplace}/private", 303)


async def _remove_page(
    request: Request, who: Principal, offer: PrivateOffer, app_id: UUID, *, wrong: PrivateProblem | None = None
) -> Response:
    app = next((one for one in await _own_apps(request, who, offer) if one.id == app_id), None)
    if app is None:
        raise not_found()
    reached = await auth_of(request).views.living(who.organisation, app_id=app.id)
    return pages_of(request).render(
        request,
        "remove_app.html",
        principal=who,
        status=409 if wrong else 200,
        profile=PROFILES[offer.marketplace],
        app=app,
        rows=reached[:_NAMED],
        more=len(reached[_NAMED:]),
        shown=digest_of(one.id for one in reached),
        trouble=pages_of(request).say(request, PRIVATE_PROBLEMS[wrong][1], principal=who) if wrong else None,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _rows(form: PostedForm, marketplace: str) -> Rows:
    """Raises PrivateRefused."""
    app_id = _uuid(form.text("app_id"))
    if app_id is None:
        raise PrivateRefused(PrivateProblem.APP_UNKNOWN)
    codes = tuple(form.text("codes").upper().split())
    endpoint = endpoint_of(form, marketplace)
    return Rows(app_id, form.text("country"), codes, form.text("name"), form.text("refresh_token").strip(), endpoint)


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
    if code:
        said = pages_of(request).say(request, OF_A_CODE, principal=form.principal) % {"code": code, "sentence": said}
    response = await _page(request, form.principal, offer, form=given, errors={field or tried: said}, status=status)
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
    later: int = 0,
) -> Response:
    held = auth_of(request)
    return pages_of(request).render(
        request,
        "credentials.html" if offer.way.by_client else "private.html",
        principal=who,
        status=status,
        later=later,
        profile=PROFILES[offer.marketplace],
        way=offer.way,
        countries=list(offer.places.regions),
        apps=await _apps(request, who, offer),
        needs=await checklist_of(request, who, [PROFILES[offer.marketplace]]),
        authorisations=await held.views.authorisations(who.organisation),
        now=held.clock.now(),
        form=form or {},
        errors=errors or {},
    )


async def _apps(request: Request, who: Principal, offer: PrivateOffer) -> list[tuple[PrivateApp, ListPage]]:
    """The organisation's applications at this marketplace, each with the first of what it reaches."""
    views, apps = auth_of(request).views, await _own_apps(request, who, offer)
    return [(app, await views.listed(who.organisation, ListAsked(app_id=app.id))) for app in apps]


async def _own_apps(request: Request, who: Principal, offer: PrivateOffer) -> list[PrivateApp]:
    found = await auth_of(request).views.private_apps(who.organisation)
    return [one for one in found if one.marketplace == offer.marketplace]
