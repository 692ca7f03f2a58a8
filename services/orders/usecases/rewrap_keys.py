"""Bringing data keys under the newest key-encryption key, so that the one before may be left out of the setting."""

from services.orders.usecases.ports import KeyWrapping, Store
from shared.kernel.ports import UnitOfWork


async def rewrap_keys(*, uow: UnitOfWork[Store], wrapping: KeyWrapping) -> None:
    """All that are under another: of orders, and of records that could not be read. A transaction per batch."""
    after = None
    while True:
        async with uow() as store:
            after = await store.data_keys.rewrap_orders(after, wrapping)
        if after is None:
            break
    while True:
        async with uow() as store:
            after = await store.data_keys.rewrap_unreadable(after, wrapping)
        if after is None:
            return
