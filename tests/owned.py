"""An organisation that has something of everything, and its ids."""

import asyncio
import re
import secrets
from contextlib import AsyncExitStack

from deploy.local.browser import Browser
from deploy.local.stack import Stack
from shared.access.scopes import ORDERS_READ
from tests.authenticator import Authenticator
from tests.shop import PASSWORD, Shop, beside, open_shop

_SKU = "SKU-001"


async def owned(opened: AsyncExitStack, stack: Stack) -> tuple[Shop, tuple[dict[str, str], ...]]:
    """At both marketplaces; its ids at each."""
    shop = await opened.enter_async_context(open_shop(stack, levels={_SKU: 500}, skus=[_SKU]))
    found = []
    for one in (shop, await beside(shop, skus=[_SKU])):
        (number,) = await one.plant(1, lines=[{"sku": _SKU, "quantity": 1}])
        await one.confirmed([number])
        found.append(await _ids_of(one, number))
    return shop, tuple(found)


async def _ids_of(shop: Shop, number: str) -> dict[str, str]:
    """This shop's own ids around one of its orders, by the name a path parameter has."""
    connection = await shop.connection()
    order = (await shop.orders())[number]
    (shipment,) = [one for one in await shop.shipments() if one["order_id"] == order["id"]]
    batch = await shop.send("POST", "/api/labels/v1/batches", {"order_ids": [order["id"]]})
    return {
        "connection_id": connection["id"],
        "channel_id": connection["channels"][0]["id"],
        "order_id": order["id"],
        "shipment_id": shipment["id"],
        "batch_id": batch["id"],
        "listing_id": await _listing_of(shop),
        "import_id": await _import_of(shop),
        **await _client_of(shop),
        "session_id": await _session_of(shop),
        "passkey_id": await _passkey_of(shop),
        **await _member_of(shop),
        "sku": _SKU,
    }


async def _member_of(shop: Shop) -> dict[str, str]:
    """The ids of the owner's account, and of an invitation."""
    page = await shop.browser.open("/settings/members")
    guest = f"{secrets.token_hex(6)}@shop.example"
    page = await shop.browser.submit(page, page.form("email"), email=guest, role="viewer")
    invited, member = (
        re.findall(rf"/settings/members/{kind}([0-9a-f-]{{36}})/", page.text)[-1] for kind in ("invitations/", "")
    )
    return {"user_id": member, "invitation_id": invited}


async def _session_of(shop: Shop) -> str:
    """The id of another session of the same person."""
    async with Browser(shop.browser._origin) as other:
        page = await other.open("/signin")
        await other.submit(page, page.form("email", "password"), email=shop.email, password=PASSWORD)
    listed = (await shop.browser.open("/settings/account")).text
    return str(re.findall(r"/settings/account/sessions/([^/\"]+)/end\"", listed)[0])


async def _passkey_of(shop: Shop) -> str:
    """The id of the person's passkey, made once: from then on their password alone signs nobody in."""
    path, find = "/settings/account/passkeys", re.compile(r"/settings/account/passkeys/([^/\"]+)/remove")
    page = await shop.browser.open(path)
    if not find.search(page.text):
        client, origin = shop.browser._client, shop.browser._origin
        form = {"csrf_token": shop.csrf_token, "name": "Ours"}
        begun = await client.post(f"{origin}{path}/begin", data=form | {"password": PASSWORD})
        made = Authenticator(origin=origin.replace("127.0.0.1", "localhost")).create(begun.json())
        await client.post(f"{origin}{path}", data=form | {"credential": made})
        page = await shop.browser.open(path)
    return str(find.findall(page.text)[0])


async def _listing_of(shop: Shop) -> str:
    """Our id of a listing of this account, once it is read."""
    path = f"/api/inventory/v1/listings?connection_id={(await shop.connection())['id']}"
    async with asyncio.timeout(60):
        while not (items := (await shop.get(path))["items"]):
            await asyncio.sleep(0.2)
    return str(items[0]["id"])


async def _import_of(shop: Shop) -> str:
    """The id of a table of levels that was uploaded and not applied."""
    page = await shop.browser.open("/stock/import")
    form = page.form("lines")
    return (await shop.browser.submit(page, form, lines=f"sku,counted\n{_SKU},4")).url.rsplit("/", 1)[-1]


async def _client_of(shop: Shop) -> dict[str, str]:
    """The ids of an API client made on its page, and of its secret."""
    page = await shop.browser.open("/settings/api-clients")
    await shop.browser.submit(page, page.form("name"), name="Ours", scopes=ORDERS_READ, password=PASSWORD)
    listed = (await shop.browser.open("/settings/api-clients")).text
    client_id = str(re.findall(r"/settings/api-clients/([^/\"]+)/revoke", listed)[0])
    its_page = (await shop.browser.open(f"/settings/api-clients/{client_id}")).text
    return {"client_id": client_id, "secret_id": str(re.findall(r"/secrets/([^/\"]+)/end", its_page)[0])}
