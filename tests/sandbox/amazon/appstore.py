"""
Ways to an application that begin at Amazon: the Appstore, and *Re-Authorize* on the page of one's apps.

`/amazon/central/{country}/apps/manage` lists the applications that have a Login URI and sends the seller there;
`/apps/authorize/confirm/{application id}` below the same host takes them back and leads on with a code. Each visit is
good once and for ten minutes (*unverified*).
"""

from html import escape
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tests.sandbox.amazon.central import (
    ErrorPage,
    accounts_of,
    checked_redirect,
    html,
    lead_back,
    region_of,
    seller_options,
)
from tests.sandbox.calls import Call
from tests.sandbox.clock import iso
from tests.sandbox.models import Application, AppstoreVisit, Seller
from tests.sandbox.world import World

OPERATION = "amazon.appstore.confirm"
_VISIT_SECONDS = 600
_CARRIED = ("amazon_state", "state", "redirect_uri", "version")


class Appstore:
    """Serves both pages; `vendors`: below Vendor Central."""

    def __init__(self, world: World, *, vendors: bool = False) -> None:
        self._world = world
        self._vendors = vendors

    async def show(self, request: Request) -> Response:
        """GET: *Manage your apps*."""
        region = region_of(str(request.path_params["country"]))
        sellers = accounts_of(self._world, region, vendors=self._vendors)
        forms = "".join(
            f'<form method="post"><h2>{escape(app.application_id)}</h2>'
            f'<input type="hidden" name="application_id" value="{escape(app.application_id)}">'
            f"{seller_options(sellers)}<button>Authorize or Re-Authorize</button></form>"
            for app in self._world.apps
            if app.login_uri and app.vendors == self._vendors
        )
        return HTMLResponse(html(f"<h1>Manage your apps</h1>{forms or '<p>There are none.</p>'}"))

    async def send(self, request: Request) -> Response:
        """POST: to the application's Login URI."""
        form = dict(parse_qsl((await request.body()).decode()))
        region = region_of(str(request.path_params["country"]))
        app = self._world.apps.get(form.get("application_id", ""))
        seller = self._world.seller(region, form.get("selling_partner_id", ""))
        if app is None or not app.login_uri or seller is None or not self._is_here(app, seller):
            return ErrorPage("MD9100", "The application has no Login URI, or there is no such seller.").page
        visit = AppstoreVisit(
            self._world.draw("visit")[:24],
            seller.seller_id,
            app.application_id,
            self._world.clock.now() + _VISIT_SECONDS,
        )
        self._world.visits.put(visit.state, visit)
        self._world.save()
        address = str(request.url).removesuffix("/apps/manage")
        query = {
            "amazon_callback_uri": f"{address}/apps/authorize/confirm/{app.application_id}",
            "amazon_state": visit.state,
            "selling_partner_id": seller.seller_id,
        } | ({"version": "beta"} if app.draft else {})
        return RedirectResponse(f"{app.login_uri}?{urlencode(query)}", 302)

    def _is_here(self, app: Application, seller: Seller) -> bool:
        return app.vendors == bool(seller.vendor_codes) == self._vendors

    async def confirm(self, request: Request) -> Response:
        """GET: back from the application, and on to its redirect URI."""
        region, fields = region_of(str(request.path_params["country"])), dict(request.query_params)
        call = self._world.calls.add(Call(OPERATION, region, iso(self._world.clock.now())))
        call.deviations += [f"unknown parameter {name}" for name in fields if name not in _CARRIED]
        try:
            response = self._confirmed(region, str(request.path_params["application_id"]), fields, call)
        except ErrorPage as error:
            response = error.page
        self._world.save()
        call.status = response.status_code
        return response

    def _confirmed(self, region: str, application_id: str, fields: dict[str, str], call: Call) -> Response:
        visit, app = self._world.visits.get(fields.get("amazon_state", "")), self._world.apps.get(application_id)
        if visit is None or app is None or visit.application_id != application_id:
            raise ErrorPage("MD5100", "The state is not one of ours.")
        seller = self._world.seller(region, visit.seller_id)
        if seller is None or visit.expires_at < self._world.clock.now():
            raise ErrorPage("SPSA0404", "The visit is over.")
        redirect_uri = checked_redirect(app, fields, call)
        self._world.visits.remove(visit.state)
        return lead_back(self._world, app, seller, fields["state"], redirect_uri)
