"""Makes a session: the cookie's value is given out once, only its digest is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.auth.domain.account import Account, Session, SignInRefused, Way
from services.auth.domain.audit import Action, AuditEntry, AuditSession
from services.auth.domain.opaque import digest
from services.auth.domain.second_factor import SecondFactorPolicy, SecondFactorRule
from services.auth.usecases.ports import Store
from services.auth.usecases.second_factor import second_factor_by
from shared.kernel.ids import UserId, new_id


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`cookie` is secret."""

    cookie: str
    account: Account
    session: Session

    @property
    def pending(self) -> bool:
        """The second factor comes next."""
        return self.session.pending

    def __repr__(self) -> str:
        return f"SignedIn(account={self.account!r})"


async def start_session(
    account: Account,
    *,
    store: Store,
    now: datetime,
    new_secret: Callable[[], str],
    browser: str,
    second: SecondFactorPolicy,
    way: Way = Way.PASSWORD,
) -> SignedIn:
    """For whoever has shown their first factor: a session that waits for the second, where there is to be one."""
    pending = second.rule is SecondFactorRule.REQUIRED or await store.factors.is_set_up(account.id)
    if not pending:
        by = await second_factor_by(account, second, store=store)
        pending = by is not None and now >= by
    return await _keep(account, way, store=store, now=now, new_secret=new_secret, browser=browser, pending=pending)


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
    its = (account, waiting.way)
    made = await _keep(*its, store=store, now=now, new_secret=new_secret, browser=waiting.browser, pending=False)
    await note_sign_in(made, store=store, now=now)
    return made


async def start_verified_session(
    account_id: UserId, *, store: Store, now: datetime, new_secret: Callable[[], str], browser: str
) -> SignedIn:
    """For whose passkey has verified them: two factors at once. Raises SignInRefused: the account is disabled."""
    account = await store.accounts.lock(account_id)
    if account is None or account.disabled_at:
        raise SignInRefused
    its = (account, Way.PASSKEY)
    return await _keep(*its, store=store, now=now, new_secret=new_secret, browser=browser, pending=False)


async def start_vouched_session(
    account: Account, *, store: Store, now: datetime, new_secret: Callable[[], str], browser: str
) -> SignedIn:
    """For whom an OpenID provider has asked for two factors."""
    cookie = new_secret()
    kept = (new_id(), digest(cookie), account.id, new_secret(), now, now, browser)
    session = Session(*kept, two_factors=True, way=Way.OPENID)
    await store.sessions.add(session)
    await store.accounts.signed_in(account.id, now)
    return SignedIn(cookie, account, session)


async def note_sign_in(made: SignedIn, *, store: Store, now: datetime, reason: str | None = None) -> None:
    """In the audit log: nobody is signed in before the second factor. `reason`: by what, if by no password."""
    action, account = Action.FACTOR_ASKED if made.pending else Action.SIGNED_IN, made.account
    entry = AuditEntry(new_id(), now, action, account.organisation_id, account.id, reason=reason)
    await store.audit.add(AuditSession.of(made.session).noted_on(entry))


async def _keep(
    account: Account,
    way: Way,
    *,
    store: Store,
    now: datetime,
    new_secret: Callable[[], str],
    browser: str,
    pending: bool,
) -> SignedIn:
    cookie = new_secret()
    session = Session(new_id(), digest(cookie), account.id, new_secret(), now, now, browser, pending, way=way)
    await store.sessions.add(session)
    if not pending:
        await store.accounts.signed_in(account.id, now)
    return SignedIn(cookie, account, session)
