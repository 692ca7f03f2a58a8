"""What an operator does by hand: publish events again, and decide about seller accounts that nothing proves."""

import argparse
import sys
from collections.abc import Sequence

from services.auth import bootstrap
from services.auth.bootstrap import Operator
from services.auth.domain.claim import ClaimRefused
from services.auth.domain.connection import Connection, ConnectionState
from services.auth.entrypoints.sentences import CLAIM_REFUSALS
from services.auth.settings import MigrationSettings
from services.auth.usecases.actor import Actor
from services.auth.usecases.disconnect_connection import disconnect_connection
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.prove_claim import approve_claim
from shared.db.errors import DatabaseUnavailable
from shared.kernel.ids import ConnectionId
from shared.messaging.parked import run_republish


async def run(arguments: argparse.Namespace, settings: MigrationSettings) -> int:
    """The exit status of `connections …` or `republish …`."""
    engine = bootstrap.engine_of(settings, "operator")
    try:
        if arguments.command == "republish":
            return await run_republish(arguments, engine)
        return await _connections(arguments, bootstrap.operator_on(engine))
    except DatabaseUnavailable as error:
        sys.stderr.write(f"not done: {error}\n")
        return 1
    finally:
        await engine.dispose()


async def _connections(arguments: argparse.Namespace, held: Operator) -> int:
    if arguments.action == "list":
        found = await held.views.every_connection(ConnectionState.UNPROVEN if arguments.unproven else None)
        sys.stdout.write("".join(_lines(found)))
        return 0
    try:
        await _decide(arguments.action, ConnectionId(arguments.connection), held)
    except ConnectionUnknown:
        sys.stderr.write("there is no connection of this id\n")
        return 1
    except ClaimRefused as refused:
        sys.stderr.write(f"{CLAIM_REFUSALS[refused.problem].sentence}\n")
        return 1
    sys.stdout.write("done\n")
    return 0


async def _decide(action: str, connection_id: ConnectionId, held: Operator) -> None:
    async with held.uow() as store:
        if action == "approve":
            await approve_claim(connection_id, store=store, clock=held.clock)
            return
        known = await store.connections.get(connection_id)
        if known is None:
            raise ConnectionUnknown
        nobody = Actor(known.organisation_id, None)
        await disconnect_connection(connection_id, nobody, store=store, clock=held.clock, reason="operator")


def _lines(found: Sequence[Connection]) -> list[str]:
    """Ids and codes only: a terminal's history is no place for what people wrote."""
    return [
        f"{one.id}  {one.state:<12}  {one.marketplace} {one.region} {one.seller_id}  "
        f"organisation {one.organisation_id}  claimed {f'{one.claimed_at:%Y-%m-%d %H:%M}' if one.claimed_at else '-'}"
        f"{'  contested' if one.contested else ''}\n"
        for one in found
    ]
