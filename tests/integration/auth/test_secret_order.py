"""Which client secret is the newer one does not hang on who is first to write it down."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from services.auth.adapters.sqs import SqsQueue
from services.auth.domain.opaque import digest
from tests.integration.auth.rotating import Rotating, rotating, service
from tests.integration.auth.test_client_secrets import new_secret

__all__ = ["rotating", "service"]


class AtOnce:
    """
    The unit of work of two holders that read at the same instant, where nothing keeps one of them from it; else the
    other has its turn after a moment.
    """

    def __init__(self, uow: Any) -> None:
        self._uow, self._both = uow, asyncio.Barrier(2)

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Any]:
        async with self._uow() as store:
            read = store.client_secrets.of

            async def of(client_id: str) -> Sequence[Any]:
                found: Sequence[Any] = await read(client_id)
                with suppress(TimeoutError, asyncio.BrokenBarrierError):
                    await asyncio.wait_for(self._both.wait(), 1)
                return found

            store.client_secrets.of = of
            yield store


class Stopped:
    """The vault of a process that is stopped once it has sealed."""

    def __init__(self, vault: Any) -> None:
        self._vault = vault
        self.has_sealed, self.goes_on = asyncio.Event(), asyncio.Event()

    async def sealed(self, *given: Any, **named: Any) -> Any:
        secret = await self._vault.sealed(*given, **named)
        self.has_sealed.set()
        await self.goes_on.wait()
        return secret


async def check_newest(rotating: Rotating, value: str) -> None:
    """It is tried first, and its own end stands."""
    newest, *_ = await rotating.secrets()
    assert (newest.digest, newest.ends_at.isoformat()) == (digest(value), "2027-03-18T10:00:00+00:00")


async def test_a_holder_that_was_stopped_does_not_end_a_newer_secret(rotating: Rotating) -> None:
    """It had one sealed, and another one came meanwhile. Seen red with all others ended."""
    vault, own = Stopped(rotating.keeper.vault), SqsQueue(rotating.queue_url, ours_seconds=60)
    await rotating.service.send(rotating.queue_url, new_secret("older"))
    stopped = asyncio.create_task(rotating.receive(vault=vault, queue=own))
    await vault.has_sealed.wait()
    await rotating.service.send(rotating.queue_url, new_secret("newer"))
    while digest("newer") not in {row.digest for row in await rotating.secrets()}:
        await rotating.receive()
    vault.goes_on.set()
    await stopped
    await own.close()
    assert len(await rotating.secrets()) == 2
    await check_newest(rotating, "newer")


async def test_a_message_that_comes_late_does_not_end_a_newer_secret(rotating: Rotating) -> None:
    """
    A queue keeps no order: one that ends earlier is the older one, and is kept behind the other. Seen red with the last
    that comes for the newest.
    """
    for value, ends in (("newer", "2027-03-18T10:00:00.000Z"), ("older", "2027-03-18T09:59:00.000Z")):
        await rotating.service.send(rotating.queue_url, new_secret(value, ends=ends))
        while digest(value) not in {row.digest for row in await rotating.secrets()}:
            await rotating.receive()
    await check_newest(rotating, "newer")


async def test_two_holders_at_the_same_instant_see_each_others_secret(rotating: Rotating) -> None:
    """
    The newer one was sealed first, and both are written at once: one after the other, so that which is newer hangs on
    their ends. Seen red without the lock.
    """
    uow, holders = AtOnce(rotating.keeper.uow), []
    for value, ends in (("newer", "2027-03-18T10:00:00.000Z"), ("older", "2027-03-18T09:59:00.000Z")):
        vault, queue = Stopped(rotating.keeper.vault), SqsQueue(rotating.queue_url, ours_seconds=60)
        await rotating.service.send(rotating.queue_url, new_secret(value, ends=ends))
        turn = asyncio.create_task(rotating.receive(vault=vault, queue=queue, uow=uow))
        await vault.has_sealed.wait()
        holders.append((vault, queue, turn))
    for vault, _, _ in holders:
        vault.goes_on.set()
    for _, queue, turn in holders:
        await turn
        await queue.close()
    await check_newest(rotating, "newer")
    assert await rotating.service.waiting(rotating.queue_url) == 0
