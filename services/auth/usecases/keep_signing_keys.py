"""Sees to it that there is a young signing key, and that old ones are published no longer than needed."""

from services.auth.domain.signing import needs_successor, retired, signing
from services.auth.usecases.ports import SigningVault, Store
from shared.kernel.clock import Clock


async def keep_signing_keys(*, store: Store, vault: SigningVault, clock: Clock) -> None:
    """
    Makes the first key, or a successor where one is due or the newest cannot sign any more; removes what is retired.

    Safe in several processes.
    """
    await store.signing_keys.lock()
    now = clock.now()
    keys = await store.signing_keys.all()
    newest = signing(keys)
    if newest is None or needs_successor(keys, now) or not vault.opens(newest):
        await store.signing_keys.add(vault.new_key(now))
    old = retired(await store.signing_keys.all(), now)
    await store.signing_keys.delete([key.kid for key in old])
