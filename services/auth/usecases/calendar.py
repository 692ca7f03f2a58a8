"""An organisation's calendar of what is to be renewed: whoever knows its address reads it, without signing in."""

from collections.abc import Callable

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.opaque import digest
from services.auth.usecases.actor import Actor
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


async def make_calendar(who: Actor, *, store: Store, clock: Clock, new_secret: Callable[[], str]) -> str:
    """The secret of the new address, which is kept nowhere; an address of before ends."""
    secret = new_secret()
    await store.closings.lock_open(who.organisation_id)
    await store.accounts.set_calendar(who.organisation_id, digest(secret))
    await store.audit.add(_entry(Action.CALENDAR_MADE, who, clock))
    return secret


async def remove_calendar(who: Actor, *, store: Store, clock: Clock) -> None:
    """Nobody reads it any more. Again changes nothing."""
    if await store.accounts.set_calendar(who.organisation_id, None):
        await store.audit.add(_entry(Action.CALENDAR_REMOVED, who, clock))


def _entry(action: Action, who: Actor, clock: Clock) -> AuditEntry:
    return AuditEntry(new_id(), clock.now(), action, who.organisation_id, who.user_id)
