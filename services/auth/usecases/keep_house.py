"""
The worker's quiet upkeep: a young signing key, nothing kept beyond its time, no claim that nothing proved, data keys
under the newest key.
"""

from services.auth.usecases.keep_signing_keys import keep_signing_keys
from services.auth.usecases.lapse_claims import lapse_claims
from services.auth.usecases.ports import KeyWrapping, SigningVault, Store
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def keep_house(*, uow: UnitOfWork[Store], signing: SigningVault, wrapping: KeyWrapping, clock: Clock) -> None:
    """Each step is a transaction of its own, safe to repeat and to run in several processes."""
    async with uow() as store:
        await keep_signing_keys(store=store, vault=signing, clock=clock)
    async with uow() as store:
        await store.upkeep.remove_ended(clock.now())
    async with uow() as store:
        await lapse_claims(store=store, clock=clock)
    async with uow() as store:
        await store.upkeep.rewrap_signing_keys(wrapping.rewrap_signing_key)
    after = None
    while True:
        async with uow() as store:
            after = await store.upkeep.rewrap_grants(after, wrapping.rewrap_grant)
        if after is None:
            return
