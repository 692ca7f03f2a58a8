"""What the worker tells the operator at its start."""

import asyncio

from structlog.testing import capture_logs

from services.auth.entrypoints.advice import advise
from services.auth.settings import Settings
from tests.integration.auth.conftest import Running, run_auth


async def said(running: Running, settings: Settings) -> list[tuple[str, str | None]]:
    stop = asyncio.Event()
    stop.set()
    with capture_logs() as lines:
        await advise(running.held, settings, stop)
    return [(line["event"], line.get("region")) for line in lines]


async def test_connections_without_an_application_are_told(auth: Running) -> None:
    """A region taken out of the settings while connections live there; a region nobody uses is no news."""
    seller = await auth.sandbox.seller(region="eu")
    await (await auth.visitor().sign_up()).connect(seller["seller_id"])
    assert await said(auth, auth.settings) == []
    left = {"amazon": {"na": auth.settings.apps["amazon"]["na"]}}
    changed = run_auth(auth.settings.model_copy(update={"apps": left}), auth.sandbox)
    try:
        assert await said(changed, changed.settings) == [("connection.no_application", "eu")]
    finally:
        await changed.close()


async def test_an_address_amazon_will_not_redirect_to_is_told(auth: Running) -> None:
    """Consent pages on https, ours on plain http."""
    real = {"amazon": dict.fromkeys(auth.settings.apps["amazon"], "https://sellercentral.example")}
    settings = auth.settings.model_copy(update={"central_urls": real})
    assert await said(auth, settings) == [("consent.needs_https", None)]
