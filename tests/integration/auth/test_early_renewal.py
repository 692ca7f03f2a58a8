"""Tokens of connections in use are renewed before they end, so that nobody who asks waits for the token endpoint."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from services.auth.usecases.give_access_token import give_access_token
from services.auth.vault.in_use import IN_USE_FOR
from services.auth.vault.tokens import RenewedTokens
from shared.kernel.ids import ConnectionId
from tests.integration.auth.conftest import Running

EVERY = timedelta(minutes=8)


class Asker:
    """A service that asks for one connection's token every now and then, and what that made others do meanwhile."""

    def __init__(self, auth: Running, connection_id: ConnectionId) -> None:
        self.auth = auth
        self.id = connection_id
        self.waited = 0

    async def ask(self) -> int:
        """The version given; who was made to wait asked the token endpoint before it was."""
        before = await self.calls()
        token = await give_access_token(self.id, rejected=None, states=self.auth.held.tokens.states, vault=self.tokens)
        self.waited += await self.calls() - before
        return token.token_version

    async def ask_for_hours(self, *, early: bool) -> None:
        for _ in range(24):
            self.auth.clock.ahead += EVERY
            if early:
                await self.tokens.renew_early()
            await self.ask()

    async def calls(self) -> int:
        return int((await self.auth.sandbox.calls("amazon.token"))["count"])

    @property
    def tokens(self) -> RenewedTokens:
        return self.auth.held.tokens


@pytest.fixture
async def asker(auth: Running) -> Asker:
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (connection,) = await visitor.connections()
    return Asker(auth, connection["id"])


async def test_nobody_who_asks_every_now_and_then_waits(asker: Asker) -> None:
    """
    Three hours of a caller every eight minutes: without early renewals three callers wait, with them none does, and
    the token endpoint is asked hardly more often. Seen red with the early turn left out.
    """
    await asker.ask_for_hours(early=False)
    assert asker.waited == 3
    asker.waited, before = 0, await asker.calls()
    await asker.ask_for_hours(early=True)
    assert asker.waited == 0
    assert await asker.calls() - before in (3, 4)


async def test_only_what_is_in_use_is_renewed_once(
    asker: Asker, another: Callable[[Running], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Two processes, each with its turn at once: one renewal. Refused, it is not repeated within the minute. What nobody
    asked for in an hour is left alone. Seen red with what was looked at not noted, and with nothing forgotten.
    """
    beside = another(asker.auth)
    rival = Asker(beside, asker.id)
    assert (await asker.ask(), await rival.ask()) == (1, 1)
    asker.auth.clock.ahead = beside.clock.ahead = timedelta(minutes=52)
    before = await asker.calls()
    await asyncio.gather(asker.tokens.renew_early(), rival.tokens.renew_early())
    assert await asker.calls() == before + 1
    assert (await asker.ask(), await rival.ask()) == (2, 2)

    asker.auth.clock.ahead = timedelta(minutes=104)
    await asker.auth.sandbox.fault("amazon.token", "server_error", times=1)
    await asker.tokens.renew_early()
    asker.auth.clock.ahead += timedelta(seconds=30)
    await asker.tokens.renew_early()
    assert await asker.calls() == before + 2
    assert await asker.ask() == 2  # good for some minutes yet, whatever the token endpoint says

    asker.auth.clock.ahead += IN_USE_FOR
    await asker.tokens.renew_early()
    assert await asker.calls() == before + 2
