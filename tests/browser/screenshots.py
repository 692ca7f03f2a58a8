"""`python -m tests.browser.screenshots` writes docs/pictures anew: a made-up shop, every picture under 80 KB."""

import asyncio
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser.chromium import find_chromium, running_chromium
from tests.browser.person import Window, open_window
from tests.browser.scene import busy_shop
from tests.shop import PASSWORD, Shop, stack_for_tests

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
MOST_BYTES = 80_000
_WINDOW = Window("en", 1200, 800)
_COLOURS = 64


async def take(browser: Browser, stack: Stack, shop: Shop, folder: Path) -> None:
    """One picture of each page that a reader should see first; of those where accounts are connected in French, too."""
    batch = (await shop.get("/api/labels/v1/batches"))["items"][0]
    connection = f"/connections/{(await shop.connection())['id']}"
    pages = {
        "dashboard": "/dashboard",
        "orders": "/orders",
        "stock": "/stock",
        "batch": f"/shipments/batches/{batch['id']}",
        "connections": "/connections",
        "connection": connection,
        "connections-fr": "/connections?language=fr",
        "connection-fr": f"{connection}?language=fr",
    }
    folder.mkdir(parents=True, exist_ok=True)
    context = await open_window(browser, stack.origin, _WINDOW)
    page = await context.new_page()
    await page.goto("/signin")
    await page.locator('main [name="email"]').fill(shop.email)
    await page.locator('main [name="password"]').fill(PASSWORD)
    await page.locator("main form button").first.click()
    await page.wait_for_url("**/dashboard")
    for name, address in pages.items():
        await page.goto(address)
        keep(await page.screenshot(), folder / f"{name}.png")


def keep(picture: bytes, path: Path) -> None:
    """Few colours are enough for pages, and small."""
    Image.open(BytesIO(picture)).convert("RGB").quantize(_COLOURS).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{path.name} has {size} bytes, more than {MOST_BYTES}")


async def main() -> None:
    path = find_chromium()
    if path is None:
        raise SystemExit("Chromium is needed, and not on the path.")
    with tempfile.TemporaryDirectory() as folder:
        async with (
            stack_for_tests(Path(folder), {}) as stack,
            running_chromium(path) as browser,
            busy_shop(stack) as shop,
        ):
            await take(browser, stack, shop, FOLDER)


if __name__ == "__main__":
    asyncio.run(main())
