"""Amazon vendors: consent at Vendor Central, one country each, probed by their purchase orders."""

from urllib.parse import urlsplit

import httpx
import pytest

from shared.marketplaces.registry import PROFILES
from tests.integration.auth.conftest import APP, PUBLIC_URL, VENDOR_APP, Running, Visitor
from tests.integration.auth.test_consent import outcome

VENDOR = "amazon_vendor"
LOGIN, AUTHORISE = f"/connections/{VENDOR}/login", f"/connections/{VENDOR}/authorise"
CALLBACK = f"/connections/{VENDOR}/callback"


async def vendor(auth: Running) -> str:
    """A vendor group at the far side."""
    made = await auth.sandbox.seller(vendor_codes=["ABC1E", "ABC2E"])
    return str(made["seller_id"])


async def connect(visitor: Visitor, group: str, country: str = "DE") -> httpx.Response:
    begun = await visitor.begin(marketplace=VENDOR, country=country)
    return await visitor.get(await visitor.confirm(begun, group))


async def sent(auth: Running, group: str, country: str = "DE") -> str:
    """*Re-Authorize* on the page of one's apps in Vendor Central: our Login URI as Amazon opens it."""
    page = f"{auth.settings.central_urls[VENDOR]['eu'].replace('{country}', country)}/apps/manage"
    form = {"application_id": VENDOR_APP["application_id"], "selling_partner_id": group}
    async with httpx.AsyncClient(trust_env=False) as far:
        answer = await far.post(page, data=form)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"]).removeprefix(PUBLIC_URL)


async def test_a_vendor_is_connected_at_its_countrys_vendor_central(auth: Running) -> None:
    """
    The group is the account, the country its channel; its page says what it does. Asked for participations, as a seller
    is, it would be refused. Seen red with the sellers' probe.
    """
    group, visitor = await vendor(auth), await auth.visitor().sign_up()
    answer = await connect(visitor, group)
    page = (await visitor.get(answer.headers["location"])).text
    assert "its purchase orders are not read yet" in page
    assert "Its orders are being imported now" not in page
    (connection,) = await visitor.connections()
    assert (connection["marketplace"], connection["seller_id"], connection["state"]) == (VENDOR, group, "authorised")
    assert [channel["country"] for channel in connection["channels"]] == ["DE"]
    page = (await visitor.get(f"/connections/{connection['id']}")).text
    assert "its purchase orders are not read yet" in page
    assert "Choose the channels" not in page
    (call,) = (await auth.sandbox.calls("amazon.getPurchaseOrders"))["calls"]
    assert call["query"] == {"limit": "1", "includeDetails": "false"}


async def test_countries_without_a_known_vendor_central_are_not_offered(auth: Running) -> None:
    """Neither listed nor taken; those that are listed have a host of their own country."""
    visitor = await auth.visitor().sign_up()
    page = (await visitor.get("/connections")).text.split('value="amazon_vendor"')[1].split("</form>")[0]
    for country, offered in (("DE", True), ("SA", True), ("IE", False), ("ZA", False), ("IN", False)):
        assert (f'<option value="{country}">' in page) is offered
    refused = await visitor.submit("/connections", marketplace=VENDOR, country="IE")
    assert refused.status_code == 422
    assert refused.text.count("one that is not in the list is not set up here") == 2  # the summary, and its own form
    hosts = {url: urlsplit(url).hostname for url in (PROFILES[VENDOR].real_addresses.central_urls or {}).values()}
    assert all(host and host.startswith("vendorcentral.amazon.") for host in hosts.values())


async def test_a_vendor_group_without_the_role_is_told_so(auth: Running) -> None:
    """The 403 of a missing role ends nothing: the connection says it, and asks again."""
    group, visitor = await vendor(auth), await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(marketplace=VENDOR, country="DE"), group)
    await auth.sandbox.seller(group, vendor_codes=["ABC1E"], roles=[])
    await visitor.get(back)
    (connection,) = await visitor.connections()
    assert connection["state"] == "authorised"
    assert "Role missing" in (await visitor.get("/connections")).text


