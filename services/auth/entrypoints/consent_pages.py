"""
Connect and reconnect where a consent page leads back to us, and that redirect.

The address of the redirect holds a code and a state: it is never rendered, logged or linked to, and the browser is sent
away from it at once.
"""

from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.connection import UNCONNECTED, NameInvalid
from services.auth.domain.consent import ConsentFailed, ConsentProblem, Returned, read_return
from services.auth.domain.opaque import digest
from services.auth.entrypoints.connection_list import connections_page
from services.auth.entrypoints.connection_pages import Form, Reader
from services.auth.entrypoints.delegation_pages import reconnect_by_delegation
from services.auth.entrypoints.held import auth_of, check_email_confirmed, endpoint_of, pages_of, session_cookie, who_of
from services.auth.entrypoints.looking import look_at_once
from services.auth.entrypoints.sentences import FIELD_PROBLEMS, OUTCOMES
from services.auth.usecases.begin_consent import Wanted, begin_consent, begin_renewal
from services.auth.usecases.complete_consent import complete_consent
from services.auth.usecases.errors import ConnectionUnknown, RegionNotOffered
from shared.access.access import Access
from shared.access.dependencies import check_role
from shared.access.principal import Principal
from shared.access.scopes import AUTH_CONNECTIONS_WRITE
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.ids import ConnectionId
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm
from shared.web.problems import Problem, not_found

router = APIRouter(prefix="/connections", include_in_schema=False)

log = structlog.get_logger()


@router.post("")
async def connect_form(request: Request, form: Form) -> Response:
    held, who = auth_of(request), form.principal
    await check_email_confirmed(request, who)
    marketplace, name = form.text("marketplace"), form.text("name") or _default_name(form)
    wanted = Wanted(marketplace, form.text("country"), name, endpoint=endpoint_of(form, marketplace))
    try:
        async with held.uow() as store:
            address = await begin_consent(
                wanted,
                who_of(request, who),
                store=store,
                offers=held.offers,
                clock=held.clock,
                new_secret=held.new_secret,
            )
    except (NameInvalid, RegionNotOffered) as error:
        return await _again(request, who, wanted, "name" if isinstance(error, NameInvalid) else "country")
    return RedirectResponse(address, 303)


@router.post("/{connection_id:uuid}/reconnect")
async def reconnect_form(request: Request, form: Form, connection_id: UUID) -> Response:
    held = auth_of(request)
    found = await held.views.connection(form.principal.organisation, ConnectionId(connection_id))
    if found is None or found.state in UNCONNECTED:
        await check_email_confirmed(request, form.principal)
    if found is not None and found.app_id is not None:
        return RedirectResponse(f"/connections/{found.marketplace}/private", 303)
    if found is not None and PROFILES[found.marketplace].authorisation == "delegation":
        return await reconnect_by_delegation(request, form, found)
    try:
        async with held.uow() as store:
            address = await begin_renewal(
                ConnectionId(connection_id),
                who_of(request, form.principal),
                store=store,
                offers=held.offers,
                clock=held.clock,
                new_secret=held.new_secret,
            )
    except ConnectionUnknown:
        raise not_found() from None
    except RegionNotOffered:
        raise Problem(409, "region-not-offered", FIELD_PROBLEMS["region.not_offered"]) from None
    return RedirectResponse(address, 303)


@router.get("/{marketplace}/callback")
async def callback(
    request: Request,
    marketplace: str,
    state: str | None = None,
    spapi_oauth_code: str | None = None,
    selling_partner_id: str | None = None,
) -> Response:
    """Where the marketplace's consent page leads back to."""
    held = auth_of(request)
    if marketplace not in held.offers:
        raise not_found()
    try:
        returned = read_return(state, spapi_oauth_code, selling_partner_id)
        connection_id = await _complete(request, returned, marketplace)
    except ConsentFailed as failed:
        ours = failed.problem is ConsentProblem.OUR_SECRET  # the page says that the operator was told
        (log.error if ours else log.warning)("consent.failed", marketplace=marketplace, reason=failed.problem.value)
        return RedirectResponse(f"/connections/outcome/{failed.problem.value}", 303)
    await look_at_once(held, connection_id)
    return RedirectResponse(f"/connections?connected={connection_id}", 303)


@router.get("/{marketplace}/codes")
async def codes_page(request: Request, marketplace: str, who: Reader, code: str = "") -> Response:
    """What the marketplace's consent page shows instead of leading back, and what to do about it."""
    profile = PROFILES.get(marketplace)
    if profile is None or not profile.consent_codes:
        raise not_found()
    return pages_of(request).render(request, "codes.html", principal=who, profile=profile, code=code)


@router.get("/outcome/{problem}")
async def outcome_page(request: Request, problem: str) -> Response:
    """What happened and what to do: also for somebody who is not signed in here."""
    outcome = next((page for known, page in OUTCOMES.items() if known.value == problem), None)
    if outcome is None:
        raise not_found()
    return pages_of(request).render(request, "outcome.html", principal=await _signed_in(request), outcome=outcome)


async def _complete(request: Request, returned: Returned, marketplace: str) -> ConnectionId:
    """
    Raises ConsentFailed, RoleForbids. Without a session nothing is used up: somebody else's browser must not spoil it.
    """
    held, who = auth_of(request), await _signed_in(request)
    if who is None:
        raise ConsentFailed(ConsentProblem.UNKNOWN)
    check_role(who, AUTH_CONNECTIONS_WRITE)
    session = digest(session_cookie(request))
    try:
        return await complete_consent(
            returned,
            session,
            marketplace,
            uow=held.uow,
            vault=held.consents,
            lasts=held.consent_lasts,
            clock=held.clock,
        )
    except (DatabaseUnavailable, Conflict) as error:
        # State and code may be used up: opening the address again, as a 503 asks for, would connect nothing.
        raise ConsentFailed(ConsentProblem.UNCERTAIN) from error


async def _signed_in(request: Request) -> Principal | None:
    access: Access = request.app.state.access
    return await access.by_session(request)


async def _again(request: Request, who: Principal, wanted: Wanted, field: str) -> Response:
    sentence = FIELD_PROBLEMS["name.invalid" if field == "name" else "country.not_offered"]
    said = pages_of(request).say(request, sentence, principal=who)
    form = {
        "country": wanted.country,
        "name": wanted.name,
        "marketplace": wanted.marketplace,
        "endpoint": wanted.endpoint.value,
    }
    return await connections_page(request, who, form=form, errors={field: said}, status=422)


def _default_name(form: PostedForm) -> str:
    """Such as "Amazon Europe"."""
    profile = PROFILES.get(form.text("marketplace"))
    if profile is None:
        return "?"
    region = profile.places.regions.get(form.text("country"), "")
    return f"{profile.title} {profile.regions.get(region, '')}"
