"""
Amazon's stores and addresses, as data: marketplace ids, countries, currencies, zones, regions and hosts.

Sources (read 2026-11): developer pages Marketplace IDs, SP-API Endpoints, Website Authorization Workflow and Amazon's
sample `auth-lifecycle-management`. The hosts of Ireland and South Africa follow the pattern and are unverified; their
Vendor Central is in no source, and for India two sources name two hosts: vendors of these are not offered. The zones
are a choice of ours: where a country has several, the one its deadlines are usually read in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.marketplaces.models import Channel

NA, EU, FE = "na", "eu", "fe"

TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # noqa: S105 - an address
API_URLS: Mapping[str, str] = {
    NA: "https://sellingpartnerapi-na.amazon.com",
    EU: "https://sellingpartnerapi-eu.amazon.com",
    FE: "https://sellingpartnerapi-fe.amazon.com",
}
SANDBOX_URLS: Mapping[str, str] = {
    region: url.replace("https://", "https://sandbox.") for region, url in API_URLS.items()
}
# Sellers of a public application; vendors are not counted (developer page Application Authorization Limits).
UNLISTED_MOST = 25
# Days after delivery (Data Protection Policy, retention of personal data).
KEEP_DAYS_MOST = 30.0
# Of everything else (the same policy: 18 months, here of 30 days each).
RETAIN_DAYS_MOST = 540.0
# A client secret of ours ends so many days after it was made (developer page Rotating your app's LWA credentials).
SECRET_DAYS = 180
# Where links of the Appstore may lead besides the countries' own hosts.
APPSTORE_URL = "https://amazon.com"
# Where to consent as long as nobody chose a country.
HOMES: Mapping[str, str] = {NA: "US", EU: "FR", FE: "JP"}


@dataclass(frozen=True, slots=True)
class Store:
    """A country's store. `country` is ISO 3166 (GB, where Amazon also writes UK)."""

    id: str
    name: str
    country: str
    currency: str
    time_zone: str
    region: str
    central_host: str

    @property
    def channel(self) -> Channel:
        return Channel(self.id, self.name, self.country, self.currency, self.time_zone)


def _store(
    region: str, country: str, id: str, site: str, currency: str, time_zone: str, central_host: str = ""
) -> Store:
    host = central_host or f"sellercentral.{site}"
    return Store(id, site.capitalize(), country, currency, time_zone, region, host)


_EUROPE = "sellercentral-europe.amazon.com"

STORES: Mapping[str, Store] = {
    store.id: store
    for store in (
        _store(NA, "CA", "A2EUQ1WTGCTBG2", "amazon.ca", "CAD", "America/Toronto"),
        _store(NA, "US", "ATVPDKIKX0DER", "amazon.com", "USD", "America/Los_Angeles"),
        _store(NA, "MX", "A1AM78C64UM0Y8", "amazon.com.mx", "MXN", "America/Mexico_City"),
        _store(NA, "BR", "A2Q3Y263D00KWC", "amazon.com.br", "BRL", "America/Sao_Paulo"),
        _store(EU, "IE", "A28R8C7NBKEWEA", "amazon.ie", "EUR", "Europe/Dublin"),
        _store(EU, "ES", "A1RKKUPIHCS9HS", "amazon.es", "EUR", "Europe/Madrid", _EUROPE),
        _store(EU, "GB", "A1F83G8C2ARO7P", "amazon.co.uk", "GBP", "Europe/London", _EUROPE),
        _store(EU, "FR", "A13V1IB3VIYZZH", "amazon.fr", "EUR", "Europe/Paris", _EUROPE),
        _store(EU, "BE", "AMEN7PMS3EDWL", "amazon.com.be", "EUR", "Europe/Brussels"),
        _store(EU, "NL", "A1805IZSGTT6HS", "amazon.nl", "EUR", "Europe/Amsterdam"),
        _store(EU, "DE", "A1PA6795UKMFR9", "amazon.de", "EUR", "Europe/Berlin", _EUROPE),
        _store(EU, "IT", "APJ6JRA9NG5V4", "amazon.it", "EUR", "Europe/Rome", _EUROPE),
        _store(EU, "SE", "A2NODRKZP88ZB9", "amazon.se", "SEK", "Europe/Stockholm"),
        _store(EU, "ZA", "AE08WJ6YKNBMC", "amazon.co.za", "ZAR", "Africa/Johannesburg"),
        _store(EU, "PL", "A1C3SOZRARQ6R3", "amazon.pl", "PLN", "Europe/Warsaw"),
        _store(EU, "EG", "ARBP9OOSHTCHU", "amazon.eg", "EGP", "Africa/Cairo"),
        _store(EU, "TR", "A33AVAJ2PDY3EV", "amazon.com.tr", "TRY", "Europe/Istanbul"),
        _store(EU, "SA", "A17E79C6D8DWNP", "amazon.sa", "SAR", "Asia/Riyadh"),
        _store(EU, "AE", "A2VIGQ35RCS4UG", "amazon.ae", "AED", "Asia/Dubai"),
        _store(EU, "IN", "A21TJRUUN4KGV", "amazon.in", "INR", "Asia/Kolkata"),
        _store(FE, "SG", "A19VAU5U5O7RUS", "amazon.sg", "SGD", "Asia/Singapore"),
        _store(FE, "AU", "A39IBJ37TRP1C6", "amazon.com.au", "AUD", "Australia/Sydney"),
        _store(FE, "JP", "A1VC38T7YXB528", "amazon.co.jp", "JPY", "Asia/Tokyo"),
    )
}
# By country. One consent covers all the seller's stores of the region, but each country's sellers sign in at its host.
CENTRAL_URLS: Mapping[str, str] = {store.country: f"https://{store.central_host}" for store in STORES.values()}
# Vendor Central, where it is not called as the store is.
_VENDOR_HOSTS = {"EG": "amazon.me", "SA": "amazon.me", "AE": "amazon.me", "SG": "amazon.com.sg"}
_WITHOUT_VENDORS = frozenset({"IE", "ZA", "IN"})
VENDOR_STORES: Mapping[str, Store] = {id: one for id, one in STORES.items() if one.country not in _WITHOUT_VENDORS}
VENDOR_CENTRAL_URLS: Mapping[str, str] = {
    store.country: f"https://vendorcentral.{_VENDOR_HOSTS.get(store.country, store.name.lower())}"
    for store in VENDOR_STORES.values()
}
