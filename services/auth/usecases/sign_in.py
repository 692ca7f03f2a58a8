"""E-mail and password against a session; wrong ones are counted, and too many refused."""

from collections.abc import Callable

from services.auth.domain.account import Account, SignInRefused, email_key, may_be_email
from services.auth.domain.audit import Action, AuditEntry
from services.auth.usecases.count_attempt import Mask, check_attempts, count_attempt, sign_in_keys
from services.auth.usecases.ports import PasswordHasher, Store
from services.auth.usecases.start_session import SignedIn, start_session
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork


async def sign_in(
    email: str,
    password: str,
    *,
    address: str,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    clock: Clock,
    new_secret: Callable[[], str],
    mask: Mask,
) -> SignedIn:
    """
    Checking a password takes long on purpose, so it runs between two transactions.

    Raises SignInRefused, TooManyAttempts. An unknown address takes as long as a wrong password.
    """
    now = clock.now()
    key = email_key(email)
    keys = sign_in_keys(key, address, mask)
    async with uow() as store:
        counted = await count_attempt(keys, store=store, now=now)
        account = await store.accounts.by_email(key) if may_be_email(email.strip()) else None
    check_attempts(counted, now)
    fits = await hasher.verify(account.password_hash if account else None, password)
    if account is None or not fits:
        await _note_refusal(account, uow, clock)
        raise SignInRefused
    newer_hash = await hasher.hash(password) if hasher.is_outdated(account.password_hash) else None
    async with uow() as store:
        await store.attempts.uncount(keys)
        if newer_hash is not None:
            await store.accounts.set_password_hash(account.id, newer_hash)
        await store.audit.add(AuditEntry(new_id(), now, Action.SIGNED_IN, account.organisation_id, account.id))
        return await start_session(account, store=store, now=now, new_secret=new_secret)


async def _note_refusal(account: Account | None, uow: UnitOfWork[Store], clock: Clock) -> None:
    if account is None:
        return
    async with uow() as store:
        await store.audit.add(
            AuditEntry(new_id(), clock.now(), Action.SIGN_IN_REFUSED, account.organisation_id, account.id)
        )
