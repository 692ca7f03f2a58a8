"""A migrated database, orders over it, and browsers that ask it."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest

from services.orders.entrypoints.api import make_app
from shared.access.access import Access
from shared.access.tokens import TokenVerifier
from tests.engines import give_back, lend_engine
from tests.infrastructure import MakeDatabase
from tests.integration.orders.browsers import KnownSessions, KnownTokens, client
from tests.integration.orders.service import OrdersService


@pytest.fixture
async def orders(migrated_database: MakeDatabase) -> AsyncIterator[OrdersService]:
    engine = lend_engine(migrated_database("orders"), pool_size=8)
    yield OrdersService(engine)
    await give_back(engine)


@pytest.fixture
def app(orders: OrdersService) -> Any:
    access = Access(KnownSessions(), cast(TokenVerifier, KnownTokens()), "http://127.0.0.1:8080")
    return make_app(orders.parts, access)


@pytest.fixture
async def ours(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app, "ours") as browser:
        yield browser


@pytest.fixture
async def theirs(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app, "theirs") as browser:
        yield browser
