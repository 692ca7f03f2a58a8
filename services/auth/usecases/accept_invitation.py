"""Whoever was invited signs up by the link, and is a member of the organisation that invited them."""

from collections.abc import Callable
from datetime import datetime

from services.auth.domain.account import Account, EmailTaken, FormInvalid, LinkInvalid, email_key, locale_of
from services.auth.domain.audit import Action, AuditEntry, AuditSession
from services.auth.domain.member import MemberAlready, OtherOrganisation
from services.auth.domain.opaque import digest
from services.auth.domain.password import password_problem
from services.auth.domain.second_factor import SecondFactorPolicy
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.count_attempt import Mask, check_attempts, count_attempt, sign_up_keys
from services.auth.usecases.member_ports import Invited
from services.auth.usecases.ports import Store
from services.auth.usecases.start_session import SignedIn, start_session
from shared.kernel.clock import Clock
from shared.kernel.ids import UserId, new_id
from shared.kernel.ports import UnitOfWork


async def find_invitation(secret: str, *, store: Store, clock: Clock) -> Invited:
    """
    Whom a link invites, and to which organisation.

    Raises LinkInvalid; MemberAlready and OtherOrganisation where the address has an account, which belongs to one
    organisation until it leaves it or that is closed.
    """
    found = await store.invitations.by_link(digest(secret))
    if found is None or not found.invitation.is_good(clock.now()):
        raise LinkInvalid
    known = await store.accounts.by_email(email_key(found.invitation.email))
    if known is not None:
        raise _taken(known, found)
    return found


async def accept_invitation(
    secret: str,
    password: str,
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
    Hashing takes long on purpose, so it runs between two transactions. A mailed link confirms the address.

    Raises as `find_invitation`, FormInvalid (of the field `password`; the link stays good), TooManyAttempts.
    """
    now = clock.now()
    async with uow() as store:
        counted = await count_attempt(sign_up_keys(address, mask), store=store, now=now)
    check_attempts(counted, now)
    async with uow() as store:
        invited = await find_invitation(secret, store=store, clock=clock)
    if problem := password_problem(password, invited.invitation.email, invited.organisation):
        raise FormInvalid({"password": problem})
    password_hash = await hasher.hash(password)
    async with uow() as store:
        await store.closings.lock_open(invited.invitation.organisation_id)
        invited = await find_invitation(secret, store=store, clock=clock)
        account = await _join(invited, password_hash, locale, store, clock)
        made = await start_session(account, store=store, now=now, new_secret=new_secret, browser=browser, second=second)
        await _note(invited, made, store, now)
        return made


async def _note(invited: Invited, made: SignedIn, store: Store, now: datetime) -> None:
    its, whose = invited.invitation, (made.account.organisation_id, made.account.id)
    entry = AuditEntry(new_id(), now, Action.MEMBER_JOINED, *whose, reason=str(its.id), after=its.role.value)
    await store.audit.add(AuditSession.of(made.session).noted_on(entry))


async def _join(invited: Invited, password_hash: str, locale: str | None, store: Store, clock: Clock) -> Account:
    its, now = invited.invitation, clock.now()
    account = Account(
        UserId(new_id()),
        its.organisation_id,
        its.email,
        password_hash,
        locale_of(locale),
        now,
        email_confirmed_at=now if its.mailed_at else None,
        role=its.role,
    )
    try:
        await store.members.join(account, now)
    except EmailTaken:
        # Since it was looked for, a moment ago: by a sign-up of their own, or the same form twice.
        raise OtherOrganisation from None
    await store.invitations.delete(its.id)
    return account


def _taken(known: Account, found: Invited) -> Exception:
    return MemberAlready() if known.organisation_id == found.invitation.organisation_id else OtherOrganisation()
