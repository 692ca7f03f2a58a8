"""A sandbox in-process for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.sandbox.far import Far


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    """A sandbox with one application, one European seller and its access token."""
    made = await Far().ready()
    yield made
    await made.close()
