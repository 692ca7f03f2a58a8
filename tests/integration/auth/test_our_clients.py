"""The other services' clients (`shared/access`) against auth itself: both sides of the internal API fit."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from shared.access.access_tokens import RemoteAccessTokens
from shared.access.errors import NotSignedIn
from shared.access.internal import ServiceTokens
from shared.access.revoked import RemoteRevokedTokens
from shared.access.scopes import AUTH_TOKENS_USE
from shared.access.sessions import SessionResolver
from shared.access.tokens import RemoteSigningKeys, TokenVerifier
from shared.http.outward import Outward
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, Throttled, Unavailable
from shared.kernel.ids import ConnectionId
from tests.integration.auth.conftest import PUBLIC_URL, Running, Visitor
from tests.integration.auth.test_api_clients import READ, make, token
from tests.unit.access.far_auth import TurnedClock

COOKIE = "passerelle_session"


class Caller:
    """The service orders, as far as it talks to auth."""

    def __init__(self, auth: Running) -> None:
        self.outward = Outward(auth.clock, transport=httpx.ASGITransport(auth.app))
        self.own = ServiceTokens(PUBLIC_URL, "orders", SecretStr("secret-orders"), self.outward)
        self.tokens = RemoteAccessTokens(PUBLIC_URL, self.own, self.outward)
        self.sessions = SessionResolver(PUBLIC_URL, self.own, self.outward)
        self.clock = TurnedClock()
        revoked = RemoteRevokedTokens(PUBLIC_URL, self.own, self.outward, clock=self.clock)
        keys = RemoteSigningKeys(PUBLIC_URL, self.outward)
        self.verifier = TokenVerifier(PUBLIC_URL, keys, auth.clock, revoked)


@pytest.fixture
async def caller(auth: Running) -> AsyncIterator[Caller]:
    made = Caller(auth)
    yield made
    await made.outward.close()


async def connected(auth: Running) -> tuple[Visitor, ConnectionId, str]:
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (connection,) = await visitor.connections()
    return visitor, ConnectionId(connection["id"]), seller["seller_id"]


async def test_a_service_reads_its_tokens(auth: Running, caller: Caller) -> None:
    """Value, versions and end; a newer one when it is rejected."""
    _, connection_id, _ = await connected(auth)
    token = await caller.tokens.get(connection_id)
    assert token.value.startswith("Atza|")
    assert (token.token_version, token.consent_version) == (1, 1)
    assert (await caller.tokens.get(connection_id, rejected=1)).token_version == 2


async def test_a_service_understands_every_refusal(auth: Running, caller: Caller) -> None:
    """Each problem is the error by what to do next."""
    _, connection_id, seller_id = await connected(auth)
    with pytest.raises(ConsentLost):
        await caller.tokens.get(ConnectionId(uuid4()))
    for kind, error in (
        ("throttle", Throttled),
        ("server_error", Unavailable),
        ("expired_secret", ClientSecretInvalid),
    ):
        await auth.rows("update access_grant set token_expires_at = now(), retry_at = null")
        await auth.sandbox.fault("amazon.token", kind, times=1)
        with pytest.raises(error):
            await caller.tokens.get(connection_id)
    await auth.rows("update access_grant set retry_at = null")
    await caller.tokens.report_consent_lost(connection_id, 1)
    await auth.sandbox.revoke(seller_id)
    with pytest.raises(ConsentLost):
        await caller.tokens.get(connection_id)


async def test_a_service_knows_who_is_signed_in(auth: Running, caller: Caller) -> None:
    """The same person, organisation and form token as auth itself sees."""
    visitor, _, _ = await connected(auth)
    found = await caller.sessions.resolve(visitor.client.cookies[COOKIE])
    assert found is not None
    assert (found.label, found.csrf_token) == (visitor.email, await visitor.csrf())
    assert await caller.sessions.resolve("x" * 43) is None


async def test_a_service_believes_our_tokens(auth: Running, caller: Caller) -> None:
    """Signed by a published key, for our audience and address."""
    principal = await caller.verifier.verify(await caller.own.get(AUTH_TOKENS_USE))
    assert principal.organisation_id is None
    assert principal.scopes == {AUTH_TOKENS_USE}
    assert principal.label == "orders"


@pytest.mark.abuse
async def test_a_revoked_token_is_refused_within_half_a_minute(auth: Running, caller: Caller) -> None:
    """
    A service learns of it by auth's list, which it believes for 30 seconds. Seen red with a list believed for a minute.
    """
    visitor = await auth.visitor().sign_up()
    client_id, secret, _ = await make(visitor, READ)
    value = (await token(auth, client_id, secret)).json()["access_token"]
    assert (await caller.verifier.verify(value)).label == client_id
    revoked = await auth.client().post("/oauth/revoke", data={"token": value}, auth=(client_id, secret))
    assert revoked.status_code == 200
    caller.clock.seconds = 30
    with pytest.raises(NotSignedIn):
        await caller.verifier.verify(value)
