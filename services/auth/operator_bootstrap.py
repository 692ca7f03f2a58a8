"""What an operator's commands work with, put together."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters.audit import SqlAuditLog
from services.auth.adapters.passwords import passwords_of
from services.auth.adapters.queries import SqlViews
from services.auth.adapters.store import bind
from services.auth.adapters.support import SqlSupportViews
from services.auth.bootstrap import claims_on, keys_of, new_secret_text
from services.auth.settings import MigrationSettings
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.audit_log import AuditLog
from services.auth.usecases.ports import Store
from services.auth.usecases.support_ports import SupportViews
from services.auth.usecases.views import Views
from services.auth.vault.fresh_keys import FreshKeys
from services.auth.vault.seals import GrantSeals
from services.auth.vault.wrapping import Rewrapping
from shared.crypto.data_keys import DataKeys
from shared.db.unit_of_work import SqlUnitOfWork
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ports import UnitOfWork

# Of passwords that nobody knows, least of all a guesser.
_HASH_MIB = 19


@dataclass(frozen=True)
class Operator:
    """What an operator's commands work with: the tables, and no secret that is there."""

    uow: UnitOfWork[Store]
    views: Views
    audit_log: AuditLog
    support: SupportViews
    clock: Clock
    new_secret: Callable[[], str]
    hasher: PasswordHasher
    expired_goes_on: bool


def operator_on(engine: AsyncEngine, settings: MigrationSettings) -> Operator:
    return Operator(
        uow=SqlUnitOfWork(engine, bind),
        views=SqlViews(engine),
        audit_log=SqlAuditLog(engine),
        support=SqlSupportViews(engine),
        clock=SystemClock(),
        new_secret=new_secret_text,
        hasher=passwords_of(_HASH_MIB),
        expired_goes_on=settings.expired_goes_on,
    )


@dataclass(frozen=True)
class KeyKeeper:
    """What an operator's commands about keys work with."""

    uow: UnitOfWork[Store]
    keys: DataKeys
    wrapping: Rewrapping
    fresh: FreshKeys


def key_keeper_on(engine: AsyncEngine, settings: MigrationSettings) -> KeyKeeper:
    clock = SystemClock()
    uow, keys = SqlUnitOfWork(engine, bind), keys_of(settings, clock)
    fresh = FreshKeys(uow, claims_on(engine, clock), GrantSeals(keys), clock)
    return KeyKeeper(uow, keys, Rewrapping(keys), fresh)
