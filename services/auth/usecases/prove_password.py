"""
Whether e-mail and password fit: tries are counted before they are made, ten wrong ones in a row lock the account.

An address that nobody has counts, locks and takes as long as one that somebody has. Who has it is told of a lock by
mail, once.
"""

from dataclasses import dataclass
from datetime import datetime

from services.auth.domain.account import LOCKED_AFTER, Account, SignInRefused, email_key, may_be_email
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.mail import MailKind
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.actor import Person
from services.auth.usecases.count_attempt import Mask, check_attempts, count_attempt, lock_digest, sign_in_keys
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose password it was, and what its try was counted by."""

    account: Account
    keys: dict[str, str]
    lock: str

    async def settle(self, store: Store) -> Account:
        """It was no failure. Raises as `locked`."""
        newest = await self.locked(store)
        await store.attempts.uncount(self.keys)
        await store.locks.forget(self.lock)
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
    now, key = clock.now(), email_key(email)
    keys, lock = sign_in_keys(key, address, mask), lock_digest(key, mask)
    async with uow() as store:
        counted = await count_attempt(keys, store=store, now=now)
        account = await store.accounts.by_email(key) if may_be_email(email.strip()) else None
        failures, locked_until = await store.locks.count(lock, account.id if account else None, now)
    check_attempts(counted, now, locked_until=locked_until if failures > LOCKED_AFTER else None)
    fits = await hasher.verify(account.password_hash if account else None, password)
    if account is None or account.disabled_at is not None or not fits:
        if account is not None:
            whose, locked = Person(account.id, account.organisation_id), failures == LOCKED_AFTER
            await note_refusal(whose, Action.SIGN_IN_REFUSED, uow, now, lock=MailKind.LOCKED if locked else None)
        raise SignInRefused
    return Proven(account, keys, lock)


async def note_refusal(
    whose: Person, refused: Action, uow: UnitOfWork[Store], now: datetime, *, lock: MailKind | None
) -> None:
    """In the audit log. `lock`: by this failure the account is locked, of which its owner gets this mail."""
    async with uow() as store:
        for action in (refused, Action.LOCKED) if lock else (refused,):
            await store.audit.add(AuditEntry(new_id(), now, action, whose.organisation_id, whose.id))
        if lock:
            await store.mails.ask(whose.id, lock, now)
