"""
What an operator does by hand: publish events again, look at connections and users, act on one, name support staff,
verify the log.
"""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from services.auth import bootstrap
from services.auth.domain.audit import OPERATOR
from services.auth.domain.claim import ClaimRefused
from services.auth.domain.connection import Connection, ConnectionState
from services.auth.domain.life import NotRunning
from services.auth.entrypoints.audit_command import run_audit
from services.auth.entrypoints.operator_roles import run_roles
from services.auth.entrypoints.operator_support import run_support
from services.auth.entrypoints.operator_tables import Facts, print_facts, time_of
from services.auth.entrypoints.operator_users import run_users
from services.auth.entrypoints.sentences import CLAIM_REFUSALS
from services.auth.operator_bootstrap import Operator, operator_on
from services.auth.settings import MigrationSettings
from services.auth.usecases.actor import Actor
from services.auth.usecases.change_settings import pause_connection, resume_connection
from services.auth.usecases.disconnect_connection import disconnect_connection, erase_connection
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.operate import NothingEnds, ask_for_probe, ask_for_reminder
from services.auth.usecases.ports import Store
from services.auth.usecases.prove_claim import approve_claim
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.ids import ConnectionId
from shared.messaging.parked import run_republish

_CHANGES: dict[str, Callable[..., Awaitable[Any]]] = {
    "pause": pause_connection,
    "disconnect": disconnect_connection,
    "erase": erase_connection,
}
_COLUMNS = (
    "id", "state", "marketplace", "region", "endpoint", "seller_id", "organisation_id", "authorised_at", "expires_at",
    "probed_at", "probe_outcome", "secret_refused_at", "lacks_roles", "seller_state", "claimed_at", "contested",
)  # fmt: skip


async def run(arguments: argparse.Namespace, settings: MigrationSettings) -> int:
    """The exit status of `connections …`, `users …`, `support …`, `roles …`, `audit …` or `republish …`."""
    engine = bootstrap.engine_of(settings, "operator")
    try:
        if arguments.command == "republish":
            return await run_republish(arguments, engine)
        if arguments.command == "audit":
            return await run_audit(arguments, operator_on(engine, settings))
        if arguments.command == "roles":
            return await run_roles(arguments, operator_on(engine, settings))
        if arguments.command == "support":
            return await run_support(arguments, operator_on(engine, settings))
        if arguments.command == "users":
            return await run_users(arguments, operator_on(engine, settings))
        return await _connections(arguments, operator_on(engine, settings))
    except (DatabaseUnavailable, Conflict) as error:
        sys.stderr.write(f"not done: {type(error).__name__}: {error}\n")
        return 1
    finally:
        await engine.dispose()


async def _connections(arguments: argparse.Namespace, held: Operator) -> int:
    if arguments.action == "list" and arguments.state not in (None, *ConnectionState):
        sys.stderr.write(f"states are {', '.join(ConnectionState)}\n")
        return 2
    try:
        if arguments.action in ("list", "show"):
            facts = [_facts(one) for one in await _found(arguments, held)]
            print_facts(_COLUMNS, facts, as_json=arguments.json)
        else:
            async with held.uow() as store:
                await _do(arguments.action, ConnectionId(arguments.connection), store, held)
            sys.stdout.write("done\n")
    except (ConnectionUnknown, NotRunning, NothingEnds, ClaimRefused) as error:
        sys.stderr.write(f"{_sentence(error)}\n")
        return 1
    return 0


async def _found(arguments: argparse.Namespace, held: Operator) -> Sequence[Connection]:
    if arguments.action == "list":
        return await held.views.every_connection(ConnectionState(arguments.state) if arguments.state else None)
    async with held.uow() as store:
        return [await _known(ConnectionId(arguments.connection), store)]


async def _do(action: str, connection_id: ConnectionId, store: Store, held: Operator) -> None:
    """Raises ConnectionUnknown, NotRunning, NothingEnds, ClaimRefused."""
    clock, changes = held.clock, _CHANGES | {"resume": partial(resume_connection, goes_on=held.expired_goes_on)}
    match action:
        case "approve":
            await approve_claim(connection_id, store=store, clock=clock)
        case "probe":
            await ask_for_probe(connection_id, store=store, clock=clock)
        case "remind":
            await ask_for_reminder(connection_id, store=store, clock=clock)
        case _:
            known = await _known(connection_id, store)
            us = Actor(known.organisation_id, None, reason=OPERATOR)
            await changes[action](connection_id, us, store=store, clock=clock)


async def _known(connection_id: ConnectionId, store: Store) -> Connection:
    known = await store.connections.get(connection_id)
    if known is None:
        raise ConnectionUnknown
    return known


def _sentence(error: Exception) -> str:
    match error:
        case ClaimRefused(problem=problem):
            return CLAIM_REFUSALS[problem].sentence
        case NotRunning():
            return "it neither works nor waits for the marketplace"
        case NothingEnds():
            return "its authorisation does not end within thirty days"
        case _:
            return "there is no connection of this id"


def _facts(one: Connection) -> Facts:
    return {
        "id": str(one.id),
        "state": one.state.value,
        "marketplace": one.marketplace,
        "region": one.region,
        "endpoint": one.endpoint.value,
        "seller_id": one.seller_id,
        "organisation_id": str(one.organisation_id),
        "consent_version": one.consent_version,
        "authorised_at": time_of(one.authorised_at),
        "expires_at": time_of(one.expires_at),
        "probed_at": time_of(one.probed_at),
        "probe_outcome": one.probe_outcome.value if one.probe_outcome else None,
        "secret_refused_at": time_of(one.secret_refused_at),
        "lacks_roles": ", ".join(one.lacks_roles) or None,
        "seller_state": one.seller_state.value if one.seller_state else None,
        "claimed_at": time_of(one.claimed_at),
        "professional": one.professional,
        "contested": one.contested,
    }
