"""
The worker's quiet upkeep: a young signing key, nothing kept beyond its time, no claim that nothing proved, no consent's
end unnoticed, data keys under the newest key.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.auth.domain.signing import SigningTurns
from services.auth.usecases.age_connections import age_connections
from services.auth.usecases.ask_for_roles import tell_of_roles
from services.auth.usecases.audit_log import remove_old_entries
from services.auth.usecases.delete_old import delete_closed
from services.auth.usecases.keep_signing_keys import keep_signing_keys
from services.auth.usecases.lapse_claims import lapse_claims
from services.auth.usecases.ports import KeyWrapping, SigningVault, Store
from services.auth.usecases.remind import remind, remind_of_private_apps, tell_of_own_secrets
from services.auth.usecases.rewrap_keys import rewrap_keys
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork

Id = TypeVar("Id")


async def keep_house(
    *,
    uow: UnitOfWork[Store],
    signing: SigningVault,
    signing_turns: SigningTurns,
    wrapping: KeyWrapping,
    expired_goes_on: bool,
    clock: Clock,
) -> None:
    """Each step is a transaction of its own, safe to repeat and to run in several processes. Raises Unavailable."""
    async with uow() as store:
        await store.upkeep.remove_ended(clock.now())
        await delete_closed(store=store, clock=clock)
    while await _in_one(uow, lambda store: remove_old_entries(store=store, clock=clock)):
        pass
    async with uow() as store:
        await lapse_claims(store=store, clock=clock)
    async with uow() as store:
        await remind_of_private_apps(store=store, clock=clock)
    async with uow() as store:
        await tell_of_own_secrets(store=store, clock=clock)
    while await _in_one(uow, lambda store: tell_of_roles(store=store, clock=clock)):
        pass
    await _all(uow, lambda store, after: age_connections(after, goes_on=expired_goes_on, store=store, clock=clock))
    await _all(uow, lambda store, after: remind(after, store=store, clock=clock))
    # Last, as they may ask a key service, which may be away.
    await keep_signing_keys(signing_turns, uow=uow, vault=signing, clock=clock)
    await rewrap_keys(uow=uow, wrapping=wrapping, told=lambda _: None)


async def _in_one(uow: UnitOfWork[Store], work: Callable[[Store], Awaitable[bool]]) -> bool:
    async with uow() as store:
        return await work(store)


async def _all(uow: UnitOfWork[Store], batch: Callable[[Store, Id | None], Awaitable[Id | None]]) -> None:
    """Batch after batch: each begins after the id that the last one gave, until one gives none."""
    after: Id | None = None
    while True:
        async with uow() as store:
            after = await batch(store, after)
        if after is None:
            return
