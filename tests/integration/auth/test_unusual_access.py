"""What alerts of unusual access are made of: locks that begin, and clients that are refused, are counted."""

from datetime import timedelta

import httpx
import pytest
from prometheus_client import REGISTRY

from services.auth.domain.account import LOCKED_AFTER
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.test_api_clients import READ, make, token
from tests.integration.auth.test_at_the_act import WRONG, begin
from tests.integration.auth.test_second_factor import enter, set_up, sign_in

pytestmark = pytest.mark.abuse
NAMED = ("service", "api_client", "unknown")


def locks() -> float:
    return REGISTRY.get_sample_value("auth_locks_total") or 0.0


def refused() -> dict[str, float]:
    """By whose client was named."""
    name = "auth_clients_refused_total"
    return {client: REGISTRY.get_sample_value(name, {"client": client}) or 0.0 for client in NAMED}


async def guess(auth: Running, email: str, times: int) -> None:
    """Wrong passwords, none of them too soon after the one before."""
    for _ in range(times):
        auth.clock.ahead += timedelta(minutes=2)
        await auth.visitor().submit("/signin", page="/signin", email=email, password=WRONG)


async def test_each_lock_is_counted_as_it_begins(auth: Running) -> None:
    """By wrong passwords, at the sign-in and on one's own pages, and by codes; once each. Seen red: not counted."""
    owner = await auth.visitor().sign_up()
    await set_up(auth, owner)
    before = locks()
    await guess(auth, owner.email, LOCKED_AFTER - 1)
    assert locks() == before
    await guess(auth, owner.email, 3)
    assert locks() == before + 1
    for _ in range(LOCKED_AFTER + 2):
        auth.clock.ahead += timedelta(minutes=2)
        await begin(owner, password=WRONG)
    assert locks() == before + 2
    auth.clock.ahead += timedelta(minutes=30)
    await wrong_codes(auth, owner.email, LOCKED_AFTER + 2)
    assert locks() == before + 3


async def test_a_lock_of_an_address_that_nobody_has_is_no_accounts(auth: Running) -> None:
    """Nobody is kept out by it, and nobody is told: the alert speaks of accounts."""
    before = locks()
    await guess(auth, "nobody@shop.example", LOCKED_AFTER + 1)
    assert locks() == before


async def test_each_client_that_is_refused_is_counted(auth: Running) -> None:
    """By whose it named, at the token endpoint and beside it; no other wrong request is. Seen red: not counted."""
    client_id, secret, _ = await make(await auth.visitor().sign_up(), READ)
    before = refused()
    assert (await token(auth, "orders", "wrong")).status_code == 401
    assert (await token(auth, client_id, "wrong")).status_code == 401
    for stranger in ("nobody", "\x00", ""):
        assert (await token(auth, stranger, "wrong")).status_code == 401
    assert grown(before) == {"service": 1, "api_client": 1, "unknown": 3}
    for path in ("introspect", "revoke"):
        assert (await beside(auth, path, ("orders", "wrong"))).status_code == 401
    form = {"client_id": "orders", "client_secret": "wrong", "grant_type": "client_credentials"}
    assert (await auth.client().post("/oauth/token", data=form)).status_code == 401
    assert grown(before) == {"service": 4, "api_client": 1, "unknown": 3}
    assert (await token(auth, client_id, secret)).status_code == 200
    assert (await token(auth, client_id, secret, "orders.orders:read")).status_code == 400
    assert (await beside(auth, "introspect", (client_id, secret))).status_code == 200
    assert grown(before) == {"service": 4, "api_client": 1, "unknown": 3}


async def wrong_codes(auth: Running, email: str, times: int) -> None:
    visitor: Visitor = auth.visitor()
    for turn in range(times):
        if turn % 2 == 0:  # a sign-in waits for its code for ten minutes
            await sign_in(visitor, email)
        auth.clock.ahead += timedelta(minutes=4)
        await enter(visitor, "000000")


async def beside(auth: Running, path: str, client: tuple[str, str]) -> httpx.Response:
    """Of a token that is none."""
    return await auth.client().post(f"/oauth/{path}", data={"token": "x"}, auth=client)


def grown(before: dict[str, float]) -> dict[str, float]:
    return {client: count - before[client] for client, count in refused().items()}
