"""A shop of its own for each test; what a strict Octopia would have refused fails the test that did it."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.octopia.shop import OctopiaShop
from tests.contract.sandbox.far_octopia import OctopiaFar


@pytest.fixture
async def shop() -> AsyncIterator[OctopiaShop]:
    """Ours and the sandbox, one seller who let us in. At the end: no call of ours deviated from what is documented."""
    far = await OctopiaFar().ready(channels=["CDISFR", "RAKUFR"], skus=["SKU-001", "SKU-002"])
    made = OctopiaShop(far)
    yield made
    deviations = await far.deviations()
    await made.close()
    await far.close()
    assert deviations == []
