"""Another password: by whoever knows the one before, or holds a link that was sent to the account's address."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from services.auth.domain.account import Account, FormInvalid, LinkInvalid, SignInRefused
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.mail import MailKind
from services.auth.domain.opaque import digest
from services.auth.domain.password import is_expired, is_too_young, password_problem
from services.auth.domain.second_factor import NoFactor
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.actor import Person
from services.auth.usecases.begin_consent import Who
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import Proven, prove_password
from services.auth.usecases.second_factor import remove_every_factor
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork

NEW = "new_password"


async def renew_password(
    email: str,
    old: str,
    new: str,
    *,
    address: str,
    lasts: timedelta,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    clock: Clock,
    mask: Mask,
) -> None:
    """
    By somebody whom a password that lasted its time (`lasts`) does not sign in any more; it is counted like one that
    does. One that still does is changed by who is signed in alone, who shows their second factor for it.

    Raises SignInRefused (the old one does not fit, or is not too old), TooManyAttempts, FormInvalid (of the field
    `new_password`).
    """
    proven = await prove_password(email, old, address=address, uow=uow, hasher=hasher, clock=clock, mask=mask)
    async with uow() as store:
        account = await proven.settle(store)
    if not is_expired(account.password_changed_at, lasts, clock.now()):
        raise SignInRefused
    await change_password(proven, new, session=None, uow=uow, hasher=hasher, clock=clock)


async def check_new_password(who: Who, new: str, *, store: Store, now: datetime) -> None:
    """
    Before anything is shown for it, so that no code is used up by a password that cannot be. Raises SignInRefused (the
    account is gone), FormInvalid (of the field `new_password`).
    """
    account = await store.accounts.lock(who.user_id)
    if account is None:
        raise SignInRefused
    _check(new, account, await store.accounts.organisation_name(account.organisation_id), now)


async def change_password(
    proven: Proven, new: str, *, session: str | None, uow: UnitOfWork[Store], hasher: PasswordHasher, clock: Clock
) -> None:
    """
    `session`: the digest of the one that stays; all others end.

    Raises SignInRefused (it was changed meanwhile), FormInvalid (of the field `new_password`).
    """
    async with uow() as store:
        account = await proven.locked(store)
        organisation = await store.accounts.organisation_name(account.organisation_id)
        former = await store.accounts.former_passwords(account.id)
    now = clock.now()
    _check(new, account, organisation, now)
    password_hash = await _hashed(new, account, organisation, former, hasher)
    async with uow() as store:
        account = await proven.locked(store)
        await _keep(account, password_hash, Action.RENEWED, session, store=store, now=now)


async def reset_password(
    secret: str, new: str, *, uow: UnitOfWork[Store], hasher: PasswordHasher, clock: Clock
) -> None:
    """
    By a link of a mail: its address is confirmed by that, a lock is opened, all sessions end. However young the
    password is: whoever fears that somebody knows it must not wait. Where nobody had confirmed an address and nothing
    was connected yet, a stranger may have signed up with this one: their second factor goes as well.

    Raises LinkInvalid, FormInvalid (of the field `new_password`; the link stays good).
    """
    now, its = clock.now(), digest(secret)
    async with uow() as store:
        account_id = await store.links.holder(its, MailKind.RESET, now)
        known = await store.accounts.lock(account_id) if account_id else None
        if known is None or known.disabled_at is not None:
            raise LinkInvalid
        organisation = await store.accounts.organisation_name(known.organisation_id)
        former = await store.accounts.former_passwords(known.id)
    password_hash = await _hashed(new, known, organisation, former, hasher)
    async with uow() as store:
        account = await store.accounts.lock(known.id)
        used = await store.links.use(its, MailKind.RESET, now)
        if account is None or used is None or account.disabled_at is not None:
            raise LinkInvalid
        if await _may_be_a_strangers(account, store):
            with suppress(NoFactor):
                await remove_every_factor(Person(account.id, account.organisation_id), store=store, clock=clock)
        await store.locks.open(account.id, now)
        await store.accounts.confirm_email(account.id, now)
        await _keep(account, password_hash, Action.RESET, None, store=store, now=now)


async def _may_be_a_strangers(account: Account, store: Store) -> bool:
    if await store.accounts.has_confirmed(account.organisation_id):
        return False
    return await store.connections.first_authorised(account.organisation_id) is None


def _check(new: str, account: Account, organisation: str, now: datetime) -> None:
    """Raises FormInvalid."""
    problem = "too_young" if is_too_young(account.password_changed_at, now) else None
    if problem := problem or password_problem(new, account.email, organisation):
        raise FormInvalid({NEW: problem})


async def _hashed(new: str, account: Account, organisation: str, former: Sequence[str], hasher: PasswordHasher) -> str:
    """Raises FormInvalid."""
    if problem := password_problem(new, account.email, organisation):
        raise FormInvalid({NEW: problem})
    for before in (account.password_hash, *former):
        if await hasher.verify(before, new):
            raise FormInvalid({NEW: "reused"})
    return await hasher.hash(new)


async def _keep(
    account: Account, password_hash: str, done: Action, session: str | None, *, store: Store, now: datetime
) -> None:
    """Its owner is told by mail, so that a change by somebody else is noticed."""
    await store.accounts.change_password(account, password_hash, now)
    await store.sessions.delete_all(account.id, but=session)
    await store.mails.ask(account.id, MailKind.CHANGED, now)
    await store.audit.add(AuditEntry(new_id(), now, done, account.organisation_id, account.id))
