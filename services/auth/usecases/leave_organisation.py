"""A member leaves by themselves: their account goes, and its address may be invited, or sign up, anew."""

from services.auth.domain.audit import Action
from services.auth.domain.member import check_owner_left
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.actor import Actor
from services.auth.usecases.begin_consent import Who
from services.auth.usecases.change_member import dismiss
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.factor_ports import FactorVault
from services.auth.usecases.ports import Store
from services.auth.usecases.show_at_act import Typed, show_at_act
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def leave_organisation(
    who: Who,
    typed: Typed,
    *,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    vault: FactorVault,
    clock: Clock,
    mask: Mask,
) -> None:
    """Their sessions end. Raises LastOwner, and as `show_at_act`."""
    proven = await show_at_act(who, typed, uow=uow, hasher=hasher, vault=vault, clock=clock, mask=mask)
    async with uow() as store:
        members = await store.members.lock(who.organisation_id)
        member = await proven.locked(store)
        check_owner_left(members, without=who.user_id)
        actor = Actor(who.organisation_id, who.user_id)
        await dismiss(member, Action.MEMBER_LEFT, actor, store=store, clock=clock)
