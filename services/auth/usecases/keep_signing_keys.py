"""Sees to it that there is a young signing key, and that old ones are published no longer than needed."""

from services.auth.domain.signing import SigningKey, SigningTurns, newest, signers
from services.auth.usecases.ports import SigningVault, Store
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def have_signing_key(*, uow: UnitOfWork[Store], vault: SigningVault, clock: Clock) -> SigningKey:
    """
    The key that signs: where there is none, or none that opens, it is made, and signs before anybody has read it.

    Safe in several processes. No transaction is open while a key service may be asked. Raises Unavailable.
    """
    async with uow() as store:
        keys = await store.signing_keys.all()
    for key in signers(keys, clock.now()):
        if await vault.opens(key):
            return key
    return await _succeed(newest(keys), uow=uow, vault=vault, clock=clock)


async def keep_signing_keys(turns: SigningTurns, *, uow: UnitOfWork[Store], vault: SigningVault, clock: Clock) -> None:
    """
    The same; makes a successor where one is due, or the one that waits for its turn does not open, and removes what is
    retired. Raises Unavailable.
    """
    await have_signing_key(uow=uow, vault=vault, clock=clock)
    async with uow() as store:
        last = newest(await store.signing_keys.all())
    if last is not None and (turns.needs_successor(last, clock.now()) or not await vault.opens(last)):
        await _succeed(last, uow=uow, vault=vault, clock=clock)
    async with uow() as store:
        await store.signing_keys.lock()
        old = turns.retired(await store.signing_keys.all(), clock.now())
        await store.signing_keys.delete([key.kid for key in old])


async def _succeed(last: SigningKey | None, *, uow: UnitOfWork[Store], vault: SigningVault, clock: Clock) -> SigningKey:
    """The key after the newest that was seen: made here, unless somebody was faster."""
    made = await vault.new_key(clock.now())
    async with uow() as store:
        await store.signing_keys.lock()
        known = newest(await store.signing_keys.all())
        if known is not None and known != last:
            return known
        await store.signing_keys.add(made)
    return made
