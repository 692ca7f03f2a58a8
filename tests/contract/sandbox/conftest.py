"""A sandbox in-process for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.sandbox.far import Far
from tests.contract.sandbox.far_octopia import OctopiaFar


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    """A sandbox with one application, one European seller and its access token."""
    made = await Far().ready()
    yield made
    await made.close()


@pytest.fixture
async def octopia() -> AsyncIterator[OctopiaFar]:
    """A sandbox with one aggregator's client, one seller at Octopia who let it in, and its access token."""
    made = await OctopiaFar().ready()
    yield made
    await made.close()
