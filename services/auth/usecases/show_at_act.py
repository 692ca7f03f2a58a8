"""
What a signed-in person shows for an act on their own account: the password and, where there is one, the second factor.

The session alone is not enough, as whoever steals it would plant a second factor or take the account away.
"""

from dataclasses import dataclass, field
from datetime import datetime

from services.auth.domain.account import Account, Session, SignInRefused
from services.auth.domain.showing import Asked, NothingShown, ShowAgain, ShownTooLongAgo, asked_at_act
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.actor import Person
from services.auth.usecases.begin_consent import Who
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.factor_ports import FactorVault
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_factor import prove_code
from services.auth.usecases.prove_password import Proven, prove_own_password
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Typed:
    """Each empty where it is not asked for."""

    password: str = field(repr=False)
    code: str = field(repr=False)


async def asked_of(who: Who, *, store: Store, now: datetime) -> Asked:
    """What an act asks for now. Raises SignInRefused: the session ended."""
    session, _ = await _found(who, store)
    return await _asked(session, store, now)


async def show_at_act(
    who: Who,
    typed: Typed,
    *,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    vault: FactorVault,
    clock: Clock,
    mask: Mask,
) -> Proven:
    """
    Whose act it is, settled: the act itself holds it against the newest state by `locked`. A code is tried after the
    password only, so that nobody without that locks codes.

    Raises SignInRefused (also of the password), CodeRefused, NoFactor, ShownTooLongAgo, TooManyAttempts.
    """
    async with uow() as store:
        session, account = await _found(who, store)
        asked = await _asked(session, store, clock.now())
    if asked.again is ShowAgain.SIGN_IN:
        raise ShownTooLongAgo
    proven = Proven(account, None)
    if asked.password:
        proven = await prove_own_password(account, typed.password, uow=uow, hasher=hasher, clock=clock, mask=mask)
        async with uow() as store:
            await proven.settle(store)
    if asked.again is ShowAgain.CODE:
        person = Person(who.user_id, who.organisation_id)
        await prove_code(person, typed.code, uow=uow, vault=vault, clock=clock, mask=mask)
    return proven


async def check_shown(shown: Proven | None, *, store: Store) -> None:
    """Where only the act itself knows that it asks. Raises NothingShown, and as `Proven.locked`."""
    if shown is None:
        raise NothingShown
    await shown.locked(store)


async def _found(who: Who, store: Store) -> tuple[Session, Account]:
    found = await store.sessions.by_digest(who.session)
    if found is None:
        raise SignInRefused
    return found


async def _asked(session: Session, store: Store, now: datetime) -> Asked:
    app = await store.factors.lock(session.account_id)
    is_confirmed = app is not None and app.confirmed_at is not None
    factor = await store.factors.is_set_up(session.account_id)
    return asked_at_act(session, now, factor=factor, app=is_confirmed)
