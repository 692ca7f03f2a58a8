"""Support staff of the operator: made and unmade by its command, held to a second factor, and to a reason each time."""

from datetime import datetime

from services.auth.domain.account import Account, Session, email_key
from services.auth.domain.audit import OPERATOR, Action, AuditEntry, AuditSession
from services.auth.domain.showing import ShowAgain, ShownTooLongAgo, show_again
from services.auth.domain.support import (
    LOOK_LASTS,
    AddressUnconfirmed,
    FactorUnused,
    Look,
    NotStaff,
    OrganisationUnknown,
    SecretsAllowed,
    SecretsNotAllowed,
    StaffAlready,
    clean_reason,
    is_with_factor,
)
from services.auth.usecases.actor import Person
from services.auth.usecases.begin_consent import Who
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.errors import UserUnknown
from services.auth.usecases.factor_ports import FactorVault
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_factor import prove_code
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId, new_id
from shared.kernel.ports import UnitOfWork


async def grant_support(email: str, *, store: Store, clock: Clock) -> None:
    """Raises UserUnknown, AddressUnconfirmed, StaffAlready."""
    account = await _confirmed(email, store)
    if not await store.support.grant(account.id, clock.now()):
        raise StaffAlready
    await _note(account, Action.SUPPORT_GRANTED, store, clock)


async def revoke_support(email: str, *, store: Store, clock: Clock) -> None:
    """From their next request on they see nothing; what they gave reasons for ends. Raises UserUnknown, NotStaff."""
    account = await _known(email, store)
    if not await store.support.revoke(account.id, clock.now()):
        raise NotStaff
    await _note(account, Action.SUPPORT_REVOKED, store, clock)


async def grant_secrets(email: str, *, store: Store, clock: Clock) -> None:
    """They may keep client secrets of ours, as staff, which they become. Raises as `grant_support`; SecretsAllowed."""
    account = await _confirmed(email, store)
    if await store.support.grant(account.id, clock.now()):
        await _note(account, Action.SUPPORT_GRANTED, store, clock)
    if not await store.support.set_secrets(account.id, allowed=True):
        raise SecretsAllowed
    await _note(account, Action.SUPPORT_SECRETS_GRANTED, store, clock)


async def revoke_secrets(email: str, *, store: Store, clock: Clock) -> None:
    """They stay staff. Raises UserUnknown, SecretsNotAllowed."""
    account = await _known(email, store)
    if not await store.support.set_secrets(account.id, allowed=False):
        raise SecretsNotAllowed
    await _note(account, Action.SUPPORT_SECRETS_REVOKED, store, clock)


async def check_staff(who: Who, *, store: Store) -> Session:
    """Their session, for which a second factor was shown. Raises NotStaff, FactorUnused."""
    found = await store.sessions.by_digest(who.session) if await store.support.is_staff(who.user_id) else None
    if found is None:
        raise NotStaff
    session, _ = found
    set_up_at = await store.factors.set_up_at(who.user_id)
    if not is_with_factor(session, set_up_at):
        raise FactorUnused(is_set_up=set_up_at is not None)
    return session


async def how_to_show_again(session: Session, *, store: Store, now: datetime) -> ShowAgain:
    """
    `session`: as `check_staff` gives it. Staff is held to more: an app counts that was set up before it began, and
    where there is one, no passkey stands for its code.
    """
    app = await store.factors.lock(session.account_id)
    if app is not None and app.confirmed_at is not None and app.confirmed_at <= session.created_at:
        return ShowAgain.CODE
    return show_again(session, now, app=False)


async def show_factor_again(
    person: Person,
    session: Session,
    code: str,
    *,
    uow: UnitOfWork[Store],
    vault: FactorVault,
    clock: Clock,
    mask: Mask,
) -> None:
    """
    For one act: a code is used up by it, and wrong ones are counted with those of sign-ins.

    Raises CodeRefused, NoFactor, TooManyAttempts, ShownTooLongAgo.
    """
    async with uow() as store:
        how = await how_to_show_again(session, store=store, now=clock.now())
    if how is ShowAgain.SIGN_IN:
        raise ShownTooLongAgo
    if how is ShowAgain.CODE:
        await prove_code(person, code, uow=uow, vault=vault, clock=clock, mask=mask)


async def open_look(
    organisation_id: OrganisationId, written: str, session: Session, *, store: Store, clock: Clock
) -> Look:
    """
    An hour's look at an organisation, which finds the reason in its own audit log. `session`: as `check_staff` gives
    it. Raises FormInvalid, OrganisationUnknown.
    """
    reason, now = clean_reason(written), clock.now()
    if not await store.support.has_organisation(organisation_id):
        raise OrganisationUnknown
    look = Look(new_id(), session.account_id, organisation_id, reason, now, now + LOOK_LASTS)
    await store.support.add(look)
    told = f"until={look.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    its = (organisation_id, session.account_id)
    entry = AuditEntry(new_id(), now, Action.SUPPORT_LOOKED, *its, reason=reason, after=told)
    await store.audit.add(AuditSession.of(session).noted_on(entry))
    return look


async def _known(email: str, store: Store) -> Account:
    found = await store.accounts.by_email(email_key(email))
    account = await store.accounts.lock(found.id) if found else None
    if account is None:
        raise UserUnknown
    return account


async def _confirmed(email: str, store: Store) -> Account:
    account = await _known(email, store)
    if account.email_confirmed_at is None:
        raise AddressUnconfirmed
    return account


async def _note(account: Account, done: Action, store: Store, clock: Clock) -> None:
    await store.audit.add(AuditEntry(new_id(), clock.now(), done, account.organisation_id, account.id, reason=OPERATOR))
