"""
The first signing key, made by `migrate`: so that the first service that asks for a token gets one.

A composition root of its own, beside `bootstrap.py`: `migrate` needs neither pages nor far sides and must start fast.
"""

import structlog

from services.auth.adapters.store import bind
from services.auth.settings import MigrationSettings
from services.auth.usecases.keep_signing_keys import have_signing_key
from services.auth.vault.signing import SealedSigning
from shared.crypto.data_keys import DataKeys, WrappingKeys
from shared.db.engine import make_engine
from shared.db.unit_of_work import SqlUnitOfWork
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Unavailable

log = structlog.get_logger()


async def make_first_key(settings: MigrationSettings) -> None:
    """Where there is none; several at once make one. Where it cannot be wrapped the first API process does it."""
    if settings.key_encryption_keys is None:
        return
    clock = SystemClock()
    keys = DataKeys(WrappingKeys.parse(settings.key_encryption_keys.get_secret_value()), clock, settings.aws_kms_url)
    engine = make_engine(settings.database_url.get_secret_value(), "auth migrate", pool_size=1)
    try:
        await have_signing_key(uow=SqlUnitOfWork(engine, bind), vault=SealedSigning(keys), clock=clock)
    except Unavailable as error:
        log.warning("signing_key.made_later", reason=error.code)
    finally:
        await keys.close()
        await engine.dispose()
