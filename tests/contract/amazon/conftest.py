"""A shop of its own for each test; what a strict Amazon would have refused fails the test that did it."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.amazon.shop import Shop
from tests.contract.sandbox.far import Far
from tests.sandbox.world import Options


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """Ours and the sandbox, one seller connected. At the end: no call of ours deviated from what Amazon documents."""
    far = await Far(Options(patch_applied_seconds=4)).ready()
    made = Shop(far)
    # The sandbox's own clients (the fixture's token call) are not ours: only what follows counts.
    before = len(await made.deviations())
    yield made
    deviations = (await made.deviations())[before:]
    await made.close()
    await far.close()
    assert deviations == []
