"""One running product for all tests here, one Chromium, and an OpenID provider at which people of it may sign in."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser.chromium import chromium_or_skip, running_chromium
from tests.openid_provider import running_openid_provider
from tests.shop import stack_for_tests

# Consents end so soon that pages warn of them, once auth's worker has looked.
_SETTINGS = {"AUTH_CONSENT_LASTS_DAYS": '{"amazon": 20}'}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with running_chromium(chromium_or_skip()) as browser:
        yield browser


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """Where the provider is: for a browser another site than the product, whose name is 127.0.0.1."""
    with running_openid_provider("localhost") as issuer:
        yield issuer


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(chromium: Browser, issuer: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The product with servers of its own; not started where there is no browser to look at it."""
    folder: Path = tmp_path_factory.mktemp("product")
    openid = {"issuer": issuer, "client_id": "passerelle", "client_secret": "any", "name": "Login"}
    async with stack_for_tests(folder, _SETTINGS | {"AUTH_OPENID": json.dumps(openid)}) as running:
        yield running
