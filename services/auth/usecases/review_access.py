"""Each quarter an owner goes through who has access, and confirms it or takes it away."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.member import REVIEW_EVERY
from services.auth.usecases.actor import Actor
from services.auth.usecases.api_clients import revoke_api_client
from services.auth.usecases.change_member import remove_member
from services.auth.usecases.disconnect_connection import disconnect_connection
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_password import Proven
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, UserId, new_id


@dataclass(frozen=True, slots=True)
class Decisions:
    """Of each member, API client and connection, by its id: whether its access stays."""

    members: Mapping[UserId, bool]
    clients: Mapping[str, bool]
    connections: Mapping[ConnectionId, bool]


async def review_access(decided: Decisions, who: Actor, *, shown: Proven | None, store: Store, clock: Clock) -> None:
    """
    All of it in one transaction, each with its entry in the audit log; the next review is due a quarter later.

    `shown`: what an act asks for beside the session, for an owner whose access ends. Raises LastOwner, and as
    `check_shown`; MemberUnknown, ClientUnknown and ConnectionUnknown of what went meanwhile: nothing is changed.
    """
    now = clock.now()
    # Whoever removes themselves, too, goes last: what they showed counts until then.
    for user_id, stays in sorted(decided.members.items(), key=lambda one: one[0] == who.user_id):
        if stays:
            await _confirm(who, store, clock, reason=str(user_id))
        else:
            await remove_member(user_id, who, shown=shown, store=store, clock=clock)
    for client_id, stays in decided.clients.items():
        if stays:
            await _confirm(who, store, clock, reason=client_id)
        else:
            await revoke_api_client(client_id, who, store=store, clock=clock)
    for connection_id in sorted(decided.connections):
        if decided.connections[connection_id]:
            await _confirm(who, store, clock, connection_id=connection_id)
        else:
            await disconnect_connection(connection_id, who, store=store, clock=clock)
    answers = [*decided.members.values(), *decided.clients.values(), *decided.connections.values()]
    told = f"kept={answers.count(True)} removed={answers.count(False)}"
    its = (who.organisation_id, who.user_id)
    await store.audit.add(AuditEntry(new_id(), now, Action.ACCESS_REVIEWED, *its, after=told))
    await store.members.reviewed(who.organisation_id, now, now + REVIEW_EVERY)


async def _confirm(
    who: Actor,
    store: Store,
    clock: Clock,
    *,
    reason: str | None = None,
    connection_id: ConnectionId | None = None,
) -> None:
    its = (who.organisation_id, who.user_id, connection_id)
    await store.audit.add(AuditEntry(new_id(), clock.now(), Action.ACCESS_CONFIRMED, *its, reason=reason))
