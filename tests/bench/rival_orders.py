"""The rival of row c: orders listed by `python-amazon-sp-api` and kept by SQLAlchemy, as its users keep them."""

import json
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, MetaData, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.contract.sandbox.python_amazon_sp_api import Awaiting, Stranger
from tests.contract.sandbox.strangers import Account

# What ours asks for.
_QUESTION = {
    "createdAfter": "2026-01-01T00:00:00Z",
    "fulfillmentStatuses": ["PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED"],
    "includedData": "FULFILLMENT,CANCELLATION,PACKAGES,PROCEEDS,RECIPIENT,BUYER",
    "maxResultsPerPage": 100,
}


class _Base(DeclarativeBase):
    metadata = MetaData(schema="rival")


class _Order(_Base):
    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(primary_key=True)
    marketplace_id: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[str] = mapped_column(index=True)
    updated_at: Mapped[str]
    ship_by: Mapped[str | None]
    total: Mapped[Decimal | None]
    currency: Mapped[str | None]
    buyer: Mapped[Any] = mapped_column(JSONB)
    address: Mapped[Any] = mapped_column(JSONB)


class _Item(_Base):
    __tablename__ = "order_items"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey(_Order.id), index=True)
    sku: Mapped[str | None]
    title: Mapped[str | None]
    quantity: Mapped[int]
    price: Mapped[Decimal | None]


class RivalOrders:
    """One seller's orders, in tables of the rival's own in the same database."""

    def __init__(self, engine: AsyncEngine, account: Account) -> None:
        self._engine = engine
        self._library = Stranger(Awaiting())
        self._search = self._library.client("OrdersV20260101", account).search_orders

    async def prepare(self) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(text("create schema rival"))
            await connection.run_sync(_Base.metadata.create_all)

    async def empty(self) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(text("truncate rival.order_items, rival.orders"))

    async def stored(self) -> int:
        async with self._engine.connect() as connection:
            return (await connection.execute(select(func.count()).select_from(_Order))).scalar_one()

    async def read(self, pages: int) -> None:
        """Lists and stores so many pages."""
        after: dict[str, str] = {}
        for _ in range(pages):
            page = await self._search(**_QUESTION, **after)
            await self._store(page.payload["orders"])
            after = {"paginationToken": page.next_token}

    async def store(self, bodies: list[bytes]) -> None:
        """Pages that are at hand."""
        for body in bodies:
            await self._store(json.loads(body)["orders"])

    async def _store(self, orders: list[dict[str, Any]]) -> None:
        async with AsyncSession(self._engine) as session:
            for order in orders:
                await _upsert(session, _Order, [_order(order)])
                await _upsert(session, _Item, [_item(order["orderId"], item) for item in order["orderItems"]])
                await session.commit()

    async def close(self) -> None:
        await self._library.close()


async def _upsert(session: AsyncSession, entity: type[_Base], rows: list[dict[str, Any]]) -> None:
    statement = insert(entity)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), rows)


def _order(told: dict[str, Any]) -> dict[str, Any]:
    total = told.get("proceeds", {}).get("grandTotal", {})
    return {
        "id": told["orderId"],
        "marketplace_id": told["salesChannel"]["marketplaceId"],
        "status": told["fulfillment"]["fulfillmentStatus"],
        "created_at": told["createdTime"],
        "updated_at": told["lastUpdatedTime"],
        "ship_by": told["fulfillment"].get("shipByWindow", {}).get("latestDateTime"),
        "total": Decimal(total["amount"]) if total else None,
        "currency": total.get("currencyCode"),
        "buyer": told.get("buyer"),
        "address": told.get("recipient", {}).get("deliveryAddress"),
    }


def _item(order_id: str, told: dict[str, Any]) -> dict[str, Any]:
    price = told["product"].get("price", {}).get("unitPrice")
    return {
        "id": told["orderItemId"],
        "order_id": order_id,
        "sku": told["product"].get("sellerSku"),
        "title": told["product"].get("title"),
        "quantity": told["quantityOrdered"],
        "price": Decimal(price["amount"]) if price else None,
    }
