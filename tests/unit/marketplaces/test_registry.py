"""The registry: every marketplace complete, its data free of any HTTP client, its names in one place."""

import subprocess
import sys
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from shared.kernel.errors import Refused
from shared.marketplaces.amazon.carriers import carrier_fields
from shared.marketplaces.amazon.stores import CENTRAL_URLS, HOMES, STORES
from shared.marketplaces.models import FarApp
from shared.marketplaces.ports import FarSide
from shared.marketplaces.profile import Profile
from shared.marketplaces.registry import (
    CAPABILITIES,
    PROFILES,
    far_sides,
    marketplaces,
    rates,
    store_name,
    store_zone,
)
from tests.unit.marketplaces.far_side import API_URLS, FRANCE, ScriptedOutward

APP = FarApp("amzn1.sp.solution.eu", "client", "secret", draft=False)
KINDS_OF_ALL = {"poll", "write_back", "probe"}


def test_pages_can_have_the_data_without_an_http_client() -> None:
    """Importing the registry imports no httpx, no SQLAlchemy and no web framework."""
    program = (
        "import sys, shared.marketplaces.registry; "
        "print([name for name in ('httpx', 'sqlalchemy', 'fastapi', 'authlib') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_only_auth_can_ask_for_consent() -> None:
    """Without token address, consent pages and applications a marketplace has no tokens."""
    outward = ScriptedOutward()
    plain = marketplaces(outward, {"amazon": FarSide(api_urls=API_URLS)})["amazon"]
    assert plain.grants is None
    assert plain.consent is None
    whole = FarSide(api_urls=API_URLS, central_urls=CENTRAL_URLS, token_url="https://lwa.example", apps={"eu": APP})
    assert marketplaces(outward, {"amazon": whole})["amazon"].consent is not None


def test_only_auth_can_look_who_let_us_in() -> None:
    """The same by delegation: without token address and application there is no grant; no page leads back to us."""
    outward = ScriptedOutward()
    plain = marketplaces(outward, far_sides({}))["octopia"]
    assert (plain.grants, plain.delegation) == (None, None)
    real = PROFILES["octopia"].real_addresses
    whole = marketplaces(outward, {"octopia": replace(real, apps={"eu": replace(APP, application_id="")})})["octopia"]
    assert whole.grants is not None
    assert whole.delegation is not None
    assert whole.consent is None


def test_a_marketplace_nobody_knows_is_an_error() -> None:
    """A name that is not in the registry is our mistake."""
    with pytest.raises(KeyError):
        marketplaces(ScriptedOutward(), {"nowhere": FarSide(api_urls={})})


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_operation_belongs_to_one_kind(profile: Profile) -> None:
    """One holder has an operation's budget, so a name stands once and its rate is real. All are probed."""
    operations = [operation for one in PROFILES.values() if one is profile for operation in one.operations]
    assert len({operation.name for operation in operations}) == len(operations)
    assert all(operation.rate.per_second > 0 and operation.rate.burst >= 1 for operation in operations)
    kinds = {operation.kind for operation in operations}
    assert (KINDS_OF_ALL if profile.capabilities else {"probe"}) <= kinds
    auths = {"probe", "restricted"}
    assert kinds <= (KINDS_OF_ALL | {"acceptance", "listing", "push"} if profile.capabilities else auths)


def test_a_kind_of_work_has_its_port() -> None:
    """Whoever has calls for answering orders, reading listings or telling quantities can do it, and the other way."""
    for name, marketplace in marketplaces(ScriptedOutward(), far_sides({})).items():
        kinds = {operation.kind for operation in marketplace.operations}
        ports = {
            "acceptance": marketplace.acceptance,
            "listing": marketplace.listings,
            "push": marketplace.stock,
        }
        assert {kind for kind, port in ports.items() if port is not None} == kinds - KINDS_OF_ALL
        assert (marketplace.acceptance is not None) == CAPABILITIES[name].answers_orders


def test_the_rates_of_a_kind() -> None:
    """A lease is given the buckets of its own kind of work only; each bears its marketplace's name."""
    assert set(rates("poll")) == {"amazon.searchOrders", "octopia.listOrders", "octopia.countOrders"}
    assert set(rates("acceptance")) == {"octopia.approveOrder"}
    assert set(rates("listing")) == {"amazon.searchListingsItems", "octopia.listOffers"}
    assert {name for name in rates("write_back") if name.startswith("amazon.")} == {
        "amazon.getOrder",
        "amazon.confirmShipment",
    }
    assert {name for name in rates("push") if name.startswith("amazon.")} == {
        "amazon.searchListingsItems.stock",
        "amazon.getListingsItem",
        "amazon.patchListingsItem",
    }
    assert rates("nothing") == {}


def test_the_real_addresses_are_complete() -> None:
    """Every region that is offered has its API and its consent page."""
    for profile in PROFILES.values():
        real = profile.real_addresses
        assert set(real.api_urls) == set(profile.regions)
        assert set(real.central_urls or {}) == set(profile.places.regions or profile.regions)
        assert {profile.places.regions[home] for home in profile.places.homes.values()} == set(profile.places.homes)
        assert all(url.startswith("https://") for url in (*real.api_urls.values(), real.token_url or ""))


def test_the_store_table_is_sound() -> None:
    """Twenty-three stores, each with a zone that exists, in a region we know; names are what people say."""
    assert len(STORES) == 23
    assert {store.country for store in STORES.values()} == set(CENTRAL_URLS)
    assert {store.region for store in STORES.values()} == set(HOMES)
    for store in STORES.values():
        assert ZoneInfo(store.time_zone).key == store.time_zone
        assert (len(store.country), len(store.currency)) == (2, 3)
        assert store.central_host.startswith("sellercentral")
    assert store_name("amazon", FRANCE) == "Amazon.fr"
    assert store_name("amazon", "A1UNKNOWN") == "A1UNKNOWN"
    assert store_name("nowhere", "X") == "X"


def test_a_channel_we_know_has_its_name() -> None:
    """Of Octopia's channels Cdiscount is known; others go by their id and keep UTC."""
    assert store_name("octopia", "CDISFR") == "Cdiscount"
    assert store_zone("octopia", "CDISFR") == "Europe/Paris"
    assert (store_name("octopia", "NEW"), store_zone("octopia", "NEW")) == ("NEW", "UTC")


def test_every_store_takes_an_unlisted_carrier_or_says_no() -> None:
    """Only India refuses Other for parcels sellers ship themselves."""
    refusing = []
    for store in STORES.values():
        try:
            assert carrier_fields(store.id, "Our own van")["carrierCode"] == "Other"
        except Refused:
            refusing.append(store.country)
    assert refusing == ["IN"]
