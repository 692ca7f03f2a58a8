"""A sandbox in-process for each test, or one over HTTP for the tests of a stranger's client."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.sandbox.far import Far
from tests.contract.sandbox.far_octopia import OctopiaFar
from tests.sandbox_client import Sandbox, start_sandbox


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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strangers_sandbox_url() -> AsyncIterator[str]:
    """A sandbox process where what was written is visible at once, so that nobody turns its clock."""
    async with start_sandbox(write_visible_seconds=0, patch_applied_seconds=0) as sandbox:
        yield sandbox.base_url


@pytest.fixture
async def strangers_sandbox(strangers_sandbox_url: str) -> AsyncIterator[Sandbox]:
    """The control API of that process; each test has sellers of its own."""
    async with Sandbox(strangers_sandbox_url) as sandbox:
        yield sandbox
