"""A second factor: set up with its first code, asked for at each sign-in, removed; its recovery codes, made anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.auth.domain.account import Account
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.mail import MailKind
from services.auth.domain.second_factor import (
    GRACE,
    RECOVERY_CODES,
    CodeRefused,
    FactorThere,
    NoFactor,
    SecondFactor,
    SecondFactorPolicy,
    SecondFactorRule,
    TypedCode,
    app_code,
    recovery_code,
    recovery_digest,
    steps_at,
)
from services.auth.usecases.actor import Person
from services.auth.usecases.count_attempt import Mask, check_attempts, code_keys, count_attempt
from services.auth.usecases.factor_ports import FactorVault
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork


async def second_factor_by(account: Account, policy: SecondFactorPolicy, *, store: Store) -> datetime | None:
    """From when on they are let in no more without one; None: they have one, or may go on without."""
    if policy.rule is not SecondFactorRule.AMAZON:
        return None
    since = await store.connections.first_authorised(account.organisation_id, policy.marketplaces)
    if since is None or await store.factors.is_set_up(account.id):
        return None
    return since + GRACE


async def begin_factor(person: Person, *, uow: UnitOfWork[Store], vault: FactorVault) -> SecondFactor:
    """
    One to be set up, in the place of one that was only begun: its secret is for whoever begins it, this once, as
    somebody else may have seen the one before. Raises FactorThere.
    """
    made = await vault.new_factor(person.id)
    async with uow() as store:
        found = await store.factors.lock(person.id)
        if found is not None and found.confirmed_at is not None:
            raise FactorThere
        await store.factors.save(made)
    return made


async def finish_factor(
    person: Person, code: TypedCode, *, store: Store, clock: Clock, new_secret: Callable[[], str], mask: Mask
) -> list[str]:
    """The recovery codes: given out this once, kept as digests. Raises CodeRefused, FactorThere, NoFactor."""
    now, found = clock.now(), await _begun(person, store)
    await _take_app_code(found, code, store=store)
    await store.factors.confirm(person.id, now)
    codes = await new_recovery_codes(person, store=store, new_secret=new_secret)
    await store.attempts.uncount(code_keys(person.id, mask))
    await _note(person, Action.FACTOR_SET_UP, store, clock)
    await store.mails.ask(person.id, MailKind.FACTOR_ADDED, now)
    return codes


async def new_recovery_codes(person: Person, *, store: Store, new_secret: Callable[[], str]) -> list[str]:
    """In the place of those they had: given out this once, kept as digests."""
    codes = [recovery_code(new_secret()) for _ in range(RECOVERY_CODES)]
    await store.factors.keep_recovery_codes(person.id, [recovery_digest(person.id, each) for each in codes])
    return codes


async def renew_recovery_codes(
    person: Person, *, store: Store, clock: Clock, new_secret: Callable[[], str]
) -> list[str]:
    """The same by an act of theirs, after what that asks for; its owner is told by mail. Raises NoFactor."""
    if not await store.factors.is_set_up(person.id):
        raise NoFactor
    codes = await new_recovery_codes(person, store=store, new_secret=new_secret)
    await _note(person, Action.RECOVERY_CODES_MADE, store, clock)
    await store.mails.ask(person.id, MailKind.RECOVERY_CODES_MADE, clock.now())
    return codes


async def read_code(
    person: Person, code: str, *, uow: UnitOfWork[Store], vault: FactorVault, clock: Clock, mask: Mask
) -> TypedCode:
    """
    Counted first, in a transaction of its own; none is open while a key service may be asked. To be taken next.

    Raises TooManyAttempts.
    """
    now = clock.now()
    async with uow() as store:
        factor = await store.factors.lock(person.id)
        counted = await count_attempt(code_keys(person.id, mask), store=store, now=now)
    check_attempts(counted, now)
    digits, step = app_code(code), None
    if factor is not None and digits is not None:
        steps = steps_at(now)
        newer = range(max(steps.start, factor.last_step + 1), steps.stop)
        step = await vault.step_of(factor, digits, newer)
    return TypedCode(code, factor.secret if factor else None, step)


async def read_first_code(
    person: Person, code: str, *, uow: UnitOfWork[Store], vault: FactorVault, clock: Clock, mask: Mask
) -> TypedCode:
    """
    The same for `finish_factor`. Nothing is counted where no app waits for its first code: whoever has a session alone
    would use up the tries at codes of its owner's sign-ins and acts. Raises FactorThere, NoFactor, TooManyAttempts.
    """
    async with uow() as store:
        await _begun(person, store)
    return await read_code(person, code, uow=uow, vault=vault, clock=clock, mask=mask)


async def take_code(person: Person, code: TypedCode, *, store: Store, clock: Clock, mask: Mask) -> None:
    """One of the app, or a recovery code, each once; it was no failure. Raises CodeRefused, NoFactor."""
    found = await store.factors.lock(person.id)
    if app_code(code.text) is not None:
        if found is None or found.confirmed_at is None:
            raise NoFactor
        await _take_app_code(found, code, store=store)
    elif await store.factors.use_recovery_code(person.id, recovery_digest(person.id, code.text)):
        await _note(person, Action.RECOVERY_CODE_USED, store, clock)
    else:
        raise CodeRefused
    await store.attempts.uncount(code_keys(person.id, mask))


async def remove_factor(person: Person, *, store: Store, clock: Clock) -> None:
    """The app, after a code was taken; recovery codes go with the last second factor. Raises NoFactor."""
    if not await store.factors.delete(person.id):
        raise NoFactor
    if not await store.factors.is_set_up(person.id):
        await store.factors.drop_recovery_codes(person.id)
    await _note_removed(person, store, clock)


async def remove_every_factor(person: Person, *, store: Store, clock: Clock) -> None:
    """App, passkeys and recovery codes, by the operator. Raises NoFactor."""
    removed = [await store.factors.delete(person.id), await store.passkeys.delete_all(person.id)]
    if not any(removed):
        raise NoFactor
    await store.factors.drop_recovery_codes(person.id)
    await _note_removed(person, store, clock)


async def _begun(person: Person, store: Store) -> SecondFactor:
    """The app that waits for its first code, locked. Raises FactorThere, NoFactor."""
    found = await store.factors.lock(person.id)
    if found is None:
        raise NoFactor
    if found.confirmed_at is not None:
        raise FactorThere
    return found


async def _take_app_code(factor: SecondFactor, code: TypedCode, *, store: Store) -> None:
    """Of a step after the last one that was taken: a code that somebody saw is worth nothing. Raises CodeRefused."""
    if code.step is None or code.step <= factor.last_step or code.secret != factor.secret:
        raise CodeRefused
    await store.factors.save(replace(factor, last_step=code.step))


async def _note_removed(person: Person, store: Store, clock: Clock) -> None:
    await _note(person, Action.FACTOR_REMOVED, store, clock)
    await store.mails.ask(person.id, MailKind.FACTOR_REMOVED, clock.now())


async def _note(person: Person, done: Action, store: Store, clock: Clock) -> None:
    entry = AuditEntry(new_id(), clock.now(), done, person.organisation_id, person.id, reason=person.reason)
    await store.audit.add(entry)
