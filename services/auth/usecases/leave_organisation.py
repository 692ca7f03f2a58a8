"""A member leaves by themselves: their account goes, and its address may be invited, or sign up, anew."""

from services.auth.domain.audit import Action
from services.auth.domain.member import check_owner_left
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.actor import Actor, Person
from services.auth.usecases.change_member import dismiss
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import prove_password
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork


async def leave_organisation(
    email: str,
    password: str,
    person: Person,
    *,
    address: str,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    clock: Clock,
    mask: Mask,
) -> None:
    """Their sessions end. Raises SignInRefused, TooManyAttempts, LastOwner."""
    proven = await prove_password(email, password, address=address, uow=uow, hasher=hasher, clock=clock, mask=mask)
    async with uow() as store:
        members = await store.members.lock(person.organisation_id)
        member = await proven.settle(store)
        check_owner_left(members, without=person.id)
        who = Actor(person.organisation_id, person.id)
        await dismiss(member, Action.MEMBER_LEFT, who, store=store, clock=clock)
