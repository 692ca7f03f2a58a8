"""What a seller sees while a server is away: pages and lists that say when to come again, or answer as ever."""

from html import unescape

import httpx

from tests.shop import Shop

PAGES_AND_LISTS = (
    "/connections", "/orders", "/stock", "/shipments",
    "/api/auth/v1/connections", "/api/orders/v1/orders", "/api/inventory/v1/skus", "/api/labels/v1/shipments",
)  # fmt: skip
_SENTENCES = ("The database does not answer just now.", "Something this needs does not answer just now.")


async def ask(shop: Shop, path: str) -> httpx.Response:
    """The bare answer under this shop's session."""
    client: httpx.AsyncClient = shop.browser._client
    accept = "application/json" if path.startswith("/api") else "text/html"
    return await client.get(shop.browser._origin + path, headers={"accept": accept}, follow_redirects=False)


async def says_come_again(shop: Shop, path: str) -> bool:
    """503 with when to come again, and a sentence: on a page, or in a problem."""
    answer = await ask(shop, path)
    said = unescape(answer.text)
    return answer.status_code == 503 and "retry-after" in answer.headers and any(one in said for one in _SENTENCES)


async def all_answer(shop: Shop) -> bool:
    return all([(await ask(shop, path)).status_code == 200 for path in PAGES_AND_LISTS])
