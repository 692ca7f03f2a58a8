"""
The developer console of Seller Central and Vendor Central, where an application is authorised by its own developer:
`/amazon/central/{country}/sellingpartner/developerconsole`, and the same below `/amazon/vendorcentral`.

It shows an application's LWA credentials, and, once for each authorisation, the refresh token: no page shows it again.
A private application is one without a redirect URI, and is authorised ten times at most (Application Authorization
Limits); the code of the page that says so is from the list of errors, its text is a guess.
"""

from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tests.sandbox.amazon.central import ErrorPage, accounts_of, html, region_of, seller_options
from tests.sandbox.calls import Call
from tests.sandbox.clock import iso
from tests.sandbox.models import Application, Grant
from tests.sandbox.world import World

OPERATION = "amazon.selfAuthorise"
AUTHORISED_MOST = 10


class Console:
    """Serves the page and its form; `vendors`: at Vendor Central."""

    def __init__(self, world: World, *, vendors: bool = False) -> None:
        self._world = world
        self._vendors = vendors

    async def show(self, request: Request) -> Response:
        """GET: the applications, each with its credentials and *Authorize app*."""
        region = region_of(str(request.path_params["country"]))
        sellers = accounts_of(self._world, region, vendors=self._vendors)
        apps = "".join(_app(app, seller_options(sellers)) for app in self._apps())
        return HTMLResponse(html(f"<h1>Developer Central</h1>{apps or '<p>There is no application.</p>'}"))

    async def authorise(self, request: Request) -> Response:
        """POST: *Authorize app*. Its refresh token is on this answer and nowhere else."""
        region = region_of(str(request.path_params["country"]))
        form = dict(parse_qsl((await request.body()).decode()))
        call = self._world.calls.add(Call(OPERATION, region, iso(self._world.clock.now())))
        try:
            token = self._granted(region, form)
            text = f'<h1>Authorize app</h1><p>Copy the refresh token now: <code id="token">{escape(token)}</code></p>'
            response = HTMLResponse(html(text), headers={"Cache-Control": "no-store"})
        except ErrorPage as error:
            response = error.page
        self._world.save()
        call.status = response.status_code
        return response

    def _granted(self, region: str, form: dict[str, str]) -> str:
        app = next((app for app in self._apps() if app.application_id == form.get("application_id")), None)
        seller = self._world.seller(region, form.get("selling_partner_id", ""))
        if app is None or seller is None or bool(seller.vendor_codes) != self._vendors:
            raise ErrorPage("SPSA0404", "There is no such application or account.")
        theirs = {(one.region, one.seller_id) for one in self._world.grants if one.client_id == app.client_id}
        if len(theirs | {(region, seller.seller_id)}) > AUTHORISED_MOST:
            raise ErrorPage("CONSENT_LIMIT_REACHED", "The application was authorised as often as it may be.")
        token = f"Atzr|{self._world.draw('refresh')}"
        self._world.grants.put(token, Grant(token, seller.seller_id, region, app.client_id, self._world.clock.now()))
        return token

    def _apps(self) -> list[Application]:
        return [app for app in self._world.apps if not app.redirect_uris and app.vendors == self._vendors]


def _app(app: Application, options: str) -> str:
    credentials = (
        f'<dl><dt>Client identifier</dt><dd><code class="client">{escape(app.client_id)}</code></dd>'
        f'<dt>Client secret</dt><dd><code class="secret">{escape(app.client_secrets[-1])}</code></dd></dl>'
    )
    return (
        f"<section><h2>{escape(app.application_id)}</h2><details><summary>View</summary>{credentials}</details>"
        f'<form method="post"><input type="hidden" name="application_id" value="{escape(app.application_id)}">'
        f"{options}<button>Authorize app</button></form></section>"
    )
