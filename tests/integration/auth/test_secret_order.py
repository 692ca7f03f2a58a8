"""Which client secret is the newer one does not hang on who is first to write it down."""

import asyncio
from typing import Any

from services.auth.adapters.sqs import SqsQueue
from services.auth.domain.opaque import digest
from tests.integration.auth.rotating import Rotating, rotating, service
from tests.integration.auth.test_client_secrets import new_secret

__all__ = ["rotating", "service"]


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
