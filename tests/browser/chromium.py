"""The Chromium of this machine, driven by Playwright (which downloads none here)."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Where it is installed."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def chromium_or_skip() -> str:
    """Where it is installed; without it the test is skipped, which says so, and in CI it fails."""
    path = find_chromium()
    if path is None:
        sentence = f"no Chromium is installed: none of {', '.join(_NAMES)} is on the path"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


@asynccontextmanager
async def running_chromium(path: str) -> AsyncIterator[Browser]:
    """Without its own sandbox: containers that run tests do not let it have one."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()
