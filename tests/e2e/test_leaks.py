"""What nobody may find: a buyer, a token, a secret, in topics, logs, databases, URLs, errors and strangers' pages."""

import json
from collections.abc import Sequence
from uuid import UUID

import pytest

from deploy.local.sandbox_apps import OCTOPIA
from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.kernel.ids import ConnectionId
from tests.e2e.searched import BUYERS, OWN_SECRET, dumped, logged, proof_refused, published
from tests.e2e.tokens import tokens_at
from tests.shop import PASSWORD, Shop, beside, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def shipped(shop: Shop) -> str:
    """An order with the planted buyer, confirmed; recipient and label read, as a person does. Our id of it."""
    buyer = BUYERS[shop.marketplace]
    (number,) = await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 1}], buyer=buyer)
    await shop.confirmed([number])
    order_id = str((await shop.orders())[number]["id"])
    recipient = json.dumps(await shop.get(f"/api/orders/v1/orders/{order_id}/recipient"))
    assert buyer["city"] in recipient, "the canary must have come through, or nothing was proved"
    (shipment,) = [s for s in await shop.shipments() if s["order_id"] == order_id]
    await shop.browser.open(f"/shipments/{shipment['id']}/label.pdf")
    return order_id


async def access_tokens(stack: Stack, shops: Sequence[Shop]) -> list[str]:
    """What opens their accounts just now."""
    outward = Outward(SystemClock())
    tokens = tokens_at(stack, stack.layout.api_url("auth"), outward)
    ids = [ConnectionId(UUID((await shop.connection())["id"])) for shop in shops]
    found = [(await tokens.get(connection_id)).value for connection_id in ids]
    await outward.close()
    return found


async def test_nothing_of_the_buyer_or_of_our_secrets_is_found_anywhere(stack: Stack) -> None:
    """Orders of both marketplaces with planted buyers, to their confirmation; then everything is searched."""
    async with (
        open_shop(stack, levels={"SKU-001": 9}) as shop,
        open_shop(stack, connected=False, marketplace=OCTOPIA) as stranger,
    ):
        shops = [shop, await beside(shop, skus=["SKU-001"])]
        orders = [await shipped(one) for one in shops]
        await proof_refused(stranger)
        pages = ["/", "/orders", "/shipments", "/stock", "/stock/listings", "/connections", "/orders?search=Canary"]
        pages += [f"/orders/{order_id}" for order_id in orders]
        seen_by_stranger = "".join([(await stranger.browser.open(path)).text for path in pages])
        opening = await access_tokens(stack, shops)

    secrets = Secrets(stack.folder.secrets)
    session = next(cookie.value for cookie in shop.browser._client.cookies.jar if "session" in cookie.name)
    hidden = [
        *(value for buyer in BUYERS.values() for value in buyer.values()), PASSWORD, OWN_SECRET, str(session),
        *secrets.far_client_secrets().values(), secrets.client_secret("labels"), secrets.client_secret("orders"),
        *opening, "Atzr|", "Atza|", "spapi_oauth_code=",
    ]  # fmt: skip
    found_in = {"topic": await published(stack), "log": logged(stack), "database": await dumped(stack)}
    places = {
        f"{what} {name}": text.decode(errors="replace") for what, of in found_in.items() for name, text in of.items()
    }
    places["a stranger's pages"] = seen_by_stranger
    assert len(found_in["log"]) >= 10
    assert "http.out" in places["log orders-poller"]
    found = [(place, value[:12]) for place, content in places.items() for value in hidden if value in content]
    assert found == []