async def test_a_vendor_comes_from_vendor_central(auth: Running) -> None:
    """*Re-Authorize* renews the connection there is, at the confirmation page of the vendor's own host."""
    group, visitor = await vendor(auth), await auth.visitor().sign_up()
    await connect(visitor, group)
    assert (await visitor.get(await sent(auth, group))).headers["location"] == AUTHORISE
    assert f"with the vendor group {group}" in (await visitor.get(AUTHORISE)).text
    confirm = (await visitor.submit(AUTHORISE, page=AUTHORISE, country="DE")).headers["location"]
    assert "/amazon/vendorcentral/DE/apps/authorize/confirm/" in confirm
    async with httpx.AsyncClient(trust_env=False) as far:
        back = (await far.get(confirm)).headers["location"].removeprefix(PUBLIC_URL)
    assert "connected=" in (await visitor.get(back)).headers["location"]
    (connection,) = await visitor.connections()
    assert connection["consent_version"] == 2


@pytest.mark.abuse
async def test_sellers_and_vendors_are_not_mixed_up(auth: Running) -> None:
    """A consent begun for one is worth nothing at the other's callback, and stays good at its own."""
    group, visitor = await vendor(auth), await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(marketplace=VENDOR, country="DE"), group)
    crossed = back.replace(f"/{VENDOR}/", "/amazon/")
    assert outcome((await visitor.get(crossed)).headers["location"]) == "unknown"
    assert await visitor.connections() == []
    assert "connected=" in (await visitor.get(back)).headers["location"]


@pytest.mark.abuse
async def test_a_vendors_consent_of_another_session_connects_nothing(auth: Running) -> None:
    """Somebody else's redirect, opened in one's own browser."""
    group, visitor = await vendor(auth), await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(marketplace=VENDOR, country="DE"), group)
    thief = await auth.visitor().sign_up()
    assert outcome((await thief.get(back)).headers["location"]) == "unknown"
    assert await thief.connections() == []


@pytest.mark.abuse
async def test_a_vendor_group_of_another_organisation_is_refused(auth: Running) -> None:
    """Before the code is spent."""
    group = await vendor(auth)
    await connect(await auth.visitor().sign_up(), group)
    other = await auth.visitor().sign_up()
    assert outcome((await connect(other, group)).headers["location"]) == "other-organisation"
    assert await other.connections() == []


@pytest.mark.abuse
@pytest.mark.parametrize(
    "callback",
    [
        "https://vendorcentral.amazon.de.evil.example/apps/authorize/confirm/{app}",
        "https://evil.example/apps/authorize/confirm/{app}",
        "{seller_central}/apps/authorize/confirm/{app}",
        "{vendor_central}/apps/authorize/confirm/{sellers_app}",
        "{vendor_central}/apps/authorize/confirm/{app}/../{sellers_app}",
        "{vendor_central}/apps/authorize/confirm/{app}?redirect_uri=https://evil.example",
    ],
)
async def test_a_link_that_does_not_lead_to_vendor_central_is_not_followed(auth: Running, callback: str) -> None:
    """Only the confirmation pages of our vendors' application, at vendors' hosts, letter by letter."""
    address = callback.format(
        app=VENDOR_APP["application_id"],
        sellers_app=APP["application_id"],
        vendor_central=auth.settings.central_urls[VENDOR]["eu"].replace("{country}", "DE"),
        seller_central=auth.settings.central_urls["amazon"]["eu"].replace("{country}", "DE"),
    )
    visitor = await auth.visitor().sign_up()
    query = httpx.QueryParams(amazon_callback_uri=address, amazon_state="s", selling_partner_id="V1")
    assert outcome((await visitor.get(f"{LOGIN}?{query}")).headers["location"]) == "visit-unknown"
