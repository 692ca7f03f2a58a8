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
_DESKTOP = Window("en", 1200, 800)
_PHONE = Window("fr", 390, 844)
_COLOURS = 64


async def take(browser: Browser, stack: Stack, shop: Shop, folder: Path) -> None:
    """One picture of each page that a reader should see first."""
    shipment = next(one for one in await shop.shipments() if one["write_back"] == "confirmed")
    batch = (await shop.get("/api/labels/v1/batches"))["items"][0]
    pages = {
        "orders": (_DESKTOP, "/orders"),
        "order": (_DESKTOP, f"/orders/{shipment['order_id']}"),
        "stock": (_DESKTOP, "/stock"),
        "connections": (_DESKTOP, "/connections"),
        "batch": (_DESKTOP, f"/shipments/batches/{batch['id']}"),
        "phone": (_PHONE, "/orders"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, (window, address) in pages.items():
        context = await open_window(browser, stack.origin, window)
        page = await context.new_page()
        await page.goto(f"/signin?language={window.language}")
        await page.locator('main [name="email"]').fill(shop.email)
        await page.locator('main [name="password"]').fill(PASSWORD)
        await page.locator("main form button").click()
        await page.wait_for_url("**/connections")
        await page.goto(address)
        keep(await page.screenshot(), folder / f"{name}.png")
        await context.close()


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
