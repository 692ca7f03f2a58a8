"""An application of an organisation's own goes, with its secrets and with the connections that only it reaches."""

from uuid import UUID

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import digest_of
from services.auth.domain.private_app import PrivateApp, PrivateProblem, PrivateRefused
from services.auth.usecases.actor import Actor
from services.auth.usecases.disconnect_connection import disconnect_connection
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


async def remove_private_app(
    app_id: UUID,
    marketplace: str,
    shown: str,
    who: Actor,
    *,
    store: Store,
    clock: Clock,
) -> None:
    """
    Its connections are disconnected, and it is forgotten. `shown`: the digest of those that the person was told of.

    Raises PrivateRefused: there is no such application, or others use it than were shown.
    """
    known = await store.private_apps.lock_of(who.organisation_id)
    app = next((one for one in known if (one.id, one.marketplace) == (app_id, marketplace)), None)
    if app is None:
        raise PrivateRefused(PrivateProblem.APP_UNKNOWN)
    used = await store.connections.lock_of_app(app.id, who.organisation_id)
    if digest_of(one.id for one in used) != shown:
        raise PrivateRefused(PrivateProblem.STILL_USED)
    for connection in used:
        await disconnect_connection(connection.id, who, store=store, clock=clock)
    await forget_app(app, who, store=store, clock=clock)


async def forget_app(app: PrivateApp, who: Actor, *, store: Store, clock: Clock) -> None:
    """With its secrets; no connection uses it any more."""
    await store.private_apps.remove(app)
    removed = AuditEntry(
        new_id(), clock.now(), Action.PRIVATE_APP_REMOVED, who.organisation_id, who.user_id, before=app.client_id
    )
    await store.audit.add(removed)
