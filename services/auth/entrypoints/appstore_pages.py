"""
Sellers whom a marketplace's app store sends to us, or its yearly *Re-Authorize*: sign in or sign up, confirm, go back.

Who has to confirm an e-mail address first is told so on the way, and comes back to it (`visits`).
"""

from collections.abc import Sequence

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.connection import UNCONNECTED, Connection, NameInvalid
from services.auth.domain.consent import ConsentProblem
from services.auth.entrypoints.checklist import checklist_of
from services.auth.entrypoints.connection_pages import Form, Writer
from services.auth.entrypoints.held import auth_of, endpoint_of, pages_of, who_of
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from services.auth.entrypoints.visits import forget_visit, keep_visit, read_visit, visit_of
from services.auth.usecases.begin_consent import Offer, Wanted, begin_consent
from services.auth.usecases.errors import RegionNotOffered
from shared.access.principal import Principal
from shared.kernel.errors import Refused
from shared.marketplaces.models import AppstoreVisit
from shared.marketplaces.ports import AppstorePort
from shared.marketplaces.registry import PROFILES
from shared.web.problems import not_found

router = APIRouter(prefix="/connections", include_in_schema=False)

log = structlog.get_logger()


@router.get("/{marketplace}/login")
async def login_uri(request: Request, marketplace: str) -> Response:
    """The address we registered with the marketplace's app store as the one where its sellers sign in to us."""
    _offer, appstore = _appstore(request, marketplace)
    query = request.url.query
    try:
        read_visit(query, appstore)
    except Refused as error:
        log.warning("appstore.refused", marketplace=marketplace, reason=error.code)
        return RedirectResponse(f"/connections/outcome/{ConsentProblem.VISIT_UNKNOWN.value}", 303)
    response = RedirectResponse(f"/connections/{marketplace}/authorise", 303)
    keep_visit(request, response, query)
    return response


@router.get("/{marketplace}/authorise")
async def authorise_page(request: Request, marketplace: str, who: Writer, sent: bool = False) -> Response:
    """
    What the visit is about: a seller account to connect, or connections of it to renew. `sent`: the link that confirms
    an address was just sent again.
    """
    offer, appstore = _appstore(request, marketplace)
    visit = visit_of(request, appstore)
    return _late() if visit is None else await _page(request, who, marketplace, offer, visit, sent=sent)


@router.post("/{marketplace}/authorise")
async def authorise_form(request: Request, marketplace: str, form: Form) -> Response:
    """Back to the app store's own confirmation, from where the seller is led to our callback."""
    held, who = auth_of(request), form.principal
    offer, appstore = _appstore(request, marketplace)
    visit = visit_of(request, appstore)
    if visit is None:
        return _late()
    country = form.text("country")
    region = offer.places.regions.get(country, "")
    known = [each for each in await _known(request, who, marketplace, visit) if each.region == region]
    typed = {"country": country, "name": form.text("name"), "endpoint": form.text("endpoint")}
    if (not known or known[0].state in UNCONNECTED) and await _is_unconfirmed(request, who):
        return await _page(request, who, marketplace, offer, visit, form=typed, status=409)
    name = known[0].name if known else form.text("name") or f"{PROFILES[marketplace].title} {visit.seller_id}"
    renewed = known[0].id if known else None
    try:
        async with held.uow() as store:
            address = await begin_consent(
                Wanted(marketplace, country, name, renewed, visit.seller_id, endpoint_of(form, marketplace)),
                who_of(request, who),
                store=store,
                offers=held.offers,
                clock=held.clock,
                new_secret=held.new_secret,
                visit=visit,
            )
    except (NameInvalid, RegionNotOffered) as error:
        field = "name" if isinstance(error, NameInvalid) else "country"
        return await _page(request, who, marketplace, offer, visit, form=typed, wrong=field, status=422)
    response = RedirectResponse(address, 303)
    forget_visit(request, response)
    return response


async def _page(
    request: Request,
    who: Principal,
    marketplace: str,
    offer: Offer,
    visit: AppstoreVisit,
    *,
    form: dict[str, str] | None = None,
    wrong: str | None = None,
    sent: bool = False,
    status: int = 200,
) -> Response:
    pages, known = pages_of(request), await _known(request, who, marketplace, visit)
    problem = FIELD_PROBLEMS["name.invalid" if wrong == "name" else "country.not_offered"]
    countries = offer.places.of(visit.regions)
    return pages.render(
        request,
        "authorise.html",
        principal=who,
        status=status,
        profile=PROFILES[marketplace],
        visit=visit,
        needs=await checklist_of(request, who, [PROFILES[marketplace]]),
        unconfirmed=await _is_unconfirmed(request, who),
        refused=status == 409,
        sent=sent,
        renewed=[(each, _country_of(each, offer, visit)) for each in known],
        countries=[country for country in countries if offer.places.regions[country] not in {k.region for k in known}],
        form={"country": visit.country or "", "name": "", "endpoint": ""} | (form or {}),
        errors={wrong: pages.say(request, problem, principal=who)} if wrong else {},
    )


def _country_of(connection: Connection, offer: Offer, visit: AppstoreVisit) -> str:
    """Whose page is noted for the renewed connection."""
    if visit.country is not None and offer.places.regions[visit.country] == connection.region:
        return visit.country
    return connection.country or offer.places.homes[connection.region]


async def _is_unconfirmed(request: Request, who: Principal) -> bool:
    """Whether somebody of the organisation has to confirm an e-mail address before anything new is connected."""
    held = auth_of(request)
    return held.mailer is not None and not await held.views.has_confirmed(who.organisation)


async def _known(request: Request, who: Principal, marketplace: str, visit: AppstoreVisit) -> Sequence[Connection]:
    """The organisation's connections of this account."""
    found = await auth_of(request).views.of_seller(who.organisation, marketplace, visit.seller_id)
    return [each for each in found if each.region in visit.regions]


def _appstore(request: Request, marketplace: str) -> tuple[Offer, AppstorePort]:
    """Raises the Problem of what is not there."""
    offer = auth_of(request).offers.get(marketplace)
    if offer is None or offer.appstore is None:
        raise not_found()
    return offer, offer.appstore


def _late() -> Response:
    return RedirectResponse(f"/connections/outcome/{ConsentProblem.VISIT_LATE.value}", 303)
