"""
Sellers sent to us by the Selling Partner Appstore, or by *Re-Authorize* on the page of their apps.

Amazon opens our Login URI with its own confirmation page's address in it. Anybody can write such a link, so only the
addresses of our applications' own confirmation pages are followed, letter by letter.

Source: developer page Selling Partner Appstore Authorization Workflow (read 2026-11).
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from shared.kernel.errors import Refused
from shared.marketplaces.models import AppstoreVisit, FarApp, Places

_SELLER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATE = re.compile(r"[!-~]{1,1024}")


class AmazonAppstore:
    """See `shared.marketplaces.ports.AppstorePort`."""

    def __init__(self, places: Places, central_urls: Mapping[str, str], apps: Mapping[str, FarApp]) -> None:
        self._apps = apps
        self._regions: dict[str, set[str]] = {}
        self._countries: dict[str, str] = {}
        for country in places.of(apps):
            region = places.regions[country]
            page = f"/apps/authorize/confirm/{apps[region].application_id}"
            own = central_urls[country].rstrip("/") + page
            self._regions.setdefault(own, set()).add(region)
            if country == places.homes[region] or own not in self._countries:
                self._countries[own] = country
            if places.appstore is not None:
                self._regions.setdefault(places.appstore + page, set()).add(region)

    def read_visit(self, query: Mapping[str, str]) -> AppstoreVisit:
        """Amazon's state is handed back unchanged: it is how Amazon knows the visit."""
        address, state = query.get("amazon_callback_uri", ""), query.get("amazon_state", "")
        seller_id = query.get("selling_partner_id", "")
        regions = self._regions.get(address)
        if regions is None:
            raise Refused("The link does not lead to a confirmation page of ours.", code="callback_unknown")
        if not _STATE.fullmatch(state) or not _SELLER_ID.fullmatch(seller_id):
            raise Refused("The link is not complete.", code="visit_incomplete")
        confirm = f"{address}?{_encoded({'amazon_state': state})}"
        return AppstoreVisit(seller_id, frozenset(regions), self._countries.get(address), confirm)

    def confirm_url(self, visit: AppstoreVisit, region: str, state: str, redirect_uri: str) -> str:
        """`version=beta` for a draft application, as on the consent page."""
        query = {"redirect_uri": redirect_uri, "state": state}
        if self._apps[region].draft:
            query["version"] = "beta"
        return f"{visit.confirm}&{_encoded(query)}"


def _encoded(query: Mapping[str, str]) -> str:
    return urlencode(query, quote_via=quote, safe="")
