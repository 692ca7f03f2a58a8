"""One running product for all tests here, and one Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser.chromium import chromium_or_skip, running_chromium
from tests.shop import stack_for_tests

# Consents end so soon that pages warn of them, once auth's worker has looked.
_SETTINGS = {"AUTH_CONSENT_LASTS_DAYS": '{"amazon": 20}'}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with running_chromium(chromium_or_skip()) as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The product with servers of its own; not started where there is no browser to look at it."""
    folder: Path = tmp_path_factory.mktemp("product")
    async with stack_for_tests(folder, _SETTINGS) as running:
        yield running
