"""Sees to it that there is a young signing key, and that old ones are published no longer than needed."""

from services.auth.domain.signing import SigningKey, SigningTurns, signing
from services.auth.usecases.ports import SigningVault, Store
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def have_signing_key(*, uow: UnitOfWork[Store], vault: SigningVault, clock: Clock) -> SigningKey:
    """
    The newest key, one that can sign: where there is none it is made.

    Safe in several processes. No transaction is open while a key service may be asked. Raises Unavailable.
    """
    async with uow() as store:
        newest = signing(await store.signing_keys.all())
    if newest is not None and await vault.opens(newest):
        return newest
    return await _succeed(newest, uow=uow, vault=vault, clock=clock)


async def keep_signing_keys(turns: SigningTurns, *, uow: UnitOfWork[Store], vault: SigningVault, clock: Clock) -> None:
    """The same; makes a successor where one is due, and removes what is retired. Raises Unavailable."""
    newest = await have_signing_key(uow=uow, vault=vault, clock=clock)
    if turns.needs_successor(newest, clock.now()):
        await _succeed(newest, uow=uow, vault=vault, clock=clock)
    async with uow() as store:
        await store.signing_keys.lock()
        old = turns.retired(await store.signing_keys.all(), clock.now())
        await store.signing_keys.delete([key.kid for key in old])


async def _succeed(
    newest: SigningKey | None, *, uow: UnitOfWork[Store], vault: SigningVault, clock: Clock
) -> SigningKey:
    """The key after the newest that was seen: made here, unless somebody was faster."""
    made = await vault.new_key(clock.now())
    async with uow() as store:
        await store.signing_keys.lock()
        known = signing(await store.signing_keys.all())
        if known is not None and known != newest:
            return known
        await store.signing_keys.add(made)
    return made
