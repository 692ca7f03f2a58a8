"""What an operator sees of our applications' client secrets, and does: which there are, keep one, ask for another."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time
from functools import partial
from getpass import getpass
from pathlib import Path

from services.auth import bootstrap
from services.auth.domain.audit import OPERATOR
from services.auth.domain.client_secret import SECRET_LENGTH, OurClient
from services.auth.entrypoints.operator_tables import Facts, print_facts, time_of
from services.auth.entrypoints.secret_watch import with_newest
from services.auth.secrets_bootstrap import SecretKeeper
from services.auth.settings import Settings
from services.auth.usecases.client_secrets import keep_given_secrets, keep_secret
from services.auth.usecases.replace_secret import ask_for_another, due_at_once
from services.auth.usecases.secret_calendar import SecretLine, SecretState, secret_calendar
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.kernel.errors import FarSideError
from shared.kernel.ports import LeaseLost
from shared.marketplaces.client_secrets import NewSecret
from shared.marketplaces.private import PrivateClient

ENDS_SOON = 3
_SOON_DAYS = 30
_COLUMNS = (
    "client", "marketplace", "state", "began_at", "ends_at", "days_left", "end", "replaced", "asked_at",
    "next_warning_at",
)  # fmt: skip


class NotDone(Exception):
    """The sentence says why. `status`: 2 where the words of the command are wrong."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.status = status


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """
    The exit status of `secrets …`: 0 done, 3 a secret in use ends within thirty days (list), 1 it could not be done, 2
    the command makes no sense here.
    """
    engine, clock = bootstrap.engine_of(settings, "operator"), SystemClock()
    outward = Outward(clock)
    held = bootstrap.auth_on(engine, settings, outward, clock)
    try:
        return await _done(arguments, held.client_secrets)
    except NotDone as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    except (DatabaseUnavailable, Conflict, FarSideError, LeaseLost) as error:
        sys.stderr.write(f"not done: {error}\n")
        return 1
    finally:
        await outward.close()
        await held.keys.close()
        await engine.dispose()


async def _done(arguments: argparse.Namespace, keeper: SecretKeeper) -> int:
    """Raises NotDone, FarSideError, DatabaseUnavailable, Conflict, LeaseLost."""
    clients = list(keeper.clients.values())
    if arguments.action != "list":
        client = keeper.clients.get(arguments.client)
        if client is None:
            raise NotDone("no application of the settings has this client id", 2)
        clients = [client]
        await (_set(client, arguments, keeper) if arguments.action == "set" else _rotate(client, keeper))
    facts = [each for client in clients for each in await _facts(client, keeper)]
    print_facts(_COLUMNS, facts, as_json=arguments.json)
    soon = [one for one in facts if one["state"] == SecretState.NEWEST and _ends_soon(one["days_left"])]
    return ENDS_SOON if soon and arguments.action == "list" else 0


async def _set(client: OurClient, arguments: argparse.Namespace, keeper: SecretKeeper) -> None:
    """Tried at the marketplace before it is kept, where there is a way to."""
    value = _secret(arguments.file)
    check = keeper.checks.get(client.marketplace)
    if check is not None and not await check.accepts(PrivateClient(client.client_id, value)):
        raise NotDone("the marketplace refuses it: nothing was kept")
    await keep_given_secrets(client, uow=keeper.uow, vault=keeper.vault, clock=keeper.clock)
    ends_at = datetime.combine(arguments.ends, time(), UTC) if arguments.ends else None
    told = NewSecret(client.client_id, value, ends_at, None)
    if not await keep_secret(client, told, OPERATOR, uow=keeper.uow, vault=keeper.vault, clock=keeper.clock):
        raise NotDone("it is known already: nothing was changed")


async def _rotate(client: OurClient, keeper: SecretKeeper) -> None:
    """Asked for; the worker receives it."""
    port = keeper.rotations.get(client.marketplace)
    if port is None or client.queue_url is None:
        raise NotDone("it has no queue: make another one on the application's page, and give it to `secrets set`", 2)
    await keep_given_secrets(client, uow=keeper.uow, vault=keeper.vault, clock=keeper.clock)
    is_due = due_at_once(keeper.clock)
    ask = partial(ask_for_another, client=client, port=port, is_due=is_due, reason=OPERATOR, clock=keeper.clock)
    if not await with_newest(keeper, client, ask):
        raise NotDone("another was asked for within a day, or is being asked for now")


def _secret(file: Path | None) -> str:
    """From a file, or standard input; never from the command's words, which others on the machine can read."""
    try:
        told = file.read_text() if file else getpass("client secret: ") if sys.stdin.isatty() else sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(f"the file cannot be read: {type(error).__name__}", 2) from None
    value = told.strip()
    if not (0 < len(value) <= SECRET_LENGTH and value.isascii() and value.isprintable() and " " not in value):
        raise NotDone(f"a client secret is one word of at most {SECRET_LENGTH} characters", 2)
    return value


async def _facts(client: OurClient, keeper: SecretKeeper) -> Sequence[Facts]:
    """The newest first; of what the worker has not seen yet, one line."""
    async with keeper.uow() as store:
        lines = await secret_calendar(
            client, replaced_before=keeper.replaced_before, store=store, now=keeper.clock.now()
        )
    return [_fact(line) for line in lines]


def _fact(line: SecretLine) -> Facts:
    return {
        "client": line.client_id,
        "marketplace": line.marketplace,
        "state": line.state.value,
        "began_at": time_of(line.began_at),
        "ends_at": time_of(line.ends_at),
        "days_left": line.days_left,
        "end": line.end.value if line.end else None,
        "replaced": "by the queue" if line.by_queue else "by hand",
        "asked_at": time_of(line.asked_at),
        "next_warning_at": time_of(line.next_warning_at),
    }


def _ends_soon(days: str | int | bool | None) -> bool:
    return isinstance(days, int) and days < _SOON_DAYS
