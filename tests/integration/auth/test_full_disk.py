"""auth over a database that takes no more writes: nobody is half signed in, no renewal repeated for nothing."""

import asyncio

import pytest

from shared.db.errors import DatabaseUnavailable
from tests.full_disk import asks_to_come_again, full_disk
from tests.integration.auth.conftest import PASSWORD, Running
from tests.integration.auth.test_access_tokens import Connected, connected
from tests.integration.auth.test_probe import Shop, shop

__all__ = ["connected", "shop"]


async def test_who_is_signed_in_reads_on_and_nobody_signs_in(auth: Running) -> None:
    """
    Signing in and beginning a consent come to a 503 with when to come again; what is there is shown.

    Seen red with SQLSTATE class 53 left untranslated: 500.
    """
    owner = await auth.visitor().sign_up()
    other = auth.visitor()
    fields = {"email": owner.email, "password": PASSWORD}
    async with full_disk(auth.engine):
        assert asks_to_come_again(await other.submit("/signin", page="/signin", **fields))
        assert (await owner.get("/connections")).status_code == 200
        assert (await owner.client.get("/api/auth/v1/connections")).status_code == 200
        assert asks_to_come_again(await owner.submit("/connections", marketplace="amazon", country="FR"))
    assert (await other.submit("/signin", page="/signin", **fields)).status_code == 303


async def test_a_token_that_could_not_be_kept_is_not_asked_for(connected: Connected) -> None:
    """
    No lease, no call: whoever asks is told when to come again, and one that is good is given out meanwhile.

    Seen red with waiters who try again at once: the process is busy with it for 8 seconds, and answers something else.
    """
    before = await connected.renewals()
    async with full_disk(connected.auth.engine):
        assert (await connected.ask()).status_code == 200
        assert asks_to_come_again(await connected.ask(rejected=1))
    assert await connected.renewals() == before
    answer = await connected.ask(rejected=1)
    assert (answer.status_code, answer.json()["token_version"]) == (200, 2)
    assert await connected.renewals() == before + 1


async def test_a_token_that_came_and_cannot_be_kept_is_asked_for_once_for_all(connected: Connected) -> None:
    """
    Everybody who waits for it is told when to come again, after one call; then it is renewed.

    Seen red with waiters who begin another renewal as soon as one could not be kept: hundreds of calls.
    """
    before = await connected.renewals()
    async with full_disk(connected.auth.engine, only=["access_grant"]):
        answers = await asyncio.gather(*(connected.ask(rejected=1) for _ in range(20)))
        assert all(asks_to_come_again(answer) for answer in answers)
        assert await connected.renewals() == before + 1
    answer = await connected.ask(rejected=1)
    assert (answer.status_code, answer.json()["token_version"]) == (200, 2)
    assert await connected.renewals() == before + 2


async def test_a_probe_that_could_not_be_kept_is_made_later(shop: Shop) -> None:
    """
    The connection is as it was, and probed once there is room to note what came of it.

    Seen red with SQLSTATE class 53 left untranslated: the loop takes it for a bug.
    """
    await shop.due()
    before = await shop.connection()
    async with full_disk(shop.auth.engine):
        with pytest.raises(DatabaseUnavailable):
            await shop.probe()
        assert await shop.connection() == before
    assert await shop.probe() is True
    assert await shop.probe() is False
