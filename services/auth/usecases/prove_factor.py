"""
Whether a second factor fits, a code or a passkey after the password: tries are counted before they are made, ten wrong
ones of a kind in a row lock that kind as ten wrong passwords lock the sign-in. The owner is told by mail, once a day.
"""

from datetime import datetime

from services.auth.domain.account import LOCKED_AFTER
from services.auth.domain.audit import Action
from services.auth.domain.mail import MailKind
from services.auth.domain.passkey import CounterWentBack, PasskeyRefused
from services.auth.domain.second_factor import CodeRefused, NoFactor
from services.auth.usecases.actor import Person
from services.auth.usecases.count_attempt import Mask, check_attempts, code_lock_digest, passkey_lock_digest
from services.auth.usecases.factor_ports import FactorVault
from services.auth.usecases.passkey_ports import RelyingParty
from services.auth.usecases.passkeys import take_passkey
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import note_refusal
from services.auth.usecases.second_factor import read_code, take_code
from shared.kernel.clock import Clock
from shared.kernel.ids import UserId
from shared.kernel.ports import UnitOfWork


async def prove_code(
    person: Person, code: str, *, uow: UnitOfWork[Store], vault: FactorVault, clock: Clock, mask: Mask
) -> None:
    """It is used up by that. Raises CodeRefused, NoFactor, TooManyAttempts (also where they are locked)."""
    typed = await read_code(person, code, uow=uow, vault=vault, clock=clock, mask=mask)
    now, lock = clock.now(), code_lock_digest(person.id, mask)
    told = await _count(lock, person.id, uow, now)
    try:
        async with uow() as store:
            await take_code(person, typed, store=store, clock=clock, mask=mask)
            await store.locks.forget(lock)
    except (CodeRefused, NoFactor):
        await note_refusal(person, Action.CODE_REFUSED, uow, now, lock=told)
        raise


async def prove_passkey(
    person: Person, answer: str, holder: str, *, uow: UnitOfWork[Store], party: RelyingParty, clock: Clock, mask: Mask
) -> None:
    """After the password. Raises as `take_passkey`, and TooManyAttempts where they are locked."""
    now, lock = clock.now(), passkey_lock_digest(person.id, mask)
    told = await _count(lock, person.id, uow, now)
    try:
        await take_passkey(answer, holder, person.id, uow=uow, party=party, clock=clock)
    except PasskeyRefused as error:
        # A copy was noted as such where it was found.
        refused = None if isinstance(error, CounterWentBack) else Action.PASSKEY_NOT_TAKEN
        await note_refusal(person, refused, uow, now, lock=told)
        raise
    async with uow() as store:
        await store.locks.forget(lock)


async def _count(lock: str, account_id: UserId, uow: UnitOfWork[Store], now: datetime) -> MailKind | None:
    """Which mail tells of it if this try fails, as it is the last before the lock. Raises TooManyAttempts."""
    async with uow() as store:
        failures, locked_until = await store.locks.count(lock, account_id, now)
    check_attempts({}, now, locked_until=locked_until if failures > LOCKED_AFTER else None)
    return MailKind.CODES_LOCKED if failures == LOCKED_AFTER else None
