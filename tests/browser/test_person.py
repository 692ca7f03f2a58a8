"""The law of what a person with a browser window looks at: nothing counts as judged that axe-core could not judge."""

from urllib.parse import quote

import pytest
from playwright.async_api import Browser

from tests.browser.person import Window, find_no_violation, open_window

pytestmark = pytest.mark.asyncio(loop_scope="session")

WINDOW = Window("en", 800, 600)
PAGE = '<!doctype html><html lang="en"><title>Words</title><main><h1>Words</h1>%s</main>'
PALE = '<p%s style="color: #abc">Words that are too pale</p>'


@pytest.mark.parametrize(
    "unjudged",
    [
        PALE % " hidden",
        PALE % ""
        + '<div style="position: absolute; inset: 0"><img alt="" src="data:," width="800" height="600"></div>',
    ],
    ids=["hidden", "covered"],
)
async def test_colours_that_could_not_be_judged_are_judged_on_the_next_page(chromium: Browser, unjudged: str) -> None:
    """Seen red with all colours of a page taken for judged."""
    context = await open_window(chromium, "http://127.0.0.1", WINDOW)
    page = await context.new_page()
    await page.goto("data:text/html," + quote(PAGE % unjudged))
    await find_no_violation(page, WINDOW)
    await page.goto("data:text/html," + quote(PAGE % (PALE % "")))
    with pytest.raises(AssertionError, match="color-contrast"):
        await find_no_violation(page, WINDOW)
    await context.close()
