"""Where a seller consents: the country's page, and what is said where that page leads nowhere."""

from datetime import timedelta

from shared.marketplaces.registry import PROFILES
from tests.integration.auth.conftest import Running


async def test_every_country_is_offered_and_consents_at_its_host(auth: Running) -> None:
    """By its name in the reader's language; and a renewal leads to the same one."""
    visitor = await auth.visitor().sign_up()
    page = (await visitor.get("/connections?language=fr")).text
    assert page.index(">Allemagne<") < page.index(">Égypte<") < page.index(">Espagne<") < page.index(">Suède<")
    for country in ("CA", "BR", "IE", "GB", "PL", "ZA", "IN", "AU"):
        address = await visitor.begin(country=country)
        assert f"/amazon/central/{country}/apps/authorize/consent?" in address
    seller = await auth.sandbox.seller(region="eu", channels=["PL"])
    await visitor.get(await visitor.confirm(await visitor.begin(country="PL"), seller["seller_id"]))
    (connection,) = await visitor.connections()
    renewing = await visitor.submit(f"/connections/{connection['id']}/reconnect")
    assert "/amazon/central/PL/apps/authorize/consent?" in renewing.headers["location"]


async def test_who_is_not_led_back_is_asked_what_was_shown(auth: Running) -> None:
    """Cancelling and errors of the consent page send nothing: after some minutes a notice asks, for an hour."""
    visitor, asked = await auth.visitor().sign_up(), "has not led you back yet"
    back = await visitor.begin()
    for minutes, asks in ((2, False), (4, True), (59, True), (61, False)):
        auth.clock.ahead = timedelta(minutes=minutes)
        assert (asked in (await visitor.get("/connections")).text) is asks, minutes
    auth.clock.ahead = timedelta()
    seller = await auth.sandbox.seller(region="eu")
    await visitor.get(await visitor.confirm(back, seller["seller_id"]))
    auth.clock.ahead = timedelta(minutes=4)
    assert asked not in (await visitor.get("/connections")).text
    assert asked not in (await (await auth.visitor().sign_up()).get("/connections")).text


async def test_a_code_of_the_consent_page_is_explained(auth: Running) -> None:
    """Each that Amazon documents, one nobody knows, and none."""
    visitor, codes = await auth.visitor().sign_up(), "/connections/amazon/codes"
    known = PROFILES["amazon"].consent_codes
    for code, (happened, to_do) in known.items():
        page = (await visitor.get(f"{codes}?code={code}")).text
        assert happened in page
        assert to_do in page
    unknown = (await visitor.get(f"{codes}?code=<b>MD1</b>")).text
    assert "We do not know this code" in unknown
    assert "<b>MD1" not in unknown
    assert "We do not know this code" not in (await visitor.get(codes)).text
    assert (await visitor.get("/connections/octopia/codes")).status_code == 404
