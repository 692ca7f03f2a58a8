"""A member leaves by themselves: their account goes, and its address may be invited, or sign up, anew."""

from services.auth.domain.audit import Action
from services.auth.domain.member import check_owner_left
from services.auth.usecases.actor import Actor
from services.auth.usecases.change_member import dismiss
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import Proven
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def leave_organisation(who: Actor, proven: Proven, *, uow: UnitOfWork[Store], clock: Clock) -> None:
    """`proven`: shown for this act. Their sessions end. Raises LastOwner, SignInRefused (it was changed meanwhile)."""
    async with uow() as store:
        members = await store.members.lock(who.organisation_id)
        member = await proven.locked(store)
        check_owner_left(members, without=member.id)
        await dismiss(member, Action.MEMBER_LEFT, who, store=store, clock=clock)
