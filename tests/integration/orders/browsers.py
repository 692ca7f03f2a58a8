"""Whoever asks: browsers with a session, programs and services with a token."""

from typing import Any
from uuid import uuid4

import httpx

from shared.access.errors import NotSignedIn
from shared.access.principal import Principal
from shared.access.roles import Role, permissions_of
from shared.access.scopes import ORDERS_READ, ORDERS_RECIPIENT_READ, ORDERS_WRITE
from shared.kernel.ids import UserId
from shared.marketplaces.models import MarketplaceOrder
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import ORGANISATION, OTHER_ORGANISATION, order, page, waiting

BASE = "/api/orders/v1"
USER = UserId(uuid4())
HTML = {"accept": "text/html"}
PERSONAL = ("Anne", "rue des Essais", "75011", "buyer.example", "+331")


class KnownSessions:
    """Three sessions: `ours` and `theirs`, of owners, and `viewer`, of another member of ours."""

    async def resolve(self, cookie_value: str) -> Principal | None:
        organisation = {"ours": ORGANISATION, "viewer": ORGANISATION, "theirs": OTHER_ORGANISATION}.get(cookie_value)
        if organisation is None:
            return None
        may = permissions_of(Role.VIEWER if cookie_value == "viewer" else Role.OWNER)
        return Principal(organisation, USER, may, csrf_token="genuine", label="anna@example.org")


class KnownTokens:
    """`labels`: our service; `program` and `writer`: clients of the organisation; orders are read, and answered."""

    async def verify(self, token: str) -> Principal:
        match token:
            case "labels":
                return Principal(None, None, frozenset({ORDERS_RECIPIENT_READ}), label="labels")
            case "program":
                return Principal(ORGANISATION, None, frozenset({ORDERS_READ}), label="erp")
            case "writer":
                return Principal(ORGANISATION, None, frozenset({ORDERS_READ, ORDERS_WRITE}), label="oms")
        raise NotSignedIn("no such token")


def client(app: Any, session: str | None = None, token: str | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1:8080",
        cookies={"passerelle_session": session} if session else None,
        headers={"authorization": f"Bearer {token}"} if token else None,
    )


async def stored(orders: OrdersService) -> Any:
    """One order of ours; its event."""
    await orders.connect()
    await orders.receive(page(order()))
    (told,) = await orders.events()
    return told


async def received(orders: OrdersService, told: MarketplaceOrder | None = None) -> Any:
    """An order of ours that waits for an answer, unless it is another; its event."""
    await orders.connect()
    await orders.receive(page(told or waiting()))
    return (await orders.events())[-1]
