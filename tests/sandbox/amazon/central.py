"""
Seller Central's consent page, one for each region: `/amazon/central/{na|eu|fe}/apps/authorize/consent`.

The seller is taken as signed in; which one is a field of the form. Confirm redirects with a one-time code, Cancel sends
nothing back, as the real page does. In reality every country has its host; the path stands for it. Unlike the real one,
it accepts redirect URIs that are plain http or on this machine, so that a demo needs no public address.
"""

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tests.sandbox.calls import Call
from tests.sandbox.clock import iso
from tests.sandbox.models import Application, ConsentCode, Seller
from tests.sandbox.world import World

OPERATION = "amazon.consent"
_CODE_LIFE_SECONDS = 300
_CARRIED = ("application_id", "state", "redirect_uri", "version")
_Answer = Callable[[str, Application, str, Mapping[str, str]], Response]


class _ErrorPage(Exception):
    """A page with one of the documented error codes (Authorization errors)."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class ConsentPage:
    """Serves the page and its form."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def show(self, request: Request) -> Response:
        """GET: the page, or an error page."""
        return self._logged(request, dict(request.query_params), self._page)

    async def decide(self, request: Request) -> Response:
        """POST: what the seller clicked."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        return self._logged(request, form, self._decision)

    def _logged(self, request: Request, fields: dict[str, str], answer: _Answer) -> Response:
        region = str(request.path_params["region"])
        call = self._world.calls.add(Call(OPERATION, region, iso(self._world.clock.now())))
        if request.method == "GET":
            call.deviations += [f"unknown parameter {name}" for name in fields if name not in _CARRIED]
        try:
            app, redirect_uri = self._check(fields, call)
            response = answer(region, app, redirect_uri, fields)
        except _ErrorPage as error:
            response = HTMLResponse(_html(f"<h1>{error.code}</h1><p>{escape(error.text)}</p>"), 400)
        self._world.save()
        call.status = response.status_code
        return response

    def _check(self, fields: Mapping[str, str], call: Call) -> tuple[Application, str]:
        app = self._world.apps.get(fields.get("application_id", ""))
        if app is None:
            raise _ErrorPage("MD9010", "The application id is not known.")
        if app.draft and fields.get("version") != "beta":
            raise _ErrorPage("MD1000", "The application is a draft: the request needs version=beta.")
        if not app.draft and "version" in fields:
            call.deviations.append("version=beta for a published application")
        if not fields.get("state"):
            raise _ErrorPage("MD5100", "The request has no state.")
        return app, _redirect_uri(app, fields.get("redirect_uri"))

    def _page(self, region: str, app: Application, redirect_uri: str, fields: Mapping[str, str]) -> Response:
        sellers = [seller for seller in self._world.sellers if seller.region == region]
        return HTMLResponse(_html(_form(app, sellers, fields)))

    def _decision(self, region: str, app: Application, redirect_uri: str, fields: Mapping[str, str]) -> Response:
        if fields.get("decision") != "confirm":
            return HTMLResponse(_html("<h1>Cancelled</h1><p>Nothing was shared. You may close this page.</p>"))
        seller = self._world.seller(region, fields.get("selling_partner_id", ""))
        if seller is None:
            raise _ErrorPage("SPSA0404", "There is no such seller in this region.")
        code = ConsentCode(
            code=f"AN{self._world.draw('code')[:18]}",
            seller_id=seller.seller_id,
            region=region,
            client_id=app.client_id,
            redirect_uri=redirect_uri,
            expires_at=self._world.clock.now() + _CODE_LIFE_SECONDS,
        )
        self._world.codes.put(code.code, code)
        back = {"state": fields["state"], "selling_partner_id": seller.seller_id, "spapi_oauth_code": code.code}
        joint = "&" if urlsplit(redirect_uri).query else "?"
        return RedirectResponse(f"{redirect_uri}{joint}{urlencode(back)}", 302)


def _redirect_uri(app: Application, asked: str | None) -> str:
    """Where to send the seller: the URI asked for if it is registered, the first registered one where none is."""
    if not app.redirect_uris:
        raise _ErrorPage("MD9100", "The application has no redirect URI.")
    if not asked:
        return app.redirect_uris[0]
    if "#" in asked:
        raise _ErrorPage("MD5110", "The redirect URI contains a fragment.")
    if asked not in app.redirect_uris:
        raise _ErrorPage("MD5101", "The redirect URI is not registered for the application.")
    return asked


def _form(app: Application, sellers: list[Seller], fields: Mapping[str, str]) -> str:
    if not sellers:
        return "<h1>Authorize</h1><p>There is no seller account in this region.</p>"
    carried = "".join(
        f'<input type="hidden" name="{name}" value="{escape(fields[name])}">' for name in _CARRIED if name in fields
    )
    options = "".join(f'<option value="{escape(s.seller_id)}">{escape(s.seller_id)}</option>' for s in sellers)
    return (
        f"<h1>Authorize {escape(app.application_id)}</h1>"
        f'<form method="post">{carried}'
        f'<label>Seller account <select name="selling_partner_id">{options}</select></label>'
        '<button name="decision" value="confirm">Confirm</button>'
        '<button name="decision" value="cancel">Cancel</button></form>'
    )


def _html(content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Seller Central (sandbox)</title></head>'
        f"<body><main>{content}</main></body></html>"
    )
