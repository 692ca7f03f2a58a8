"""
Every marketplace we know: the only place that names them.

The data (names, stores, operations, real addresses) is here at import; `marketplaces()` builds what calls out. Nothing
here imports an HTTP client, so pages may use it freely.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.kernel.budgets import Rate
from shared.kernel.clock import Clock, SystemClock
from shared.marketplaces.access import Access as Access
from shared.marketplaces.amazon import stores as amazon
from shared.marketplaces.amazon.applications import AmazonRotation
from shared.marketplaces.amazon.appstore import AmazonAppstore
from shared.marketplaces.amazon.consent_codes import CONSENT_CODES
from shared.marketplaces.amazon.listings import AmazonListings
from shared.marketplaces.amazon.oauth import AmazonOAuth, Reach
from shared.marketplaces.amazon.operations import MCF_OPERATIONS, VENDOR_OPERATIONS
from shared.marketplaces.amazon.operations import OPERATIONS as AMAZON_OPERATIONS
from shared.marketplaces.amazon.orders import AmazonOrders
from shared.marketplaces.amazon.private import FULFILLED, SELLERS, VENDORS, AmazonPrivateApps
from shared.marketplaces.amazon.probes import fulfilled_orders, seller_stores, vendor_stores
from shared.marketplaces.amazon.restricted import AmazonRestrictedTokens
from shared.marketplaces.amazon.stock import AmazonStock
from shared.marketplaces.amazon.tracking import CAPABILITIES as AMAZON_CAPABILITIES
from shared.marketplaces.amazon.tracking import AmazonTracking
from shared.marketplaces.amazon.wire import Spapi
from shared.marketplaces.calls import Sends
from shared.marketplaces.client_secrets import RotationPort
from shared.marketplaces.models import Channel, Places
from shared.marketplaces.octopia import stores as octopia
from shared.marketplaces.octopia.acceptance import OctopiaAcceptance
from shared.marketplaces.octopia.listings import OctopiaListings
from shared.marketplaces.octopia.oauth import OctopiaGrants
from shared.marketplaces.octopia.operations import OPERATIONS as OCTOPIA_OPERATIONS
from shared.marketplaces.octopia.orders import OctopiaOrders
from shared.marketplaces.octopia.private import OWN_CREDENTIALS, OctopiaPrivateApps
from shared.marketplaces.octopia.stock import OctopiaStock
from shared.marketplaces.octopia.tracking import CAPABILITIES as OCTOPIA_CAPABILITIES
from shared.marketplaces.octopia.tracking import OctopiaTracking
from shared.marketplaces.octopia.wire import OctopiaApi
from shared.marketplaces.ports import (
    AcceptancePort,
    AppstorePort,
    Capabilities,
    ConsentPort,
    DelegationPort,
    FarSide,
    GrantPort,
    ListingsPort,
    Operation,
    OrdersPort,
    StockPort,
    TrackingPort,
)
from shared.marketplaces.private import PrivatePort
from shared.marketplaces.profile import Pace, Profile

AMAZON = "amazon"
AMAZON_VENDOR = "amazon_vendor"
AMAZON_MCF = "amazon_mcf"
OCTOPIA = "octopia"


@dataclass(frozen=True, slots=True)
class Marketplace:
    """
    A marketplace that can be called.

    `grants`, and `consent` (with `appstore`) or `delegation`, are None where the addresses and applications for them
    were not given: only auth has them. `acceptance`: None where no order waits for the seller's answer. `listings` and
    `stock`: None where quantities are not ours to tell. `rotation`: None where our secrets last.
    """

    name: str
    operations: tuple[Operation, ...]
    orders: OrdersPort
    tracking: TrackingPort
    grants: GrantPort | None = None
    consent: ConsentPort | None = None
    appstore: AppstorePort | None = None
    delegation: DelegationPort | None = None
    rotation: RotationPort | None = None
    acceptance: AcceptancePort | None = None
    listings: ListingsPort | None = None
    stock: StockPort | None = None


PROFILES: Mapping[str, Profile] = {
    AMAZON: Profile(
        name=AMAZON,
        title="Amazon",
        regions={amazon.EU: "Europe", amazon.NA: "North America", amazon.FE: "Far East"},
        stores={store.id: store.channel for store in amazon.STORES.values()},
        operations=AMAZON_OPERATIONS,
        capabilities=AMAZON_CAPABILITIES,
        authorisation="consent",
        pace=Pace(interval_seconds=300, overlap_seconds=600, sweep_seconds=86_400),
        real_addresses=FarSide(api_urls=amazon.API_URLS, central_urls=amazon.CENTRAL_URLS, token_url=amazon.TOKEN_URL),
        places=Places(
            {store.country: store.region for store in amazon.STORES.values()}, amazon.HOMES, amazon.APPSTORE_URL
        ),
        consent_codes=CONSENT_CODES,
        older_interface="MWS",
        unlisted_most=amazon.UNLISTED_MOST,
        private=SELLERS,
        professional_only=True,
        keep_days_most=amazon.KEEP_DAYS_MOST,
        retain_days_most=amazon.RETAIN_DAYS_MOST,
        secret_days=amazon.SECRET_DAYS,
    ),
    AMAZON_VENDOR: Profile(
        name=AMAZON_VENDOR,
        title="Amazon Vendor",
        regions={amazon.EU: "Europe", amazon.NA: "North America", amazon.FE: "Far East"},
        stores={store.id: store.channel for store in amazon.VENDOR_STORES.values()},
        operations=VENDOR_OPERATIONS,
        authorisation="consent",
        real_addresses=FarSide(
            api_urls=amazon.API_URLS, central_urls=amazon.VENDOR_CENTRAL_URLS, token_url=amazon.TOKEN_URL
        ),
        places=Places({store.country: store.region for store in amazon.VENDOR_STORES.values()}, amazon.HOMES),
        consent_codes=CONSENT_CODES,
        reach="country",
        private=VENDORS,
        secret_days=amazon.SECRET_DAYS,
    ),
    AMAZON_MCF: Profile(
        name=AMAZON_MCF,
        title="Amazon Multi-Channel Fulfillment",
        regions={amazon.EU: "Europe", amazon.NA: "North America", amazon.FE: "Far East"},
        stores={store.id: store.channel for store in amazon.STORES.values()},
        operations=MCF_OPERATIONS,
        authorisation="consent",
        real_addresses=FarSide(
            api_urls=amazon.API_URLS,
            central_urls=amazon.CENTRAL_URLS,
            token_url=amazon.TOKEN_URL,
            sandbox_urls=amazon.SANDBOX_URLS,
        ),
        places=Places(
            {store.country: store.region for store in amazon.STORES.values()}, amazon.HOMES, amazon.APPSTORE_URL
        ),
        consent_codes=CONSENT_CODES,
        unlisted_most=amazon.UNLISTED_MOST,
        roles=FULFILLED.roles,
        private=FULFILLED,
        secret_days=amazon.SECRET_DAYS,
    ),
    OCTOPIA: Profile(
        name=OCTOPIA,
        title="Cdiscount (Octopia)",
        regions={octopia.EU: "Europe"},
        stores=octopia.STORES,
        operations=OCTOPIA_OPERATIONS,
        capabilities=OCTOPIA_CAPABILITIES,
        authorisation="delegation",
        pace=Pace(interval_seconds=600, overlap_seconds=1200, sweep_seconds=3600),
        real_addresses=FarSide(
            api_urls=octopia.API_URLS, central_urls=octopia.CENTRAL_URLS, token_url=octopia.TOKEN_URL
        ),
        private=OWN_CREDENTIALS,
        delegation_steps=octopia.DELEGATION_STEPS,
        client_steps=octopia.CLIENT_STEPS,
        seller_ids=octopia.SELLER_IDS,
    ),
}

# They want a second factor of everybody who sees their sellers' data.
WANT_SECOND_FACTOR = frozenset({AMAZON, AMAZON_VENDOR, AMAZON_MCF})
CAPABILITIES: Mapping[str, Capabilities] = {
    name: profile.capabilities for name, profile in PROFILES.items() if profile.capabilities is not None
}
PACES: Mapping[str, Pace] = {name: profile.pace for name, profile in PROFILES.items() if profile.pace is not None}


def marketplaces(
    outward: Sends, far_sides: Mapping[str, FarSide], *, clock: Clock | None = None
) -> Mapping[str, Marketplace]:
    """The marketplaces that `far_sides` gives addresses of, by name. KeyError: we know none of that name."""
    return {name: _BUILDERS[name](outward, far_side, clock or SystemClock()) for name, far_side in far_sides.items()}


def accesses(outward: Sends, far_sides: Mapping[str, FarSide], *, clock: Clock) -> Mapping[str, Access]:
    """The same for auth, and besides those where no service works."""
    return {name: _access(name, outward, far_side, clock) for name, far_side in far_sides.items()}


def far_sides(api_urls: Mapping[str, Mapping[str, str]]) -> Mapping[str, FarSide]:
    """Where services work, at the addresses given, else at the real ones. For services that ask no grants."""
    return {name: FarSide(api_urls.get(name) or PROFILES[name].real_addresses.api_urls) for name in CAPABILITIES}


def rates(kind: str) -> Mapping[str, Rate]:
    """The rates of the operations that belong to this kind of work, by name: each bears its marketplace's."""
    operations = (operation for profile in PROFILES.values() for operation in profile.operations)
    return {operation.name: operation.rate for operation in operations if operation.kind == kind}


