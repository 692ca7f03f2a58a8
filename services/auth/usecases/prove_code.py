"""
Whether a code of the second factor fits: tries are counted before they are made, ten wrong ones in a row lock the
account's codes as ten wrong passwords lock its sign-in. Its owner is told by mail, once.
"""

from services.auth.domain.account import LOCKED_AFTER
from services.auth.domain.audit import Action
from services.auth.domain.mail import MailKind
from services.auth.domain.second_factor import CodeRefused, NoFactor
from services.auth.usecases.actor import Person
from services.auth.usecases.count_attempt import Mask, check_attempts, code_lock_digest
from services.auth.usecases.factor_ports import FactorVault
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import note_refusal
from services.auth.usecases.second_factor import read_code, take_code
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def prove_code(
    person: Person, code: str, *, uow: UnitOfWork[Store], vault: FactorVault, clock: Clock, mask: Mask
) -> None:
    """It is used up by that. Raises CodeRefused, NoFactor, TooManyAttempts (also where they are locked)."""
    typed = await read_code(person, code, uow=uow, vault=vault, clock=clock, mask=mask)
    now, lock = clock.now(), code_lock_digest(person.id, mask)
    async with uow() as store:
        failures, locked_until = await store.locks.count(lock, person.id, now)
    check_attempts({}, now, locked_until=locked_until if failures > LOCKED_AFTER else None)
    try:
        async with uow() as store:
            await take_code(person, typed, store=store, clock=clock, mask=mask)
            await store.locks.forget(lock)
    except (CodeRefused, NoFactor):
        told = MailKind.CODES_LOCKED if failures == LOCKED_AFTER else None
        await note_refusal(person, Action.CODE_REFUSED, uow, now, lock=told)
        raise
