"""E-mail and password against a session; one whose password is too old must change it first."""

from collections.abc import Callable
from datetime import timedelta

from services.auth.domain.account import PasswordExpired
from services.auth.domain.password import is_expired
from services.auth.domain.second_factor import SecondFactorPolicy
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import prove_password
from services.auth.usecases.start_session import SignedIn, note_sign_in, start_session
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def sign_in(
    email: str,
    password: str,
    *,
    address: str,
    browser: str,
    second: SecondFactorPolicy,
    lasts: timedelta,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    clock: Clock,
    new_secret: Callable[[], str],
    mask: Mask,
) -> SignedIn:
    """`lasts`: a password. Raises SignInRefused, TooManyAttempts, PasswordExpired (they fit, nobody is signed in)."""
    proven = await prove_password(email, password, address=address, uow=uow, hasher=hasher, clock=clock, mask=mask)
    now, known = clock.now(), proven.account
    newer_hash = await hasher.hash(password) if hasher.is_outdated(known.password_hash) else None
    async with uow() as store:
        account = await proven.settle(store)
        if not is_expired(account.password_changed_at, lasts, now):
            if newer_hash is not None:
                await store.accounts.set_password_hash(account.id, newer_hash)
            made = await start_session(
                account, store=store, now=now, new_secret=new_secret, browser=browser, second=second
            )
            await note_sign_in(made, store=store, now=now)
            return made
    raise PasswordExpired
