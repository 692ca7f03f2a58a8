"""Guessing passwords in other ways than one account from one address. Seen red with only that pair counted."""

from datetime import timedelta

import httpx
import pytest

from services.auth.domain.account import ATTEMPTS_MOST, LOCKED_AFTER
from tests.integration.auth.conftest import PASSWORD, PUBLIC_URL, Running, Visitor

pytestmark = pytest.mark.abuse


class Guesser:
    """Tries from addresses of its choice, with one form; what a header says of the address is not believed."""

    def __init__(self, auth: Running) -> None:
        self._auth = auth
        self._tries = 0

    async def tries(self, email: str, password: str, address: str) -> int:
        """The status of one try to sign in."""
        self._tries += 1
        transport = httpx.ASGITransport(self._auth.app, client=(address, 4711))
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
            client.headers["x-forwarded-for"] = f"10.0.{self._tries // 250}.{self._tries % 250}"
            visitor = Visitor(client, self._auth.sandbox)
            return (await visitor.submit("/signin", page="/signin", email=email, password=password)).status_code


async def test_one_address_may_not_try_many_accounts(auth: Running) -> None:
    """One likely password against each account: refused from there, also with a right one; not from elsewhere."""
    owner, guesser = await auth.visitor().sign_up(), Guesser(auth)
    most = ATTEMPTS_MOST["address"]
    found = [await guesser.tries(f"victim-{n}@shop.example", "correct horse", "192.0.2.1") for n in range(most)]
    assert set(found) == {401}
    assert await guesser.tries(owner.email, PASSWORD, "192.0.2.1") == 429
    assert await guesser.tries(owner.email, PASSWORD, "192.0.2.2") == 303
    auth.clock.ahead = timedelta(minutes=15, seconds=1)
    assert await guesser.tries(owner.email, PASSWORD, "192.0.2.1") == 303


async def test_many_addresses_may_not_try_one_account(auth: Running) -> None:
    """Each stays below what an address may try: refused for this account from everywhere, not for another one."""
    owner, other, guesser = await auth.visitor().sign_up(), await auth.visitor().sign_up(), Guesser(auth)
    found = [await guesser.tries(owner.email, "not the password", f"192.0.2.{n // 5}") for n in range(LOCKED_AFTER)]
    assert set(found) == {401}
    assert await guesser.tries(owner.email, PASSWORD, "198.51.100.1") == 429
    assert await guesser.tries(other.email, PASSWORD, "198.51.100.1") == 303
    auth.clock.ahead = timedelta(minutes=30, seconds=1)
    assert await guesser.tries(owner.email, PASSWORD, "198.51.100.1") == 303
