"""From *Connect* to a connection, and every way in which a redirect may be abused."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.auth.bootstrap import Auth
from services.auth.domain.grant import SealedGrant
from services.auth.usecases.ports import Store
from shared.db.errors import DatabaseUnavailable
from tests.integration.auth.conftest import PASSWORD, Running, Visitor


class AwayAfterExchange:
    """The vault, and a database that answers only until the code is exchanged."""

    def __init__(self, held: Auth) -> None:
        self.held = held
        self.away = False

    async def exchange(self, marketplace: str, region: str, code: str) -> SealedGrant:
        self.away = True
        return await self.held.consents.exchange(marketplace, region, code)

    def uow(self) -> AbstractAsyncContextManager[Store]:
        if self.away:
            raise DatabaseUnavailable("away")
        return self.held.uow()


def outcome(answer_location: str) -> str:
    assert answer_location.startswith("/connections/outcome/"), answer_location
    return answer_location.rpartition("/")[2]


async def test_a_consent_makes_a_connection_with_its_channels(auth: Running) -> None:
    """After the redirect the seller sees the connection, authorised, with the stores it reaches."""
    seller = await auth.sandbox.seller(region="eu", channels=["FR", "DE"])
    visitor = await auth.visitor().sign_up()
    answer = await visitor.connect(seller["seller_id"], name="Main shop")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/connections?connected=")
    (connection,) = await visitor.connections()
    assert (connection["state"], connection["name"]) == ("authorised", "Main shop")
    assert connection["seller_id"] == seller["seller_id"]
    assert {channel["country"] for channel in connection["channels"]} == {"FR", "DE"}
    page = (await visitor.get(answer.headers["location"])).text
    assert "Main shop" in page
    assert "Connected: Main shop" in page


async def test_a_consent_is_published_without_secrets(auth: Running) -> None:
    """Events: authorised, then its channels; numbered without a gap; neither token nor code in them."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    events = await auth.events()
    assert [kind for kind, _ in events] == ["auth.connection.authorised.v1", "auth.connection.settings_changed.v1"]
    assert [row.sequence for row in await auth.rows("select sequence from outbox order by id")] == [1, 2]
    assert events[0][1]["consent_version"] == 1
    assert "Atz" not in str(events)


async def test_secrets_are_sealed(auth: Running) -> None:
    """No refresh or access token is readable in the database."""
    seller = await auth.sandbox.seller(region="eu")
    await (await auth.visitor().sign_up()).connect(seller["seller_id"])
    (grant,) = await auth.rows("select * from access_grant")
    assert b"Atz" not in bytes(grant.sealed_refresh_token) + bytes(grant.sealed_access_token)
    assert "Atz" not in await auth.kept("audit", "outbox", "consent_state")


@pytest.mark.abuse
async def test_a_state_works_once(auth: Running) -> None:
    """The same redirect opened again connects nothing and says so; the connection stays."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    await visitor.get(back)
    assert outcome((await visitor.get(back)).headers["location"]) == "used"
    assert len(await visitor.connections()) == 1


@pytest.mark.abuse
async def test_a_stolen_redirect_is_refused(auth: Running) -> None:
    """Another organisation's session cannot use a state; nor nobody's; and its owner still can."""
    seller = await auth.sandbox.seller(region="eu")
    owner, thief = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    back = await owner.confirm(await owner.begin(), seller["seller_id"])
    assert outcome((await thief.get(back)).headers["location"]) == "unknown"
    assert outcome((await auth.visitor().get(back)).headers["location"]) == "unknown"
    assert await thief.connections() == []
    assert (await owner.get(back)).headers["location"].startswith("/connections?connected=")


@pytest.mark.abuse
async def test_another_session_of_the_same_person_is_refused(auth: Running) -> None:
    """A state is bound to the session that began it."""
    seller = await auth.sandbox.seller(region="eu")
    first = await auth.visitor().sign_up()
    back = await first.confirm(await first.begin(), seller["seller_id"])
    second = auth.visitor()
    signed_in = await second.submit("/signin", page="/signin", email=first.email, password=PASSWORD)
    assert signed_in.status_code == 303
    assert outcome((await second.get(back)).headers["location"]) == "unknown"


@pytest.mark.abuse
async def test_a_state_lives_ten_minutes(auth: Running) -> None:
    """Whoever comes back later is told to begin again."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    auth.clock.ahead = timedelta(minutes=10, seconds=1)
    assert outcome((await visitor.get(back)).headers["location"]) == "expired"
    assert await visitor.connections() == []


