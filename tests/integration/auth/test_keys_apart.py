"""A key service may be far away: while it is asked no transaction is open, and what changes meanwhile is not lost."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.crypto.data_keys import DataKeys
from shared.crypto.keyring import DataKey
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.private import NEXT_SECRET, SECRET, add, bring, registered, vendor
from tests.integration.auth.test_octopia import OWN
from tests.integration.auth.test_octopia import octopia as octopia
from tests.integration.auth.test_own_credentials import bring as bring_own
from tests.integration.auth.test_own_credentials import brought
from tests.integration.auth.test_private_life import renewed

_OPEN = """
    select count(*) as open from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'
"""


class Asked:
    """What is done before each answer of the key service; beside it, transactions that were open are counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.auth: Running | None = None
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None
        self.times, self.open = 0, 0
        for name in ("new_at_hand", "at_hand"):
            monkeypatch.setattr(DataKeys, name, self._before(getattr(DataKeys, name)))

    def _before(self, answer: Callable[..., Awaitable[DataKey]]) -> Callable[..., Awaitable[DataKey]]:
        async def asked(*given: Any) -> DataKey:
            if self.auth is not None:
                self.times += 1
                ((row),) = await self.auth.rows(_OPEN)
                self.open += row.open
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile is not None:
                await meanwhile()
            return await answer(*given)

        return asked


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


async def test_no_transaction_is_open_where_an_application_is_kept(auth: Running, asked: Asked) -> None:
    """A new one, another secret, an account by its token. Seen red with secrets sealed between reading and keeping."""
    asked.auth = auth
    visitor, token = await vendor(auth, "DE123")
    assert (await add(visitor, token, "DE123")).status_code == 303
    await registered(auth, SECRET, NEXT_SECRET)
    assert (await bring(visitor, NEXT_SECRET)).status_code == 303
    assert (asked.times > 3, asked.open) == (True, 0)


async def test_no_transaction_is_open_where_own_credentials_are_kept(octopia: Running, asked: Asked) -> None:
    """Seen red with both secrets sealed between reading and keeping."""
    asked.auth = octopia
    made = await brought(octopia)
    assert (asked.times > 1, asked.open, await made.state()) == (True, 0, "authorised")


async def test_a_secret_that_came_meanwhile_stays_beside(auth: Running, asked: Asked) -> None:
    """
    Somebody enters another while ours is sealed: that one is the one before ours, and is good for as long. Seen red
    with ours kept over what was known.
    """
    visitor, token = await vendor(auth, "DE123")
    await add(visitor, token, "DE123")
    await registered(auth, SECRET, NEXT_SECRET, "own-secret-3")

    async def another() -> None:
        assert (await bring(visitor, NEXT_SECRET)).status_code == 303

    asked.meanwhile = another
    assert (await bring(visitor, "own-secret-3")).status_code == 303
    await registered(auth, NEXT_SECRET)
    assert await renewed(auth) == 200


async def test_an_application_that_came_meanwhile_is_the_same(octopia: Running, asked: Asked) -> None:
    """Twice sent at once: one application, one connection. Seen red with a second one kept."""
    seller = await octopia.sandbox.octopia_seller(delegated=False, own_client=OWN)
    visitor = await octopia.visitor().sign_up()
    answers: list[tuple[int, str]] = []

    async def send(as_whom: Visitor) -> None:
        answers.append(await bring_own(as_whom, seller["seller_id"]))

    asked.meanwhile = lambda: send(visitor)
    await send(visitor)
    assert [status for status, _ in answers] == [303, 303]
    (row,) = await octopia.rows(
        "select (select count(*) from private_app) as apps, (select count(*) from connection) as connections,"
        " (select count(*) from connection join access_grant on access_grant.id = grant_id) as grants"
    )
    assert tuple(row) == (1, 1, 1)
