"""Amazon's stores: marketplace id, names, currency and language by region (source: the page Marketplace IDs)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Store:
    """One country's store; `decimals` is the exponent of its currency."""

    marketplace_id: str
    country: str
    region: str
    name: str
    currency: str
    language: str
    decimals: int = 2

    @property
    def domain(self) -> str:
        return f"www.{self.name.lower()}"

    def amount(self, minor: int) -> str:
        """Minor units as the API writes them: `12.30`, or `1230` where the currency has no decimals."""
        if not self.decimals:
            return str(minor)
        return f"{minor // 10**self.decimals}.{minor % 10**self.decimals:0{self.decimals}d}"


_ROWS = (
    Store("ATVPDKIKX0DER", "US", "na", "Amazon.com", "USD", "en_US"),
    Store("A2EUQ1WTGCTBG2", "CA", "na", "Amazon.ca", "CAD", "en_CA"),
    Store("A1AM78C64UM0Y8", "MX", "na", "Amazon.com.mx", "MXN", "es_MX"),
    Store("A2Q3Y263D00KWC", "BR", "na", "Amazon.com.br", "BRL", "pt_BR"),
    Store("A13V1IB3VIYZZH", "FR", "eu", "Amazon.fr", "EUR", "fr_FR"),
    Store("A1PA6795UKMFR9", "DE", "eu", "Amazon.de", "EUR", "de_DE"),
    Store("APJ6JRA9NG5V4", "IT", "eu", "Amazon.it", "EUR", "it_IT"),
    Store("A1RKKUPIHCS9HS", "ES", "eu", "Amazon.es", "EUR", "es_ES"),
    Store("A1F83G8C2ARO7P", "GB", "eu", "Amazon.co.uk", "GBP", "en_GB"),
    Store("A28R8C7NBKEWEA", "IE", "eu", "Amazon.ie", "EUR", "en_IE"),
    Store("AMEN7PMS3EDWL", "BE", "eu", "Amazon.com.be", "EUR", "fr_BE"),
    Store("A1805IZSGTT6HS", "NL", "eu", "Amazon.nl", "EUR", "nl_NL"),
    Store("A2NODRKZP88ZB9", "SE", "eu", "Amazon.se", "SEK", "sv_SE"),
    Store("AE08WJ6YKNBMC", "ZA", "eu", "Amazon.co.za", "ZAR", "en_ZA"),
    Store("A1C3SOZRARQ6R3", "PL", "eu", "Amazon.pl", "PLN", "pl_PL"),
    Store("ARBP9OOSHTCHU", "EG", "eu", "Amazon.eg", "EGP", "ar_EG"),
    Store("A33AVAJ2PDY3EV", "TR", "eu", "Amazon.com.tr", "TRY", "tr_TR"),
    Store("A17E79C6D8DWNP", "SA", "eu", "Amazon.sa", "SAR", "ar_SA"),
    Store("A2VIGQ35RCS4UG", "AE", "eu", "Amazon.ae", "AED", "en_AE"),
    Store("A21TJRUUN4KGV", "IN", "eu", "Amazon.in", "INR", "en_IN"),
    Store("A1VC38T7YXB528", "JP", "fe", "Amazon.co.jp", "JPY", "ja_JP", decimals=0),
    Store("A39IBJ37TRP1C6", "AU", "fe", "Amazon.com.au", "AUD", "en_AU"),
    Store("A19VAU5U5O7RUS", "SG", "fe", "Amazon.sg", "SGD", "en_SG"),
)
STORES = {store.marketplace_id: store for store in _ROWS}
USUAL = {"na": ("US", "CA", "MX"), "eu": ("FR", "DE", "IT", "ES"), "fe": ("JP", "AU", "SG")}


def stores_of(region: str) -> list[Store]:
    """All stores of a region."""
    return [store for store in _ROWS if store.region == region]


def find_store(region: str, text: str) -> Store | None:
    """A region's store by marketplace id or country code (`UK` and `GB` are one)."""
    country = "GB" if text.upper() == "UK" else text.upper()
    return next((s for s in stores_of(region) if text == s.marketplace_id or country == s.country), None)