@pytest.mark.abuse
async def test_an_invented_state_is_refused(auth: Running) -> None:
    """A state nobody made, none at all, and a redirect without a code connect nothing."""
    visitor = await auth.visitor().sign_up()
    callback = "/connections/amazon/callback"
    invented = f"{callback}?state=x&spapi_oauth_code=c&selling_partner_id=A1"
    assert outcome((await visitor.get(invented)).headers["location"]) == "unknown"
    assert outcome((await visitor.get(callback)).headers["location"]) == "cancelled"
    no_state = f"{callback}?spapi_oauth_code=c&selling_partner_id=A1"
    assert outcome((await visitor.get(no_state)).headers["location"]) == "unknown"
    assert (await visitor.get("/connections/ebay/callback")).status_code == 404


@pytest.mark.abuse
async def test_a_seller_account_belongs_to_one_organisation(auth: Running) -> None:
    """A second organisation is refused with a sentence, before the code is spent; after a disconnect it may connect."""
    seller = await auth.sandbox.seller(region="eu")
    first, second = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await first.connect(seller["seller_id"])
    spent = (await auth.sandbox.calls("amazon.token"))["count"]
    answer = await second.connect(seller["seller_id"])
    assert outcome(answer.headers["location"]) == "other-organisation"
    assert "another organisation" in (await second.get(answer.headers["location"])).text
    assert (await auth.sandbox.calls("amazon.token"))["count"] == spent
    (theirs,) = await first.connections()
    await first.submit(f"/connections/{theirs['id']}/disconnect")
    assert (await second.connect(seller["seller_id"])).headers["location"].startswith("/connections?connected=")
    assert outcome((await first.connect(seller["seller_id"])).headers["location"]) == "other-organisation"


async def test_the_same_seller_again_renews_the_connection(auth: Running) -> None:
    """The same seller and region again: one connection, its name kept, its consent one version newer."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"], name="First name")
    await visitor.connect(seller["seller_id"], name="Second name")
    (connection,) = await visitor.connections()
    assert (connection["name"], connection["consent_version"]) == ("First name", 2)
    assert len(await auth.rows("select id from access_grant")) == 1


async def test_a_seller_in_another_region_is_another_connection(auth: Running) -> None:
    """A consent is regional."""
    visitor = await auth.visitor().sign_up()
    await auth.sandbox.seller("A1", region="eu")
    await auth.sandbox.seller("A1", region="na")
    await visitor.connect("A1", "eu")
    await visitor.connect("A1", "na")
    assert {each["region"] for each in await visitor.connections()} == {"eu", "na"}


async def test_reconnecting_with_another_seller_changes_nothing(auth: Running) -> None:
    """Whoever reconnects while signed in to another account at the marketplace is told so."""
    one, other = await auth.sandbox.seller(region="eu"), await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(one["seller_id"])
    (connection,) = await visitor.connections()
    again = await visitor.submit(f"/connections/{connection['id']}/reconnect")
    back = await visitor.confirm(again.headers["location"], other["seller_id"])
    assert outcome((await visitor.get(back)).headers["location"]) == "other-seller"
    assert await visitor.connections() == [connection]


async def test_disconnect_destroys_the_secrets_and_reconnect_goes_on(auth: Running) -> None:
    """Disconnected: no grant is left. Connected again it is the same connection."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (connection,) = await visitor.connections()
    confirm = await visitor.get(f"/connections/{connection['id']}/disconnect")
    assert "destroyed" in confirm.text
    await visitor.submit(f"/connections/{connection['id']}/disconnect")
    assert (await visitor.connections())[0]["state"] == "disconnected"
    assert await auth.rows("select id from access_grant") == []
    again = await visitor.submit(f"/connections/{connection['id']}/reconnect")
    await visitor.get(await visitor.confirm(again.headers["location"], seller["seller_id"]))
    (renewed,) = await visitor.connections()
    assert (renewed["id"], renewed["state"], renewed["consent_version"]) == (connection["id"], "authorised", 2)