def store_name(marketplace: str, channel_id: str) -> str:
    """What people call this channel; its id where we do not know it."""
    channel = _store(marketplace, channel_id)
    return channel.name if channel else channel_id


def store_zone(marketplace: str, channel_id: str | None) -> str:
    """The time zone this channel's deadlines are shown in; UTC where we do not know it."""
    channel = _store(marketplace, channel_id)
    return channel.time_zone if channel else "UTC"


def _store(marketplace: str, channel_id: str | None) -> Channel | None:
    profile = PROFILES.get(marketplace)
    return profile.stores.get(channel_id) if profile and channel_id else None


def _amazon(outward: Sends, far_side: FarSide, clock: Clock) -> Marketplace:
    spapi = Spapi(outward, far_side.api_urls, clock)
    oauth, appstore = _at_amazon(AMAZON, outward, spapi, far_side, seller_stores)
    return Marketplace(
        name=AMAZON,
        operations=AMAZON_OPERATIONS,
        orders=AmazonOrders(spapi, clock),
        tracking=AmazonTracking(spapi, clock),
        grants=oauth,
        consent=oauth if appstore else None,
        appstore=appstore,
        rotation=AmazonRotation(oauth, spapi, clock) if oauth else None,
        listings=AmazonListings(spapi),
        stock=AmazonStock(spapi),
    )


