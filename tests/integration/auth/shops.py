"""What a seller does at a marketplace where access is delegated in a portal, as tests tell it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from services.auth.bootstrap import PROBE
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.delegating import BAZAAR, REGION

API = "/api/auth/v1/connections"


@dataclass
class Shop:
    """An organisation that has claimed an account."""

    auth: Running
    visitor: Visitor
    seller_id: str
    id: str

    async def connection(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.visitor.client.get(f"{API}/{self.id}")).json()
        return found

    async def state(self) -> str:
        return str((await self.connection())["state"])

    async def page(self) -> str:
        return (await self.visitor.get(f"/connections/{self.id}")).text

    async def check(self) -> httpx.Response:
        return await self.visitor.submit(f"/connections/{self.id}/check")

    async def prove(self, client_id: str, client_secret: str) -> httpx.Response:
        fields = {"client_id": client_id, "client_secret": client_secret}
        return await self.visitor.submit(f"/connections/{self.id}/proof", **fields)

    async def disconnect(self) -> None:
        assert (await self.visitor.submit(f"/connections/{self.id}/disconnect")).status_code == 303

    async def probe_by_worker(self) -> None:
        """One turn of the worker for this connection."""
        async with self.auth.held.claims.lease_of(PROBE, UUID(self.id)) as lease:
            assert lease is not None
            await self.auth.held.probe(lease)

    async def token(self) -> httpx.Response:
        service = await self.auth.service()
        return await service.post(f"/internal/v1/connections/{self.id}/access-token", json={})


async def claim(visitor: Visitor, seller_id: str, **fields: str) -> httpx.Response:
    """Fills in the form of the page *Connect*."""
    page = f"/connections/{BAZAAR}/connect"
    return await visitor.submit(page, page=page, region=REGION, seller_id=seller_id, **fields)


async def shop(auth: Running, seller_id: str, visitor: Visitor | None = None, **fields: str) -> Shop:
    """A new organisation's claim, unless a visitor is given."""
    visitor = visitor or await auth.visitor().sign_up()
    answer = await claim(visitor, seller_id, **fields)
    assert answer.status_code == 303, answer.text
    return Shop(auth, visitor, seller_id, answer.headers["location"].rpartition("/")[2])


async def proven_shop(auth: Running, delegated: set[str], seller_id: str) -> Shop:
    """Claimed, then delegated, then let in."""
    made = await shop(auth, seller_id)
    delegated.add(seller_id)
    await made.check()
    assert await made.state() == "authorised"
    return made
