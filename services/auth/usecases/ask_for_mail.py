"""A mail with a link that somebody asks for: to confirm their address, or because they forgot their password."""

from services.auth.domain.account import Account, email_key, may_be_kept
from services.auth.domain.mail import MailKind
from services.auth.usecases.count_attempt import Mask, check_attempts, count_attempt, mail_keys
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import UserId, new_id
from shared.kernel.ports import UnitOfWork


async def ask_for_mail(
    email: str, kind: MailKind, *, address: str, uow: UnitOfWork[Store], clock: Clock, mask: Mask
) -> None:
    """
    An address that nobody has, or somebody who is disabled, is counted and answered the same, and gets none.

    Raises TooManyAttempts.
    """
    now, key = clock.now(), email_key(email)
    async with uow() as store:
        counted = await count_attempt(mail_keys(key, address, mask), store=store, now=now)
    check_attempts(counted, now)
    async with uow() as store:
        account = await store.accounts.by_email(key) if may_be_kept(email.strip()) else None
        await store.mails.ask(_reader(account, kind), kind, now)


def _reader(account: Account | None, kind: MailKind) -> UserId:
    """Whom it is for, or nobody's id."""
    done = account is not None and kind is MailKind.CONFIRM and account.email_confirmed_at is not None
    if account is None or account.disabled_at is not None or done:
        return UserId(new_id())
    return account.id
