"""
Whether e-mail and password fit: tries are counted before they are made, ten wrong ones in a row lock the account.

An address that nobody has counts, locks and takes as long as one that somebody has. Who has it is told of a lock by
mail, once a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Counter

from services.auth.domain.account import LOCKED_AFTER, Account, SignInRefused, email_key, may_be_kept
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.mail import LOCK_TOLD_EVERY, MailKind
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.actor import Person
from services.auth.usecases.count_attempt import (
    Mask,
    act_keys,
    act_lock_digest,
    check_attempts,
    count_attempt,
    lock_digest,
    sign_in_keys,
)
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork

locks = Counter("auth_locks_total", "Accounts locked by wrong passwords, codes or passkeys in a row, each as it begins")


@dataclass(frozen=True, slots=True)
class Counters:
    """What a try is counted by, and which mail tells that this locked."""

    keys: Mapping[str, str]
    lock: str
    told: MailKind


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose password it was, and what its try was counted by; None: another proof stood for it."""

    account: Account
    counters: Counters | None

    async def settle(self, store: Store) -> Account:
        """It was no failure. Raises as `locked`."""
        newest = await self.locked(store)
        if self.counters is not None:
            await store.attempts.uncount(self.counters.keys)
            await store.locks.forget(self.counters.lock)
        return newest

    async def locked(self, store: Store) -> Account:
        """
        The account until the transaction ends. Raises SignInRefused: its password was changed, or it was disabled,
        while the password was checked.
        """
        newest = await store.accounts.lock(self.account.id)
        if newest is None or newest.disabled_at or newest.password_hash != self.account.password_hash:
            raise SignInRefused
        return newest


async def prove_password(
    email: str,
    password: str,
    *,
    address: str,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    clock: Clock,
    mask: Mask,
) -> Proven:
    """
    Checking a password takes long on purpose, so it runs between transactions: none is open when this returns.

    Raises SignInRefused, also for a disabled account, and TooManyAttempts, also for a locked one.
    """
    key = email_key(email)
    counters = Counters(sign_in_keys(key, address, mask), lock_digest(key, mask), MailKind.LOCKED)
    return await _prove(email, password, counters, uow, hasher, clock.now())


async def prove_own_password(
    account: Account, password: str, *, uow: UnitOfWork[Store], hasher: PasswordHasher, clock: Clock, mask: Mask
) -> Proven:
    """The same by somebody who is signed in, whom no lock of the sign-in keeps out. Raises as `prove_password`."""
    its = (act_keys(account.id, mask), act_lock_digest(account.id, mask))
    return await _prove(account.email, password, Counters(*its, MailKind.ACTS_LOCKED), uow, hasher, clock.now())


async def _prove(
    email: str, password: str, counters: Counters, uow: UnitOfWork[Store], hasher: PasswordHasher, now: datetime
) -> Proven:
    async with uow() as store:
        counted = await count_attempt(counters.keys, store=store, now=now)
        account = await store.accounts.by_email(email_key(email)) if may_be_kept(email.strip()) else None
        failures, locked_until = await store.locks.count(counters.lock, account.id if account else None, now)
    check_attempts(counted, now, locked_until=locked_until if failures > LOCKED_AFTER else None)
    fits = await hasher.verify(account.password_hash if account else None, password)
    if account is None or account.disabled_at is not None or not fits:
        if account is not None:
            whose, told = Person(account.id, account.organisation_id), counters.told
            lock = told if failures == LOCKED_AFTER else None
            await note_refusal(whose, Action.SIGN_IN_REFUSED, uow, now, lock=lock)
        raise SignInRefused
    return Proven(account, counters)


async def note_refusal(
    whose: Person, refused: Action | None, uow: UnitOfWork[Store], now: datetime, *, lock: MailKind | None
) -> None:
    """
    In the audit log; `refused` None: it is there already. `lock`: by this failure something is locked, of which this
    mail tells, once a day.
    """
    async with uow() as store:
        for action in (refused, Action.LOCKED if lock else None):
            if action is not None:
                await store.audit.add(AuditEntry(new_id(), now, action, whose.organisation_id, whose.id))
        if lock and not await store.mails.told_since(whose.id, lock, now - LOCK_TOLD_EVERY):
            await store.mails.ask(whose.id, lock, now)
    if lock:
        locks.inc()
