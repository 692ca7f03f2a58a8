"""A passkey alone against a session: its device was there, and has verified its person."""

from collections.abc import Callable

from services.auth.usecases.passkey_ports import RelyingParty
from services.auth.usecases.passkeys import take_passkey
from services.auth.usecases.ports import Store
from services.auth.usecases.start_session import SignedIn, note_sign_in, start_verified_session
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork

_REASON = "passkey"


async def sign_in_by_passkey(
    answer: str,
    holder: str,
    *,
    browser: str,
    uow: UnitOfWork[Store],
    party: RelyingParty,
    clock: Clock,
    new_secret: Callable[[], str],
) -> SignedIn:
    """
    No lock of wrong passwords keeps its owner out, nor a password's age. Raises PasskeyRefused, SignInRefused (the
    account is disabled).
    """
    passkey = await take_passkey(answer, holder, None, uow=uow, party=party, clock=clock)
    now = clock.now()
    async with uow() as store:
        made = await start_verified_session(
            passkey.account_id, store=store, now=now, new_secret=new_secret, browser=browser
        )
        await note_sign_in(made, store=store, now=now, reason=_REASON)
    return made