async def test_a_refused_code_has_a_page(auth: Running) -> None:
    """The marketplace refuses the code: nothing is connected, and the page says what to do."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    await auth.sandbox.fault("amazon.token", "revoked_grant", times=1)
    answer = await visitor.get(back)
    assert outcome(answer.headers["location"]) == "code-refused"
    assert "did not accept" in (await visitor.get(answer.headers["location"])).text


async def test_an_unknown_outcome_asks_to_authorise_once_more(auth: Running) -> None:
    """A 500 from the token endpoint may have used the code up: the seller authorises again, and that works."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await auth.sandbox.fault("amazon.token", "server_error", times=1)
    answer = await visitor.connect(seller["seller_id"])
    assert outcome(answer.headers["location"]) == "uncertain"
    assert "authorise once more" in (await visitor.get(answer.headers["location"])).text
    assert (await visitor.connect(seller["seller_id"])).headers["location"].startswith("/connections?connected=")


async def test_a_database_that_goes_away_on_the_way_asks_to_authorise_once_more(auth: Running) -> None:
    """The code is spent and what it gave is lost: the seller is sent away from the address and told what to do."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    away: Any = AwayAfterExchange(auth.held)
    auth.app.state.auth = replace(auth.held, uow=away.uow, consents=away)
    assert outcome((await visitor.get(back)).headers["location"]) == "uncertain"
    auth.app.state.auth = auth.held
    assert await visitor.connections() == []
    assert (await visitor.connect(seller["seller_id"])).headers["location"].startswith("/connections?connected=")


async def test_our_own_secret_refused_is_no_fault_of_the_seller(auth: Running) -> None:
    """401 invalid_client: a page that says it is ours to mend."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await auth.sandbox.fault("amazon.token", "expired_secret", times=1)
    assert outcome((await visitor.connect(seller["seller_id"])).headers["location"]) == "our-secret"


@pytest.mark.abuse
async def test_the_redirect_is_left_at_once(auth: Running) -> None:
    """Code and state are in no address we send the browser to, and no referrer is sent."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    back = await visitor.confirm(await visitor.begin(), seller["seller_id"])
    answer = await visitor.get(back)
    query = parse_qs(urlsplit(back).query)
    for secret in (*query["state"], *query["spapi_oauth_code"]):
        assert secret not in answer.headers["location"] + answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_region_without_an_application_is_not_offered(auth: Running) -> None:
    """An unknown region or marketplace is an error next to its field."""
    visitor = await auth.visitor().sign_up()
    refused = await visitor.submit("/connections", marketplace="amazon", country="xx", name="n")
    assert refused.status_code == 422
    assert "not set up" in refused.text


async def test_our_client_has_no_deviations(auth: Running) -> None:
    """A strict far side would have refused nothing we sent."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    assert (await auth.sandbox.calls())["deviations"] == []


@pytest.mark.abuse
async def test_the_forms_may_lead_to_the_consent_page(auth: Running) -> None:
    """form-action names the consent pages' origins: browsers hold it against redirects too."""
    visitor: Visitor = await auth.visitor().sign_up()
    policy = (await visitor.get("/connections")).headers["content-security-policy"]
    assert f"form-action 'self' {auth.sandbox.base_url}" in policy