def _access(name: str, outward: Sends, far_side: FarSide, clock: Clock) -> Access:
    private: PrivatePort | None = None
    if far_side.token_url and name == OCTOPIA:
        private = OctopiaPrivateApps(outward, OctopiaApi(outward, far_side.api_urls, clock), clock, far_side.token_url)
    elif far_side.token_url and PROFILES[name].private:
        private = AmazonPrivateApps(outward, far_side.token_url)
    if reach := _REACHES.get(name):
        spapi = Spapi(outward, far_side.api_urls, clock, far_side.sandbox_urls)
        oauth, appstore = _at_amazon(name, outward, spapi, far_side, reach)
        rotation = AmazonRotation(oauth, spapi, clock) if oauth else None
        restricted = AmazonRestrictedTokens(spapi) if name == AMAZON_VENDOR else None
        return Access(oauth, oauth if appstore else None, appstore, None, private, rotation, restricted)
    built = _BUILDERS[name](outward, far_side, clock)
    return Access(built.grants, built.consent, built.appstore, built.delegation, private, built.rotation)


def _at_amazon(
    name: str, outward: Sends, spapi: Spapi, far_side: FarSide, reach: Reach
) -> tuple[AmazonOAuth | None, AmazonAppstore | None]:
    """Tokens and probes; consents and the Appstore too where there is an application of ours."""
    if not far_side.token_url or not far_side.central_urls:
        return None, None
    apps = far_side.apps or {}
    token_url, central_urls, secrets = far_side.token_url, far_side.central_urls, far_side.secrets
    oauth = AmazonOAuth(
        outward, spapi, token_url=token_url, central_urls=central_urls, apps=apps, secrets=secrets, reach=reach
    )
    return oauth, AmazonAppstore(PROFILES[name].places, far_side.central_urls, apps) if apps else None


def _octopia(outward: Sends, far_side: FarSide, clock: Clock) -> Marketplace:
    api = OctopiaApi(outward, far_side.api_urls, clock)
    grants = None
    if far_side.token_url:
        url, apps, secrets = far_side.token_url, far_side.apps or {}, far_side.secrets
        grants = OctopiaGrants(outward, api, clock, token_url=url, apps=apps, secrets=secrets)
    return Marketplace(
        name=OCTOPIA,
        operations=OCTOPIA_OPERATIONS,
        orders=OctopiaOrders(api),
        tracking=OctopiaTracking(api, clock),
        grants=grants,
        delegation=grants if far_side.apps else None,
        acceptance=OctopiaAcceptance(api),
        listings=OctopiaListings(api),
        stock=OctopiaStock(api),
    )


_BUILDERS = {AMAZON: _amazon, OCTOPIA: _octopia}
# Where no service works: how accounts are probed.
_REACHES: Mapping[str, Reach] = {AMAZON_VENDOR: vendor_stores, AMAZON_MCF: fulfilled_orders}
