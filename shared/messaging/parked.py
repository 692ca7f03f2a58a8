"""`python -m services.X parked list|show|replay` and `republish`: what an operator does with events that are stuck."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.unit_of_work import transaction
from shared.messaging.applier import Applier, Received
from shared.messaging.inbox import Inbox, ParkedEvent

Store = TypeVar("Store")

_PIECE = 5000
# What is published from now on is not to be marked again: the relay is as quick as this.
_BOUNDS = text(
    "select statement_timestamp() as until, coalesce(min(id), 1) - 1 as after, coalesce(max(id), 0) as last from outbox"
)
# By id, whatever these rows are: a piece takes as long however many others there are, and a key's events are published
# in their order.
_REPUBLISH = text("""
    with piece as materialized (select id from outbox where id > :after and id <= :last order by id limit :piece),
         marked as (update outbox set published_at = null
                    where id = any(array(select id from piece)) and published_at between :since and :until
                    returning id)
    select coalesce((select max(id) from piece), :last) as after, (select count(*) from marked) as marked
""")
_RETRY_REFUSED = text("update outbox set refused_at = null, refused_reason = null where refused_at is not null")


def add_parked_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `parked` and `republish` to a service's command line."""
    parked = commands.add_parser("parked", help="events that could not be applied: list, show, replay")
    actions = parked.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="one line per parked event")
    show = actions.add_parser("show", help="one parked event with its body")
    show.add_argument("subject", type=UUID)
    replay = actions.add_parser("replay", help="try parked events again, all or one subject's")
    replay.add_argument("subject", type=UUID, nargs="?")


def add_republish_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    republish = commands.add_parser("republish", help="publish events again; harms no consumer")
    which = republish.add_mutually_exclusive_group(required=True)
    which.add_argument("--since", type=_instant, help="those published since then (ISO 8601 with offset)")
    which.add_argument("--refused", action="store_true", help="those the broker refused, and what waits behind them")


async def run_parked(arguments: argparse.Namespace, applier: Applier[Store]) -> int:
    """Exit code: 0 done; 1 nothing parked there, or a replay failed again."""
    subject: UUID | None = getattr(arguments, "subject", None)
    async with transaction(applier.engine) as connection:
        found = await Inbox(connection, applier.service).parked(subject)
    if arguments.action == "replay":
        return await _replay(applier, found)
    for event in found:
        _say(_line(event) if arguments.action == "list" else _whole(event))
    if not found:
        _say("nothing is parked")
    return 0 if found or arguments.action == "list" else 1


async def run_republish(arguments: argparse.Namespace, engine: AsyncEngine) -> int:
    if arguments.refused:
        async with transaction(engine) as connection:
            marked = (await connection.execute(_RETRY_REFUSED)).rowcount
    else:
        marked = await _mark(engine, arguments.since)
    _say(f"{marked} events will be published again")
    return 0


async def _mark(engine: AsyncEngine, since: datetime) -> int:
    """
    How many were published since then, until now. A piece per transaction, so that none meets the statement timeout;
    after a kill the same again marks the rest.
    """
    async with transaction(engine) as connection:
        until, after, last = (await connection.execute(_BOUNDS)).one()
    marked, bounds = 0, {"since": since, "until": until, "last": last, "piece": _PIECE}
    while after < last:
        async with transaction(engine) as connection:
            piece = (await connection.execute(_REPUBLISH, bounds | {"after": after})).one()
        after, marked = piece.after, marked + piece.marked
    return marked


async def _replay(applier: Applier[Store], found: Sequence[ParkedEvent]) -> int:
    failed = 0
    for event in found:
        reason = await applier.apply_one(Received(event.topic, event.headers, event.body))
        failed += reason is not None
        _say(f"{event.subject}  {'applied' if reason is None else 'parked again: ' + reason}")
    _say(f"{len(found) - failed} applied, {failed} parked again")
    return 1 if failed else 0


def _line(event: ParkedEvent) -> str:
    return f"{event.since:%Y-%m-%d %H:%M:%S}  {event.topic}  {event.subject}  #{event.sequence}  {event.reason}"


def _whole(event: ParkedEvent) -> str:
    return json.dumps(
        {
            "topic": event.topic,
            "subject": str(event.subject),
            "sequence": event.sequence,
            "applied_sequence": event.applied_sequence,
            "reason": event.reason,
            "since": event.since.isoformat(),
            "headers": {name: value.decode() for name, value in event.headers},
            "body": event.body.decode(),
        },
        indent=2,
    )


def _instant(given: str) -> datetime:
    instant = datetime.fromisoformat(given)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("give the offset too, e.g. 2026-11-22T09:00:00Z")
    return instant


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
