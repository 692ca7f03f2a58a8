"""Makes a session: the cookie's value is given out once, only its digest is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.auth.domain.account import Account, Session, SignInRefused
from services.auth.domain.opaque import digest
from services.auth.domain.second_factor import SecondFactorRule
from services.auth.usecases.ports import Store
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`cookie` is secret. `pending`: the second factor comes next."""

    cookie: str
    account: Account
    pending: bool

    def __repr__(self) -> str:
        return f"SignedIn(account={self.account!r})"


async def start_session(
    account: Account,
    *,
    store: Store,
    now: datetime,
    new_secret: Callable[[], str],
    browser: str,
    second: SecondFactorRule,
) -> SignedIn:
    """For whoever has shown their password: a session that waits for the second factor, where there is to be one."""
    factor = await store.factors.lock(account.id)
    pending = second is SecondFactorRule.REQUIRED or (factor is not None and factor.confirmed_at is not None)
    return await _keep(account, store=store, now=now, new_secret=new_secret, browser=browser, pending=pending)


async def finish_session(
    waiting: Session, account: Account, *, store: Store, now: datetime, new_secret: Callable[[], str]
) -> SignedIn:
    """
    One that the second factor was given for, under another cookie. Raises SignInRefused: it was ended meanwhile, by
    another password or an operator.
    """
    newest = await store.accounts.lock(account.id)
    if newest is None or newest.disabled_at or not await store.sessions.delete_own(waiting.id, account.id):
        raise SignInRefused
    return await _keep(account, store=store, now=now, new_secret=new_secret, browser=waiting.browser, pending=False)


async def _keep(
    account: Account, *, store: Store, now: datetime, new_secret: Callable[[], str], browser: str, pending: bool
) -> SignedIn:
    cookie = new_secret()
    session = Session(new_id(), digest(cookie), account.id, new_secret(), now, now, browser, pending)
    await store.sessions.add(session)
    if not pending:
        await store.accounts.signed_in(account.id, now)
    return SignedIn(cookie, account, pending)
