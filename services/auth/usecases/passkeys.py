"""Passkeys: one is added, asked for as a second factor or to sign in alone, and removed."""

from collections.abc import Callable
from uuid import UUID

from services.auth.domain.account import Account
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.mail import MailKind
from services.auth.domain.passkey import (
    CHALLENGE_LASTS,
    PASSKEYS_MOST,
    Ceremony,
    Challenge,
    CounterWentBack,
    Created,
    Passkey,
    PasskeyRefused,
    PasskeysFull,
    PasskeyUnknown,
)
from services.auth.usecases.actor import Person
from services.auth.usecases.count_attempt import Mask, check_attempts, count_attempt, passkey_keys
from services.auth.usecases.passkey_ports import RelyingParty
from services.auth.usecases.ports import Store
from services.auth.usecases.second_factor import new_recovery_codes
from shared.kernel.clock import Clock
from shared.kernel.ids import UserId, new_id
from shared.kernel.ports import UnitOfWork


async def begin_registration(
    account: Account, holder: str, *, store: Store, party: RelyingParty, clock: Clock, new_secret: Callable[[], str]
) -> str:
    """What the browser is to be told, JSON. Raises PasskeysFull."""
    known = await store.passkeys.of(account.id)
    if len(known) >= PASSKEYS_MOST:
        raise PasskeysFull
    challenge = await _challenge(holder, Ceremony.REGISTER, store=store, clock=clock, new_secret=new_secret)
    return party.creation_options(account, known, challenge)


async def count_challenge(address: str, *, uow: UnitOfWork[Store], clock: Clock, mask: Mask) -> None:
    """Before a stranger gets one, in a transaction of its own. Raises TooManyAttempts."""
    now = clock.now()
    async with uow() as store:
        counted = await count_attempt(passkey_keys(address, mask), store=store, now=now)
    check_attempts(counted, now)


async def begin_assertion(
    account_id: UserId | None,
    holder: str,
    *,
    store: Store,
    party: RelyingParty,
    clock: Clock,
    new_secret: Callable[[], str],
) -> str:
    """The same for one of theirs after the password; `account_id` None: for whoever signs in by a passkey alone."""
    known = [] if account_id is None else await store.passkeys.of(account_id)
    ceremony = Ceremony.SIGN_IN if account_id is None else Ceremony.SECOND_FACTOR
    challenge = await _challenge(holder, ceremony, store=store, clock=clock, new_secret=new_secret)
    return party.request_options(known, challenge)


async def add_passkey(
    person: Person, made: Created, name: str, *, store: Store, clock: Clock, new_secret: Callable[[], str]
) -> list[str]:
    """Recovery codes, shown this once, if it is their first second factor. Raises PasskeyRefused, PasskeysFull."""
    await store.accounts.lock(person.id)
    if len(await store.passkeys.of(person.id)) >= PASSKEYS_MOST:
        raise PasskeysFull
    is_first = not await store.factors.is_set_up(person.id)
    kept = (made.credential_id, made.public_key, name, made.sign_count)
    if not await store.passkeys.add(Passkey(new_id(), person.id, *kept, clock.now())):
        raise PasskeyRefused
    await store.factors.drop_begun(person.id)
    await _note(person, Action.PASSKEY_ADDED, store, clock)
    await store.mails.ask(person.id, MailKind.FACTOR_ADDED, clock.now())
    return await new_recovery_codes(person, store=store, new_secret=new_secret) if is_first else []


async def add_first_passkey(
    person: Person, made: Created, name: str, *, store: Store, clock: Clock, new_secret: Callable[[], str]
) -> list[str]:
    """
    The same for who has shown a password only. Raises PasskeyRefused, too, if another second factor was set up
    meanwhile: that one is to be asked for.
    """
    codes = await add_passkey(person, made, name, store=store, clock=clock, new_secret=new_secret)
    if not codes:
        raise PasskeyRefused
    return codes


async def read_created(
    answer: str, holder: str, *, uow: UnitOfWork[Store], party: RelyingParty, clock: Clock
) -> Created:
    """What a device made for this browser's challenge, which is used up by that. Raises PasskeyRefused."""
    return party.created(answer, await _use_challenge(holder, Ceremony.REGISTER, uow=uow, clock=clock))


async def take_passkey(
    answer: str, holder: str, account_id: UserId | None, *, uow: UnitOfWork[Store], party: RelyingParty, clock: Clock
) -> Passkey:
    """
    Whose signature it is: of `account_id`, as a second factor; None: of whom its device says, whom it has verified.

    The challenge is used up whatever comes of it. Raises PasskeyRefused, CounterWentBack (its owner gets a mail).
    """
    ceremony = Ceremony.SIGN_IN if account_id is None else Ceremony.SECOND_FACTOR
    challenge = await _use_challenge(holder, ceremony, uow=uow, clock=clock)
    credential_id, handle = party.named(answer)
    async with uow() as store:
        passkey = await store.passkeys.lock(credential_id)
        if passkey is None or not _is_theirs(passkey, account_id, handle):
            raise PasskeyRefused
        count = party.sign_count(answer, passkey, challenge, verified=account_id is None)
        try:
            used = passkey.used(count, clock.now())
        except CounterWentBack:
            await _tell_of_copy(passkey, store, clock)
        else:
            await store.passkeys.save(used)
            return used
    raise CounterWentBack


async def remove_passkey(passkey_id: UUID, person: Person, *, store: Store, clock: Clock) -> None:
    """Recovery codes go with the last second factor. Raises PasskeyUnknown."""
    if not await store.passkeys.delete(passkey_id, person.id):
        raise PasskeyUnknown
    if not await store.factors.is_set_up(person.id):
        await store.factors.drop_recovery_codes(person.id)
    await _note(person, Action.PASSKEY_REMOVED, store, clock)
    await store.mails.ask(person.id, MailKind.FACTOR_REMOVED, clock.now())


async def _note(person: Person, done: Action, store: Store, clock: Clock) -> None:
    entry = AuditEntry(new_id(), clock.now(), done, person.organisation_id, person.id, reason=person.reason)
    await store.audit.add(entry)


def _is_theirs(passkey: Passkey, account_id: UserId | None, handle: bytes | None) -> bool:
    """A device that was told no passkey says whose the one is that it found."""
    if account_id is not None:
        return passkey.account_id == account_id
    return handle == passkey.account_id.bytes


async def _challenge(
    holder: str, ceremony: Ceremony, *, store: Store, clock: Clock, new_secret: Callable[[], str]
) -> bytes:
    value = new_secret().encode()
    await store.passkeys.challenge(Challenge(holder, ceremony, value, clock.now() + CHALLENGE_LASTS))
    return value


async def _use_challenge(holder: str, ceremony: Ceremony, *, uow: UnitOfWork[Store], clock: Clock) -> bytes:
    """In a transaction of its own: a refused answer uses it up, too."""
    async with uow() as store:
        challenge = await store.passkeys.use_challenge(holder, ceremony, clock.now())
    if challenge is None:
        raise PasskeyRefused
    return challenge


async def _tell_of_copy(passkey: Passkey, store: Store, clock: Clock) -> None:
    account = await store.accounts.lock(passkey.account_id)
    if account is not None:
        await _note(Person(account.id, account.organisation_id), Action.PASSKEY_REFUSED, store, clock)
        await store.mails.ask(account.id, MailKind.PASSKEY_REFUSED, clock.now())
