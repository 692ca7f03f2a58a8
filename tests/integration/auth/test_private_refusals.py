"""The client secret of an organisation's own application, as the API refuses it, and as it is good again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, cast

from services.auth.adapters.token_states import KeptTokenStates
from services.auth.bootstrap import PROBE
from services.auth.usecases.ports import Store
from services.auth.usecases.probe_connection import probe_connection
from shared.kernel.errors import ClientSecretInvalid
from shared.kernel.ports import Lease
from shared.marketplaces.ports import GrantPort
from tests.integration.auth.conftest import Running
from tests.integration.auth.private import NEXT_SECRET, SECRET, VENDOR, add, bring, registered, vendor
from tests.integration.auth.test_private_life import renewed
from tests.integration.auth.test_worker import until

Probe = Callable[[Lease[Store]], Awaitable[None]]


async def probed(auth: Running, *faults: str, probe: Probe | None = None) -> None:
    """As the worker does, where calls of the API are refused so, one after the other."""
    await auth.rows("update connection set probe_due_at = clock_timestamp()")
    await auth.rows("update lease set not_before = null")
    for fault in faults:
        await auth.sandbox.fault("amazon.getPurchaseOrders", fault, times=1)
    async with auth.held.claims.lease(PROBE) as lease:
        assert lease is not None
        await (probe or auth.held.probe)(lease)


async def is_refused(auth: Running) -> bool:
    (app,) = await auth.rows("select refused_at from private_app")
    return app.refused_at is not None


async def test_a_secret_refused_by_the_api_is_noted_by_the_probe(auth: Running) -> None:
    """
    Amazon says it in a 403 as well, of a new token, too: the probe pauses, and neither the consent nor the operator is
    troubled.
    """
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await probed(auth, "expired_secret", "expired_secret")
    assert await is_refused(auth)
    (connection,) = await visitor.connections()
    assert connection["state"] == "authorised"


async def test_a_refused_secret_is_good_once_the_api_says_so(auth: Running) -> None:
    """
    It is asked as soon as a new token is given, and that alone ends nothing: what the API refuses would be forgotten by
    each renewal, and its members never told. Seen red: it was.
    """
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await probed(auth, "expired_secret", "expired_secret")
    assert await renewed(auth) == 200
    assert await is_refused(auth)
    (due,) = await auth.rows("select probe_due_at <= clock_timestamp() as now from connection")
    assert due.now
    await probed(auth)
    assert not await is_refused(auth)


async def test_a_secret_is_good_again_whatever_else_failed_meanwhile(auth: Running) -> None:
    """Refused by the token endpoint, which is away then, and lets it in. Seen red: refused until the daily probe."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await registered(auth, NEXT_SECRET)
    assert await renewed(auth) == 503
    await auth.rows("update access_grant set failure = 'unavailable', retry_at = null")
    await registered(auth, SECRET)
    assert await renewed(auth) == 200
    async with auth.held.claims.lease(PROBE) as lease:
        assert lease is not None, "due at once"
        await auth.held.probe(lease)
    assert not await is_refused(auth)


async def test_a_token_of_the_former_secret_refuses_no_new_one(auth: Running) -> None:
    """The API refuses what that gave: the probe asks with a token by the new one. Seen red: it was marked refused."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await registered(auth, SECRET, NEXT_SECRET)
    assert (await bring(visitor, NEXT_SECRET)).status_code == 303
    await probed(auth, "expired_secret")
    assert not await is_refused(auth)
    assert [row.token_version for row in await auth.rows("select token_version from access_grant")] == [2]


async def test_a_secret_entered_while_the_probe_asks_is_not_refused_by_it(auth: Running) -> None:
    """What was refused is the one before. Seen red with the application as it was afterwards."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await registered(auth, SECRET, NEXT_SECRET)

    class Refusing:
        async def probe(self, *_asked: Any) -> Any:
            await bring(visitor, NEXT_SECRET)
            raise ClientSecretInvalid("Amazon does not know it.")

    held, grants = auth.held, cast(Mapping[str, GrantPort], {VENDOR: Refusing()})
    await probed(
        auth,
        probe=partial(probe_connection, grants=grants, vault=held.tokens, clock=held.clock, delegation_proves=True),
    )
    assert not await is_refused(auth)


async def test_with_a_new_secret_for_a_refused_one_tokens_are_new_at_once(auth: Running) -> None:
    """
    By what the far side refuses nobody is given one, from memory neither; the same secret again ends none. Seen red
    with the former one's token for as long as it was good.
    """
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await registered(auth, SECRET, NEXT_SECRET)
    (connection,) = await visitor.connections()
    states = auth.held.tokens.states
    assert isinstance(states, KeptTokenStates)
    stop, service = asyncio.Event(), await auth.service()

    async def given() -> int:
        path = f"/internal/v1/connections/{connection['id']}/access-token"
        return int((await service.post(path, json={})).json()["token_version"])

    async def is_new() -> bool:
        return await given() == 2

    listening = asyncio.create_task(states.listen(stop))
    for secret in (SECRET, NEXT_SECRET):
        assert not await is_new()
        await auth.rows("update private_app set refused_at = clock_timestamp()")
        assert (await bring(visitor, secret)).status_code == 303
    await until(is_new)
    stop.set()
    await listening
