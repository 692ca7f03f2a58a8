"""Somebody is invited to be a member, by a link that is mailed, or handed over where no mails are sent."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from services.auth.domain.account import FormInvalid, email_key, may_be_email
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.member import (
    INVITATION_LASTS,
    MEMBERS_MOST,
    Invitation,
    InvitationUnknown,
    MemberAlready,
    MembersFull,
)
from services.auth.domain.opaque import digest
from services.auth.usecases.actor import Actor
from services.auth.usecases.count_attempt import Mask, check_attempts, count_attempt, invitation_keys
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import Proven
from services.auth.usecases.show_at_act import check_shown
from shared.access.roles import Role
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork


async def count_invitation(
    email: str, who: Actor, *, address: str, uow: UnitOfWork[Store], clock: Clock, mask: Mask
) -> None:
    """Before a mail is asked for: it goes to whom somebody else names. Raises TooManyAttempts."""
    now = clock.now()
    keys = invitation_keys(who.organisation_id, email_key(email), address, mask)
    async with uow() as store:
        counted = await count_attempt(keys, store=store, now=now)
    check_attempts(counted, now)


async def invite_member(
    email: str,
    role: Role,
    who: Actor,
    *,
    shown: Proven | None,
    locale: str,
    mails: bool,
    store: Store,
    clock: Clock,
) -> Invitation:
    """
    For a week; in the place of an earlier one to the same address. `mails`: any are sent, this one too.

    Whether the address has an account elsewhere is told to whoever opens the link, not to the inviter. `shown`: what
    an act asks for beside the session, for an owner. Raises FormInvalid, MemberAlready, MembersFull, and as
    `check_shown`.
    """
    address, now = email.strip(), clock.now()
    if not may_be_email(address):
        raise FormInvalid({"email": "not_an_email"})
    members = await store.members.lock(who.organisation_id)
    if email_key(address) in {email_key(one.email) for one in members}:
        raise MemberAlready
    if len(members) + await store.invitations.count(who.organisation_id) >= MEMBERS_MOST:
        raise MembersFull
    if role is Role.OWNER:
        await check_shown(shown, store=store)
    wanted = Invitation(new_id(), who.organisation_id, address, role, locale, now, now + INVITATION_LASTS)
    kept = await store.invitations.save(replace(wanted, mail_due_at=now if mails else None))
    await _note(kept, Action.MEMBER_INVITED, who, store, clock, after=role.value)
    return kept


async def own_invitation(invitation_id: UUID, who: Actor, *, store: Store) -> Invitation:
    """Raises InvitationUnknown."""
    found = await store.invitations.lock_own(invitation_id, who.organisation_id)
    if found is None:
        raise InvitationUnknown
    return found


async def make_link(invitation: Invitation, *, store: Store, new_secret: Callable[[], str]) -> str:
    """The secret of a link that a mail would bring, for who hands it over."""
    secret = new_secret()
    await store.invitations.add_link(invitation.id, digest(secret))
    return secret


async def take_back(invitation_id: UUID, who: Actor, *, store: Store, clock: Clock) -> None:
    """Its links open nothing more. Raises InvitationUnknown."""
    found = await own_invitation(invitation_id, who, store=store)
    await store.invitations.delete(found.id)
    await _note(found, Action.INVITATION_TAKEN_BACK, who, store, clock, before=found.role.value)


async def _note(
    invitation: Invitation,
    done: Action,
    who: Actor,
    store: Store,
    clock: Clock,
    *,
    before: str | None = None,
    after: str | None = None,
) -> None:
    whose = (who.organisation_id, who.user_id)
    entry = AuditEntry(new_id(), clock.now(), done, *whose, reason=str(invitation.id), before=before, after=after)
    await store.audit.add(entry)
