"""What an operator does to a person's account by hand."""

from collections.abc import Callable

from services.auth.domain.account import Account
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.mail import LINK_LASTS, Link, MailKind
from services.auth.domain.opaque import digest
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.actor import Person
from services.auth.usecases.errors import UserUnknown
from services.auth.usecases.ports import Store
from services.auth.usecases.second_factor import remove_every_factor
from shared.access.roles import Role
from shared.kernel.clock import Clock
from shared.kernel.ids import UserId, new_id

_REASON = "operator"


async def unlock_user(user_id: UserId, *, store: Store, clock: Clock) -> None:
    """Wrong passwords are forgotten. Raises UserUnknown."""
    account = await _known(user_id, store)
    await store.locks.open(account.id, clock.now())
    await _note(account, Action.UNLOCKED, store, clock)


async def disable_user(user_id: UserId, *, store: Store, clock: Clock) -> None:
    """Nobody signs in as them, their sessions end, no mail is sent to them. Raises UserUnknown."""
    account = await _known(user_id, store)
    await store.accounts.set_disabled(account.id, clock.now())
    await store.sessions.delete_all(account.id, but=None)
    await _note(account, Action.DISABLED, store, clock)


async def enable_user(user_id: UserId, *, store: Store, clock: Clock) -> None:
    """They may sign in again. Raises UserUnknown."""
    account = await _known(user_id, store)
    await store.accounts.set_disabled(account.id, None)
    await _note(account, Action.ENABLED, store, clock)


async def make_owner(user_id: UserId, *, store: Store, clock: Clock) -> None:
    """For an organisation whose last owner is gone; who is one stays one. Raises UserUnknown."""
    account = await _known(user_id, store)
    if account.role is not Role.OWNER:
        await store.members.set_role(account.id, Role.OWNER)
        await _note(account, Action.MEMBER_ROLE_CHANGED, store, clock)


async def remove_user_factor(user_id: UserId, *, store: Store, clock: Clock) -> None:
    """For who lost the app or passkeys, and the recovery codes; their sessions end. Raises UserUnknown, NoFactor."""
    account = await _known(user_id, store)
    await remove_every_factor(Person(account.id, account.organisation_id, _REASON), store=store, clock=clock)
    await store.sessions.delete_all(account.id, but=None)


async def make_reset_link(
    user_id: UserId, *, store: Store, clock: Clock, new_secret: Callable[[], str], hasher: PasswordHasher
) -> str:
    """
    The secret of a link that a mail would bring, for who cannot be sent one. Who is disabled is enabled by it, and
    their password is good no longer: others may know it. Passkeys stay. Raises UserUnknown.
    """
    account, secret = await _known(user_id, store), new_secret()
    if account.disabled_at is not None:
        await store.accounts.change_password(account, await hasher.hash(new_secret()), clock.now())
        await store.accounts.set_disabled(account.id, None)
        await _note(account, Action.ENABLED, store, clock)
    until = clock.now() + LINK_LASTS[MailKind.RESET]
    await store.links.add(Link(digest(secret), account.id, MailKind.RESET, until))
    await _note(account, Action.RESET_LINK_MADE, store, clock)
    return secret


async def _known(user_id: UserId, store: Store) -> Account:
    account = await store.accounts.lock(user_id)
    if account is None:
        raise UserUnknown
    return account


async def _note(account: Account, done: Action, store: Store, clock: Clock) -> None:
    await store.audit.add(AuditEntry(new_id(), clock.now(), done, account.organisation_id, account.id, reason=_REASON))
