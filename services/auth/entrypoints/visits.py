"""
Who comes from a marketplace's app store, and is signing in or up or confirming an address meanwhile.

The link's query is kept in a cookie, so that Amazon's state is in no address of ours, and is read anew, with every
check, each time it is used.
"""

import base64
from binascii import Error as NotBase64
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.auth.entrypoints.held import auth_of, set_cookie
from shared.kernel.errors import Refused
from shared.marketplaces.models import AppstoreVisit
from shared.marketplaces.ports import AppstorePort
from shared.marketplaces.profile import Profile
from shared.marketplaces.registry import PROFILES

# Long enough for the mail that confirms an address.
_LASTS_SECONDS = 1800
_QUERY_LENGTH = 2800  # as a cookie it stays below what browsers keep


def read_visit(query: str, appstore: AppstorePort) -> AppstoreVisit:
    """Raises Refused."""
    if len(query) > _QUERY_LENGTH:
        raise Refused("The link is too long.", code="visit_incomplete")
    return appstore.read_visit(dict(parse_qsl(query)))


def keep_visit(request: Request, response: Response, query: str) -> None:
    kept = base64.urlsafe_b64encode(query.encode()).decode()
    set_cookie(request, response, _cookie_name(request), kept, _LASTS_SECONDS)


def forget_visit(request: Request, response: Response) -> None:
    set_cookie(request, response, _cookie_name(request), "", 0)


def visit_of(request: Request, appstore: AppstorePort) -> AppstoreVisit | None:
    """What the cookie keeps; None: nothing, no longer, or what was never ours."""
    try:
        query = base64.urlsafe_b64decode(request.cookies.get(_cookie_name(request), "")).decode()
        return read_visit(query, appstore)
    except (NotBase64, UnicodeDecodeError, Refused):
        return None


def visited_from(request: Request) -> Profile | None:
    """The marketplace whose visit waits in this browser, for pages that lead on to it."""
    for name, offer in auth_of(request).offers.items():
        if offer.appstore is not None and visit_of(request, offer.appstore) is not None:
            return PROFILES[name]
    return None


def _cookie_name(request: Request) -> str:
    https = urlsplit(auth_of(request).public_url).scheme == "https"
    return "__Host-passerelle_visit" if https else "passerelle_visit"
