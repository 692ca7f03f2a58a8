"""What an organisation tells of itself: its addresses, and whether its selling plan is a professional one."""

from services.auth.domain.address import Address, AddressKind
from services.auth.domain.audit import Action, AuditEntry
from services.auth.usecases.actor import Actor
from services.auth.usecases.address_ports import AddressVault
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork


async def keep_address(
    kind: AddressKind, address: Address, who: Actor, *, uow: UnitOfWork[Store], vault: AddressVault, clock: Clock
) -> None:
    """The address in the place of the one of its kind. Raises Unavailable."""
    sealed = await vault.seal(who.organisation_id, kind, address)
    async with uow() as store:
        await store.closings.lock_open(who.organisation_id)
        await store.addresses.save(sealed)
        await _noted(kind.value, who, store, clock)


async def remove_address(kind: AddressKind, who: Actor, *, store: Store, clock: Clock) -> None:
    """Its key is destroyed with it."""
    if await store.addresses.remove(who.organisation_id, kind):
        await _noted(kind.value, who, store, clock)


async def say_professional(professional: bool, who: Actor, *, store: Store, clock: Clock) -> None:
    """Whether its selling plan is: asked where no marketplace tells."""
    if await store.addresses.say_professional(who.organisation_id, professional):
        await _noted("professional" if professional else "individual", who, store, clock)


async def _noted(what: str, who: Actor, store: Store, clock: Clock) -> None:
    entry = AuditEntry(new_id(), clock.now(), Action.PROFILE_CHANGED, who.organisation_id, who.user_id, after=what)
    await store.audit.add(entry)
