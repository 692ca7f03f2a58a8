"""Sees to it that there is a young signing key, and that old ones are published no longer than needed."""

from services.auth.domain.signing import needs_successor, retired
from services.auth.usecases.ports import SigningVault, Store
from shared.kernel.clock import Clock


async def keep_signing_keys(*, store: Store, vault: SigningVault, clock: Clock) -> None:
    """Makes the first key or a successor where one is due, then removes what is retired. Safe in several processes."""
    await store.signing_keys.lock()
    now = clock.now()
    if needs_successor(await store.signing_keys.all(), now):
        await store.signing_keys.add(vault.new_key(now))
    old = retired(await store.signing_keys.all(), now)
    await store.signing_keys.delete([key.kid for key in old])
