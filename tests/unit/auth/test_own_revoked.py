"""The list of revoked tokens as auth itself knows it: who waits for a reading, and what it may outlive."""

import asyncio
from datetime import timedelta
from typing import Any, cast

from services.auth.adapters.access import OwnRevokedTokens
from tests.unit.auth.builders import FixedClock


class Database:
    """Gives another list each time, once it may."""

    def __init__(self) -> None:
        self.count = 0
        self.may = asyncio.Event()
        self.may.set()

    async def revoked_ids(self) -> frozenset[str]:
        self.count += 1
        read = frozenset({f"list {self.count}"})
        await self.may.wait()
        return read


async def test_nobody_waits_for_a_list_that_is_still_believed() -> None:
    """Of a second it is read anew beside whoever asks, and once for all of them; of two it is waited for."""
    database, clock = Database(), FixedClock()
    revoked = OwnRevokedTokens(cast(Any, database), clock)
    assert await revoked.ids() == {"list 1"}
    clock.time += timedelta(seconds=1)
    database.may.clear()
    assert [await revoked.ids() for _ in range(3)] == [{"list 1"}] * 3
    clock.time += timedelta(seconds=1)
    waiting = asyncio.create_task(revoked.ids())
    await asyncio.sleep(0)
    assert (waiting.done(), database.count) == (False, 2)
    database.may.set()
    assert await waiting == {"list 2"}


async def test_a_reading_ends_before_the_process_does() -> None:
    """Or a connection to the database is left open behind it. Seen red: tests failed for it, now and then."""
    database, clock = Database(), FixedClock()
    revoked = OwnRevokedTokens(cast(Any, database), clock)
    await revoked.ids()
    clock.time += timedelta(seconds=1)
    database.may.clear()
    await revoked.ids()
    closing = asyncio.create_task(revoked.close())
    await asyncio.sleep(0)
    assert not closing.done()
    database.may.set()
    await closing
    await revoked.close()
