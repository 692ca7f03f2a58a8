"""What auth finds out by itself about a consent: daily, after a doubt, and when a refusal ends."""

import pytest

from services.auth.bootstrap import PROBE
from shared.kernel.errors import Retryable
from tests.integration.auth.conftest import Running, Visitor


class Shop:
    def __init__(self, auth: Running, seller_id: str, visitor: Visitor) -> None:
        self.auth = auth
        self.seller_id = seller_id
        self.visitor = visitor

    async def connection(self) -> dict[str, object]:
        (found,) = await self.visitor.connections()
        return found

    async def due(self) -> None:
        await self.auth.rows("update connection set probe_due_at = clock_timestamp()")
        await self.auth.rows("update lease set not_before = null")

    async def probe(self) -> bool:
        """One turn of the worker; False: nothing was due."""
        held = self.auth.held
        async with held.claims.lease(PROBE) as lease:
            if lease is None:
                return False
            await held.probe(lease)
            return True

    async def report(self, consent_version: int) -> None:
        service = await self.auth.service()
        path = f"/internal/v1/connections/{(await self.connection())['id']}/consent-lost"
        assert (await service.post(path, json={"consent_version": consent_version})).status_code == 202

    async def happened(self) -> list[str]:
        return [kind.removeprefix("auth.connection.") for kind, _ in await self.auth.events()]


@pytest.fixture
async def shop(auth: Running) -> Shop:
    seller = await auth.sandbox.seller(region="eu", channels=["FR"])
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    return Shop(auth, seller["seller_id"], visitor)


async def test_a_probe_is_daily(shop: Shop) -> None:
    """After the first one nothing is due until tomorrow; the next one finds nothing new and says nothing."""
    assert await shop.probe() is False
    before = await shop.happened()
    await shop.due()
    assert await shop.probe() is True
    assert await shop.happened() == before


async def test_a_doubt_that_is_not_shared_changes_nothing(shop: Shop) -> None:
    """A service reports a lost consent; auth renews the token, asks, is answered: the connection stays."""
    await shop.report(1)
    await shop.due()
    assert await shop.probe() is True
    assert (await shop.connection())["state"] == "authorised"
    assert (await shop.auth.rows("select token_version from access_grant"))[0].token_version == 2
    assert (await shop.auth.rows("select suspected_at from connection"))[0].suspected_at is None


async def test_a_doubt_that_is_right_revokes(shop: Shop) -> None:
    """The seller removed us: the renewal that a report causes finds it out."""
    await shop.auth.sandbox.revoke(shop.seller_id)
    await shop.report(1)
    await shop.due()
    await shop.probe()
    assert (await shop.connection())["state"] == "revoked"
    assert (await shop.happened())[-1] == "revoked.v1"
    assert await shop.probe() is False
    assert "Reconnect to go on" in (await shop.visitor.get("/connections")).text


async def test_a_refused_token_waits_until_the_far_side_answers_again(shop: Shop) -> None:
    """
    403 with a token text, also with a new token: waiting. Answered again: authorised, and a new consent version, so
    that services that stopped go on.
    """
    await shop.auth.sandbox.fault("amazon.getMarketplaceParticipations", "token_rejected", times=2)
    await shop.due()
    await shop.probe()
    assert (await shop.connection())["state"] == "waiting"
    service = await shop.auth.service()
    path = f"/internal/v1/connections/{(await shop.connection())['id']}/access-token"
    assert (await service.post(path, json={})).status_code == 409
    await shop.due()
    await shop.probe()
    connection = await shop.connection()
    assert (connection["state"], connection["consent_version"]) == ("authorised", 2)
    assert (await shop.happened())[-2:] == ["revoked.v1", "authorised.v1"]


async def test_a_missing_role_stops_nothing_else(shop: Shop) -> None:
    """403 without details: the connection stays authorised, the page says what is missing; 200 raises the version."""
    await shop.auth.sandbox.fault("amazon.getMarketplaceParticipations", "role_missing", times=1)
    await shop.due()
    await shop.probe()
    connection = await shop.connection()
    assert (connection["state"], connection["probe_outcome"]) == ("authorised", "role_missing")
    assert "Role missing" in (await shop.visitor.get("/connections")).text
    await shop.due()
    await shop.probe()
    assert (await shop.connection())["consent_version"] == 2


@pytest.mark.parametrize("kind", ["server_error", "html_502", "throttle"])
async def test_a_far_side_that_is_down_changes_nothing(shop: Shop, kind: str) -> None:
    """The probe stays due; the worker tries again later."""
    await shop.auth.sandbox.fault("amazon.getMarketplaceParticipations", kind, times=1)
    await shop.due()
    with pytest.raises(Retryable):
        await shop.probe()
    assert (await shop.connection())["state"] == "authorised"
    assert (await shop.auth.rows("select probe_due_at <= clock_timestamp() as due from connection"))[0].due


async def test_a_first_probe_that_fails_is_made_up_for_by_the_worker(auth: Running) -> None:
    """Connecting works while participations do not answer; the channels come later, with an event."""
    seller = await auth.sandbox.seller(region="eu", channels=["FR"])
    visitor = await auth.visitor().sign_up()
    await auth.sandbox.fault("amazon.getMarketplaceParticipations", "server_error", times=1)
    answer = await visitor.connect(seller["seller_id"])
    assert answer.headers["location"].startswith("/connections?connected=")
    shop = Shop(auth, seller["seller_id"], visitor)
    assert (await shop.connection())["channels"] == []
    await shop.due()
    await shop.probe()
    assert (await shop.connection())["channels"] != []
    assert await shop.happened() == ["authorised.v1", "settings_changed.v1"]
