"""A new organisation with its owner, who is signed in at once and asked by mail to confirm the address."""

from collections.abc import Callable

from services.auth.domain.account import Account, EmailTaken, SignUp, checked_sign_up, email_key, locale_of
from services.auth.domain.audit import Action, AuditEntry, AuditSession
from services.auth.domain.mail import MailKind
from services.auth.domain.second_factor import SecondFactorPolicy
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.count_attempt import Mask, check_attempts, count_attempt, sign_up_keys
from services.auth.usecases.ports import Store
from services.auth.usecases.start_session import SignedIn, start_session
from shared.access.roles import Role
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId, UserId, new_id
from shared.kernel.ports import UnitOfWork


async def sign_up(
    form: SignUp,
    *,
    address: str,
    browser: str,
    second: SecondFactorPolicy,
    locale: str | None,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    clock: Clock,
    new_secret: Callable[[], str],
    mask: Mask,
) -> SignedIn:
    """
    Hashing takes long on purpose, so it runs between two transactions.

    Raises FormInvalid, EmailTaken, TooManyAttempts.
    """
    checked = checked_sign_up(form)
    now = clock.now()
    async with uow() as store:
        counted = await count_attempt(sign_up_keys(address, mask), store=store, now=now)
        taken = await store.accounts.by_email(email_key(checked.email)) is not None
    check_attempts(counted, now)
    if taken:
        raise EmailTaken
    password_hash = await hasher.hash(checked.password)
    ids = UserId(new_id()), OrganisationId(new_id())
    account = Account(*ids, checked.email, password_hash, locale_of(locale), now, role=Role.OWNER)
    async with uow() as store:
        await store.accounts.add(account, checked.organisation, now)
        await store.mails.ask(account.id, MailKind.CONFIRM, now)
        made = await start_session(account, store=store, now=now, new_secret=new_secret, browser=browser, second=second)
        entry = AuditEntry(new_id(), now, Action.SIGNED_UP, account.organisation_id, account.id)
        await store.audit.add(AuditSession.of(made.session).noted_on(entry))
        return made
