"""
Sellers whom a marketplace's app store sends to us, or its yearly *Re-Authorize*: sign in or sign up, confirm, go back.

The link's query is kept in a cookie while somebody signs in, so that Amazon's state is in no address of ours, and is
read anew, with every check, each time it is used.
"""

import base64
from binascii import Error as NotBase64
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.connection import UNCONNECTED, Connection, NameInvalid
from services.auth.domain.consent import ConsentProblem
from services.auth.entrypoints.checklist import checklist_of
from services.auth.entrypoints.connection_pages import Form, Writer
from services.auth.entrypoints.held import auth_of, check_may_connect, endpoint_of, pages_of, set_cookie, who_of
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from services.auth.usecases.begin_consent import Offer, Wanted, begin_consent
from services.auth.usecases.errors import RegionNotOffered
from shared.access.principal import Principal
from shared.kernel.errors import Refused
from shared.marketplaces.models import AppstoreVisit
from shared.marketplaces.ports import AppstorePort
from shared.marketplaces.registry import PROFILES
from shared.web.problems import not_found

router = APIRouter(prefix="/connections", include_in_schema=False)
_VISIT_LASTS_SECONDS = 600
_QUERY_LENGTH = 2800  # as a cookie it stays below what browsers keep

log = structlog.get_logger()


@router.get("/{marketplace}/login")
async def login_uri(request: Request, marketplace: str) -> Response:
    """The address we registered with the marketplace's app store as the one where its sellers sign in to us."""
    _offer, appstore = _appstore(request, marketplace)
    query = request.url.query
    try:
        _read(query, appstore)
    except Refused as error:
        log.warning("appstore.refused", marketplace=marketplace, reason=error.code)
        return RedirectResponse(f"/connections/outcome/{ConsentProblem.VISIT_UNKNOWN.value}", 303)
    response = RedirectResponse(f"/connections/{marketplace}/authorise", 303)
    kept = base64.urlsafe_b64encode(query.encode()).decode()
    set_cookie(request, response, _cookie_name(request), kept, _VISIT_LASTS_SECONDS)
    return response


@router.get("/{marketplace}/authorise")
async def authorise_page(request: Request, marketplace: str, who: Writer) -> Response:
    """What the visit is about: a seller account to connect, or connections of it to renew."""
    offer, appstore = _appstore(request, marketplace)
    visit = _visit(request, appstore)
    return _late() if visit is None else await _page(request, who, marketplace, offer, visit)


@router.post("/{marketplace}/authorise")
async def authorise_form(request: Request, marketplace: str, form: Form) -> Response:
    """Back to the app store's own confirmation, from where the seller is led to our callback."""
    held, who = auth_of(request), form.principal
    offer, appstore = _appstore(request, marketplace)
    visit = _visit(request, appstore)
    if visit is None:
        return _late()
    country = form.text("country")
    region = offer.places.regions.get(country, "")
    known = [each for each in await _known(request, who, marketplace, visit) if each.region == region]
    if not known or known[0].state in UNCONNECTED:
        await check_may_connect(request, who)
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
        return await _page(
            request, who, marketplace, offer, visit, form={"country": country, "name": name}, wrong=field
        )
    response = RedirectResponse(address, 303)
    set_cookie(request, response, _cookie_name(request), "", 0)
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
) -> Response:
    pages, known = pages_of(request), await _known(request, who, marketplace, visit)
    problem = FIELD_PROBLEMS["name.invalid" if wrong == "name" else "country.not_offered"]
    countries = offer.places.of(visit.regions)
    return pages.render(
        request,
        "authorise.html",
        principal=who,
        status=422 if wrong else 200,
        profile=PROFILES[marketplace],
        visit=visit,
        needs=await checklist_of(request, who, [PROFILES[marketplace]]),
        renewed=[(each, _country_of(each, offer, visit)) for each in known],
        countries=[country for country in countries if offer.places.regions[country] not in {k.region for k in known}],
        form={"country": visit.country or "", "name": ""} | (form or {}),
        errors={wrong: pages.say(request, problem, principal=who)} if wrong else {},
    )


def _country_of(connection: Connection, offer: Offer, visit: AppstoreVisit) -> str:
    """Whose page is noted for the renewed connection."""
    if visit.country is not None and offer.places.regions[visit.country] == connection.region:
        return visit.country
    return connection.country or offer.places.homes[connection.region]


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


def _read(query: str, appstore: AppstorePort) -> AppstoreVisit:
    """Raises Refused."""
    if len(query) > _QUERY_LENGTH:
        raise Refused("The link is too long.", code="visit_incomplete")
    return appstore.read_visit(dict(parse_qsl(query)))


def _visit(request: Request, appstore: AppstorePort) -> AppstoreVisit | None:
    """What the cookie keeps; None: nothing, no longer, or what was never ours."""
    try:
        query = base64.urlsafe_b64decode(request.cookies.get(_cookie_name(request), "")).decode()
        return _read(query, appstore)
    except (NotBase64, UnicodeDecodeError, Refused):
        return None


def _late() -> Response:
    return RedirectResponse(f"/connections/outcome/{ConsentProblem.VISIT_LATE.value}", 303)


def _cookie_name(request: Request) -> str:
    https = urlsplit(auth_of(request).public_url).scheme == "https"
    return "__Host-passerelle_visit" if https else "passerelle_visit"
