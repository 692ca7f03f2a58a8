"""The registry: every marketplace complete, its data free of any HTTP client, its names in one place."""

import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from shared.kernel.errors import Refused
from shared.marketplaces.amazon.carriers import carrier_fields
from shared.marketplaces.amazon.stores import CENTRAL_URLS, STORES, stores_of
from shared.marketplaces.models import FarApp
from shared.marketplaces.ports import FarSide
from shared.marketplaces.registry import PROFILES, marketplaces, rates, store_name
from tests.unit.marketplaces.far_side import API_URLS, FRANCE, ScriptedOutward

APP = FarApp("amzn1.sp.solution.eu", "client", "secret", draft=False)


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


def test_a_marketplace_nobody_knows_is_an_error() -> None:
    """A name that is not in the registry is our mistake."""
    with pytest.raises(KeyError):
        marketplaces(ScriptedOutward(), {"nowhere": FarSide(api_urls={})})


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_operation_belongs_to_one_kind(profile: object) -> None:
    """One holder has an operation's budget, so a name stands once and its rate is real."""
    operations = [operation for one in PROFILES.values() if one is profile for operation in one.operations]
    assert len({operation.name for operation in operations}) == len(operations)
    assert all(operation.rate.per_second > 0 and operation.rate.burst >= 1 for operation in operations)
    assert {operation.kind for operation in operations} == {"poll", "write_back", "probe", "listing", "push"}


def test_the_rates_of_a_kind() -> None:
    """A lease is given the buckets of its own kind of work only."""
    assert set(rates("poll")) == {"amazon.searchOrders"}
    assert set(rates("write_back")) == {"amazon.getOrder", "amazon.confirmShipment"}
    assert set(rates("listing")) == {"amazon.searchListingsItems"}
    pushing = {"amazon.searchListingsItems.stock", "amazon.getListingsItem", "amazon.patchListingsItem"}
    assert set(rates("push")) == pushing
    assert rates("nothing") == {}


def test_the_real_addresses_are_complete() -> None:
    """Every region that is offered has its API and its consent page."""
    for profile in PROFILES.values():
        real = profile.real_addresses
        assert set(real.api_urls) == set(real.central_urls or {}) == set(profile.regions)
        assert all(url.startswith("https://") for url in (*real.api_urls.values(), real.token_url or ""))


def test_the_store_table_is_sound() -> None:
    """Twenty-three stores, each with a zone that exists, in a region we know; names are what people say."""
    assert len(STORES) == 23
    assert sum(len(stores_of(region)) for region in CENTRAL_URLS) == 23
    for store in STORES.values():
        assert ZoneInfo(store.time_zone).key == store.time_zone
        assert (len(store.country), len(store.currency)) == (2, 3)
        assert store.central_host.startswith("sellercentral")
    assert store_name("amazon", FRANCE) == "Amazon.fr"
    assert store_name("amazon", "A1UNKNOWN") == "A1UNKNOWN"
    assert store_name("nowhere", "X") == "X"


def test_every_store_takes_an_unlisted_carrier_or_says_no() -> None:
    """Only India refuses Other for parcels sellers ship themselves."""
    refusing = []
    for store in STORES.values():
        try:
            assert carrier_fields(store.id, "Our own van")["carrierCode"] == "Other"
        except Refused:
            refusing.append(store.country)
    assert refusing == ["IN"]
