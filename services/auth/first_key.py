"""
The first signing key, made by `migrate`: so that the first service that asks for a token gets one.

A composition root of its own, beside `bootstrap.py`: `migrate` needs neither pages nor far sides and must start fast.
"""

from services.auth.adapters.store import bind
from services.auth.settings import MigrationSettings
from services.auth.usecases.keep_signing_keys import keep_signing_keys
from services.auth.vault.signing import SealedSigning
from shared.crypto.keyring import KeyRing
from shared.db.engine import make_engine
from shared.db.unit_of_work import SqlUnitOfWork
from shared.kernel.clock import SystemClock


async def make_first_key(settings: MigrationSettings) -> None:
    """Where there is none; several at once make one. Without key-encryption keys the first API process does it."""
    if settings.key_encryption_keys is None:
        return
    signing = SealedSigning(KeyRing.parse(settings.key_encryption_keys.get_secret_value()))
    engine = make_engine(settings.database_url.get_secret_value(), "auth migrate", pool_size=1)
    try:
        async with SqlUnitOfWork(engine, bind)() as store:
            await keep_signing_keys(store=store, vault=signing, clock=SystemClock())
    finally:
        await engine.dispose()
