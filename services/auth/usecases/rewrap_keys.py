"""Brings data keys under the newest key-encryption key, so that the one before may be left out of the setting."""

import asyncio
from collections.abc import Callable

from services.auth.domain.keys import Sealed, WrappedKey
from services.auth.usecases.ports import KeyWrapping, Store
from shared.kernel.ports import UnitOfWork


async def rewrap_keys(*, uow: UnitOfWork[Store], wrapping: KeyWrapping, told: Callable[[int], None]) -> None:
    """
    Every data key that is under another, a batch at a time; `told` how many were, after each. Raises Unavailable.

    What is done stays done, wherever it ends; several at once harm nobody: a key is replaced only where it is still
    the one that was read. One that does not open is left as it is.
    """
    for sealed in Sealed:
        after = None
        while True:
            async with uow() as store:
                batch = await store.upkeep.keys_under_another(sealed, wrapping.newest, after)
            if not batch:
                break
            told(await _replaced(batch, uow=uow, wrapping=wrapping))
            after = batch[-1].id


async def _replaced(batch: list[WrappedKey], *, uow: UnitOfWork[Store], wrapping: KeyWrapping) -> int:
    """No transaction is open while a key service may be asked."""
    rewrapped = await asyncio.gather(*(wrapping.rewrap(key) for key in batch))
    done = 0
    async with uow() as store:
        for key, wrapped in zip(batch, rewrapped, strict=True):
            if wrapped is not None:
                done += await store.upkeep.replace_key(key, wrapped)
    return done
