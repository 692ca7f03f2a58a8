"""
Seller Central's consent page, one for each country: `/amazon/central/{US|FR|…}/apps/authorize/consent`; Vendor
Central's is the same below `/amazon/vendorcentral`.

The seller is taken as signed in; which one is a field of the form. Confirm redirects with a one-time code, Cancel sends
nothing back, as the real page does. The path stands for the country's host. Unlike the real one, it
accepts redirect URIs that are plain http or on this machine, so that a demo needs no public address.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tests.sandbox.amazon.stores import STORES
from tests.sandbox.calls import Call
from tests.sandbox.clock import iso
from tests.sandbox.models import Application, ConsentCode, Seller
from tests.sandbox.world import World

OPERATION = "amazon.consent"
_CODE_LIFE_SECONDS = 300
_CARRIED = ("application_id", "state", "redirect_uri", "version")
_Answer = Callable[[str, Application, str, Mapping[str, str]], Response]


class ErrorPage(Exception):
    """A page with one of the documented error codes (Authorization errors)."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.page = HTMLResponse(html(f"<h1>{code}</h1><p>{escape(text)}</p>"), 400)


class ConsentPage:
    """Serves the page and its form; `vendors`: at Vendor Central, where no seller can sign in, and the other way."""

    def __init__(self, world: World, *, vendors: bool = False) -> None:
        self._world = world
        self._vendors = vendors

    async def show(self, request: Request) -> Response:
        """GET: the page, or an error page."""
        return self._logged(request, dict(request.query_params), self._page)

    async def decide(self, request: Request) -> Response:
        """POST: what the seller clicked."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        return self._logged(request, form, self._decision)

    def _logged(self, request: Request, fields: dict[str, str], answer: _Answer) -> Response:
        region = region_of(str(request.path_params["country"]))
        call = self._world.calls.add(Call(OPERATION, region, iso(self._world.clock.now())))
        if request.method == "GET":
            call.deviations += [f"unknown parameter {name}" for name in fields if name not in _CARRIED]
        try:
            app, redirect_uri = self._check(fields, call)
            response = answer(region, app, redirect_uri, fields)
        except ErrorPage as error:
            response = error.page
        self._world.save()
        call.status = response.status_code
        return response

    def _check(self, fields: Mapping[str, str], call: Call) -> tuple[Application, str]:
        app = self._world.apps.get(fields.get("application_id", ""))
        if app is None:
            raise ErrorPage("MD9010", "The application id is not known.")
        return app, checked_redirect(app, fields, call)

    def _page(self, region: str, app: Application, redirect_uri: str, fields: Mapping[str, str]) -> Response:
        sellers = accounts_of(self._world, region, vendors=self._vendors)
        return HTMLResponse(html(_form(app, sellers, fields)))

    def _decision(self, region: str, app: Application, redirect_uri: str, fields: Mapping[str, str]) -> Response:
        if fields.get("decision") != "confirm":
            return HTMLResponse(html("<h1>Cancelled</h1><p>Nothing was shared. You may close this page.</p>"))
        seller = self._world.seller(region, fields.get("selling_partner_id", ""))
        if seller is None or bool(seller.vendor_codes) != self._vendors:
            raise ErrorPage("SPSA0404", "There is no such seller in this region.")
        if seller.vendor_codes and not seller.roles:
            raise ErrorPage("SPSA2043", "The vendor group has not the role.")
        return lead_back(self._world, app, seller, fields["state"], redirect_uri)


def accounts_of(world: World, region: str, *, vendors: bool) -> list[Seller]:
    """Who can sign in there."""
    return [one for one in world.sellers if one.region == region and bool(one.vendor_codes) == vendors]


def region_of(country: str) -> str:
    """A host that is no country's is nobody's: 404."""
    store = next((store for store in STORES.values() if store.country == country), None)
    if store is None:
        raise HTTPException(404)
    return store.region


def checked_redirect(app: Application, fields: Mapping[str, str], call: Call) -> str:
    """Where the seller is to be led back to. Raises ErrorPage for what the request lacks."""
    if app.draft and fields.get("version") != "beta":
        raise ErrorPage("MD1000", "The application is a draft: the request needs version=beta.")
    if not app.draft and "version" in fields:
        call.deviations.append("version=beta for a published application")
    if not fields.get("state"):
        raise ErrorPage("MD5100", "The request has no state.")
    return _redirect_uri(app, fields.get("redirect_uri"))


def lead_back(world: World, app: Application, seller: Seller, state: str, redirect_uri: str) -> Response:
    """To the application, with a new one-time code."""
    code = ConsentCode(
        code=f"AN{world.draw('code')[:18]}",
        seller_id=seller.seller_id,
        region=seller.region,
        client_id=app.client_id,
        redirect_uri=redirect_uri,
        expires_at=world.clock.now() + _CODE_LIFE_SECONDS,
    )
    world.codes.put(code.code, code)
    back = {"state": state, "selling_partner_id": seller.seller_id, "spapi_oauth_code": code.code}
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return RedirectResponse(f"{redirect_uri}{joint}{urlencode(back)}", 302)


def seller_options(sellers: Iterable[Seller]) -> str:
    """Who is signed in."""
    options = "".join(f'<option value="{escape(s.seller_id)}">{escape(s.seller_id)}</option>' for s in sellers)
    return f'<label>Seller account <select name="selling_partner_id">{options}</select></label>'


def _redirect_uri(app: Application, asked: str | None) -> str:
    """Where to send the seller: the URI asked for if it is registered, the first registered one where none is."""
    if not app.redirect_uris:
        raise ErrorPage("MD9100", "The application has no redirect URI.")
    if not asked:
        return app.redirect_uris[0]
    if "#" in asked:
        raise ErrorPage("MD5110", "The redirect URI contains a fragment.")
    if asked not in app.redirect_uris:
        raise ErrorPage("MD5101", "The redirect URI is not registered for the application.")
    return asked


def _form(app: Application, sellers: list[Seller], fields: Mapping[str, str]) -> str:
    if not sellers:
        return "<h1>Authorize</h1><p>There is no seller account in this region.</p>"
    carried = "".join(
        f'<input type="hidden" name="{name}" value="{escape(fields[name])}">' for name in _CARRIED if name in fields
    )
    return (
        f"<h1>Authorize {escape(app.application_id)}</h1>"
        f'<form method="post">{carried}'
        f"{seller_options(sellers)}"
        '<button name="decision" value="confirm">Confirm</button>'
        '<button name="decision" value="cancel">Cancel</button></form>'
    )


def html(content: str) -> str:
    """The page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Seller Central (sandbox)</title></head>'
        f"<body><main>{content}</main></body></html>"
    )
