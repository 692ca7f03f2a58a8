"""Sees to it that there is a young signing key, and that old ones are published no longer than needed."""

from services.auth.domain.signing import SigningKey, needs_successor, retired, signing
from services.auth.usecases.ports import SigningVault, Store
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def keep_signing_keys(*, uow: UnitOfWork[Store], vault: SigningVault, clock: Clock) -> None:
    """
    Makes the first key, or a successor where one is due or the newest cannot sign any more; removes what is retired.

    Safe in several processes. No transaction is open while a key service may be asked. Raises Unavailable.
    """
    now = clock.now()
    async with uow() as store:
        seen = await store.signing_keys.all()
    newest = signing(seen)
    made: SigningKey | None = None
    if newest is None or needs_successor(seen, now) or not await vault.opens(newest):
        made = await vault.new_key(now)
    async with uow() as store:
        await store.signing_keys.lock()
        if made is not None and signing(await store.signing_keys.all()) == newest:  # nobody was faster
            await store.signing_keys.add(made)
        old = retired(await store.signing_keys.all(), now)
        await store.signing_keys.delete([key.kid for key in old])
