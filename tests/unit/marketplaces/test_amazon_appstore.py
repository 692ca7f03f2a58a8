"""Links that say they come from the Appstore: which are followed, and where to."""

from urllib.parse import parse_qs, urlsplit

import pytest

from shared.kernel.errors import Refused
from shared.marketplaces.amazon.appstore import AmazonAppstore
from shared.marketplaces.amazon.stores import CENTRAL_URLS
from shared.marketplaces.models import FarApp
from shared.marketplaces.registry import PROFILES

APPS = {
    "eu": FarApp("amzn1.sellerapps.app.eu", "client-eu", "secret", draft=False),
    "na": FarApp("amzn1.sellerapps.app.na", "client-na", "secret", draft=True),
}
APPSTORE = AmazonAppstore(PROFILES["amazon"].places, CENTRAL_URLS, APPS)
OURS = "https://sellercentral-europe.amazon.com/apps/authorize/confirm/amzn1.sellerapps.app.eu"
REDIRECT = "https://shop.example/connections/amazon/callback"


def link(callback: str = OURS, state: str = "st/+=", seller_id: str = "A1SELLER") -> dict[str, str]:
    return {"amazon_callback_uri": callback, "amazon_state": state, "selling_partner_id": seller_id}


@pytest.mark.parametrize(
    ("callback", "regions", "country"),
    [
        (OURS, {"eu"}, "FR"),
        ("https://sellercentral.amazon.pl/apps/authorize/confirm/amzn1.sellerapps.app.eu", {"eu"}, "PL"),
        ("https://sellercentral.amazon.com.mx/apps/authorize/confirm/amzn1.sellerapps.app.na", {"na"}, "MX"),
        ("https://amazon.com/apps/authorize/confirm/amzn1.sellerapps.app.na", {"na"}, None),
    ],
)
def test_a_confirmation_page_of_ours_is_followed(callback: str, regions: set[str], country: str | None) -> None:
    """Of each country's host, and of Amazon's own, which tells no country."""
    visit = APPSTORE.read_visit(link(callback))
    assert (visit.seller_id, set(visit.regions), visit.country) == ("A1SELLER", regions, country)


def test_one_application_for_several_regions_leaves_the_region_open() -> None:
    """Where the host does not tell it either."""
    both = AmazonAppstore(PROFILES["amazon"].places, CENTRAL_URLS, dict.fromkeys(("eu", "fe"), APPS["eu"]))
    page = "/apps/authorize/confirm/amzn1.sellerapps.app.eu"
    assert both.read_visit(link(f"https://amazon.com{page}")).regions == {"eu", "fe"}
    assert both.read_visit(link(f"https://sellercentral.amazon.co.jp{page}")).regions == {"fe"}


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "https://evil.example/apps/authorize/confirm/amzn1.sellerapps.app.eu",
        "https://sellercentral-europe.amazon.com.evil.example/apps/authorize/confirm/amzn1.sellerapps.app.eu",
        "https://sellercentral-europe.amazon.com@evil.example/apps/authorize/confirm/amzn1.sellerapps.app.eu",
        "https://evil.example#sellercentral-europe.amazon.com/apps/authorize/confirm/amzn1.sellerapps.app.eu",
        OURS.replace("https:", "http:"),
        OURS.replace(".com/", ".com:8443/"),
        OURS.replace("sellercentral", "SELLERCENTRAL"),
        OURS + "/",
        OURS + "/../../../elsewhere",
        OURS + "?redirect_uri=https://evil.example",
        OURS + "#x",
        OURS + "\r\nset-cookie: a=b",
        OURS.replace("app.eu", "app.theirs"),
        OURS.replace("app.eu", "app.na"),  # of ours, and of another region than the host's
        OURS.replace("/confirm/", "/consent/"),
        "//sellercentral-europe.amazon.com/apps/authorize/confirm/amzn1.sellerapps.app.eu",
        "javascript:alert(1)",
        "https://www.amazon.com/apps/authorize/confirm/amzn1.sellerapps.app.na",
    ],
)
@pytest.mark.abuse
def test_any_other_address_is_refused(callback: str) -> None:
    """Letter by letter: hosts that look alike, other schemes, ports, paths, applications."""
    with pytest.raises(Refused) as refused:
        APPSTORE.read_visit(link(callback))
    assert refused.value.code == "callback_unknown"


@pytest.mark.parametrize(
    "changed",
    [{"state": ""}, {"state": "a b"}, {"state": "x\n"}, {"state": "x" * 1025}, {"seller_id": ""}, {"seller_id": "A/1"}],
)
@pytest.mark.abuse
def test_an_incomplete_link_is_refused(changed: dict[str, str]) -> None:
    """Without a state Amazon would not know the visit, without a seller we would not."""
    with pytest.raises(Refused) as refused:
        APPSTORE.read_visit(link(**changed))
    assert refused.value.code == "visit_incomplete"


def test_amazons_state_goes_back_unchanged() -> None:
    """Beside ours and our address, encoded; a draft application says so."""
    published = urlsplit(APPSTORE.confirm_url(APPSTORE.read_visit(link()), "eu", "our+state", REDIRECT))
    assert published.geturl().startswith(OURS + "?")
    asked = {"amazon_state": ["st/+="], "state": ["our+state"], "redirect_uri": [REDIRECT]}
    assert parse_qs(published.query) == asked
    draft = APPSTORE.read_visit(link(OURS.replace("-europe", "").replace("app.eu", "app.na")))
    assert parse_qs(urlsplit(APPSTORE.confirm_url(draft, "na", "s", REDIRECT)).query)["version"] == ["beta"]


@pytest.mark.abuse
def test_a_visit_does_not_show_its_state() -> None:
    """Its text may land in a log."""
    assert "st%2F" not in repr(APPSTORE.read_visit(link()))
