"""
A member's role is changed, or they are removed: their sessions end, and nothing but their id is kept.

`shown`: what an act asks for beside the session, needed where somebody becomes an owner or an owner no longer is one.
"""

from collections.abc import Sequence

from services.auth.domain.account import Account
from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.member import MemberUnknown, check_owner_left
from services.auth.usecases.actor import Actor
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import Proven
from services.auth.usecases.show_at_act import check_shown
from shared.access.roles import Role
from shared.kernel.clock import Clock
from shared.kernel.ids import UserId, new_id


async def change_role(
    user_id: UserId, role: Role, who: Actor, *, shown: Proven | None, store: Store, clock: Clock
) -> None:
    """From their next request on; the same again: nothing. Raises MemberUnknown, LastOwner, and as `check_shown`."""
    members = await store.members.lock(who.organisation_id)
    member = _member(user_id, members)
    if member.role is role:
        return
    if role is not Role.OWNER:
        check_owner_left(members, without=user_id)
    if Role.OWNER in {role, member.role}:
        await check_shown(shown, store=store)
    await store.members.set_role(user_id, role)
    await _note(member, Action.MEMBER_ROLE_CHANGED, who, store, clock, after=role.value)


async def remove_member(user_id: UserId, who: Actor, *, shown: Proven | None, store: Store, clock: Clock) -> None:
    """Their address may be invited, or sign up, anew. Raises MemberUnknown, LastOwner, and as `check_shown`."""
    members = await store.members.lock(who.organisation_id)
    member = _member(user_id, members)
    check_owner_left(members, without=user_id)
    if member.role is Role.OWNER:
        await check_shown(shown, store=store)
    await dismiss(member, Action.MEMBER_REMOVED, who, store=store, clock=clock)


async def dismiss(member: Account, done: Action, who: Actor, *, store: Store, clock: Clock) -> None:
    """Their account goes, with all that names it."""
    await store.members.remove(member.id)
    await _note(member, done, who, store, clock)


def _member(user_id: UserId, members: Sequence[Account]) -> Account:
    found = next((one for one in members if one.id == user_id), None)
    if found is None:
        raise MemberUnknown
    return found


async def _note(
    member: Account, done: Action, who: Actor, store: Store, clock: Clock, *, after: str | None = None
) -> None:
    its = (who.organisation_id, who.user_id)
    entry = AuditEntry(new_id(), clock.now(), done, *its, reason=str(member.id), before=member.role.value, after=after)
    await store.audit.add(entry)
