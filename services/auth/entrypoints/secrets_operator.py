"""What an operator sees of our applications' client secrets, and does: which there are, keep one, ask for another."""

import argparse
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path

from services.auth import bootstrap
from services.auth.domain.account import FormInvalid
from services.auth.domain.client_secret import SECRET_LENGTH, OurClient, SecretProblem, SecretRefused, typed_secret
from services.auth.entrypoints.operator_tables import Facts, print_facts, time_of
from services.auth.entrypoints.secrets_by_hand import ask_by_hand, keep_by_hand
from services.auth.secrets_bootstrap import SecretKeeper
from services.auth.settings import Settings
from services.auth.usecases.secret_calendar import SecretLine, SecretState, secret_calendar
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.kernel.errors import FarSideError
from shared.kernel.ports import LeaseLost

ENDS_SOON = 3
_SOON_DAYS = 30
_COLUMNS = (
    "client", "marketplace", "state", "began_at", "ends_at", "days_left", "end", "replaced", "asked_at",
    "next_warning_at",
)  # fmt: skip

_WRONG = {
    "client_secret.invalid": f"a client secret is one word of at most {SECRET_LENGTH} characters",
    "ends.invalid": "a day is written as 2027-03-01",
    "ends.over": "a secret that is over by that day is of no use",
}
_REFUSED = {
    SecretProblem.REFUSED: "the marketplace refuses it: nothing was kept",
    SecretProblem.KNOWN: "it is known already: nothing was changed",
    SecretProblem.NO_QUEUE: "it has no queue: make another one on the application's page, and give it to `secrets set`",
    SecretProblem.ASKED: "another was asked for within a day, or is being asked for now",
}


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
    except SecretRefused as error:
        sys.stderr.write(f"{_REFUSED[error.problem]}\n")
        return 2 if error.problem is SecretProblem.NO_QUEUE else 1
    except (DatabaseUnavailable, Conflict, FarSideError, LeaseLost) as error:
        sys.stderr.write(f"not done: {type(error).__name__}: {error}\n")
        return 1
    finally:
        await outward.close()
        await held.keys.close()
        await engine.dispose()


async def _done(arguments: argparse.Namespace, keeper: SecretKeeper) -> int:
    """Raises NotDone, SecretRefused, FarSideError, DatabaseUnavailable, Conflict, LeaseLost."""
    clients = list(keeper.clients.values())
    if arguments.action != "list":
        client = keeper.clients.get(arguments.client)
        if client is None:
            raise NotDone("no application of the settings has this client id", 2)
        clients = [client]
        await (_set(client, arguments, keeper) if arguments.action == "set" else ask_by_hand(client, keeper))
    facts = [each for client in clients for each in await _facts(client, keeper)]
    print_facts(_COLUMNS, facts, as_json=arguments.json)
    soon = [one for one in facts if one["state"] == SecretState.NEWEST and _ends_soon(one["days_left"])]
    return ENDS_SOON if soon and arguments.action == "list" else 0


async def _set(client: OurClient, arguments: argparse.Namespace, keeper: SecretKeeper) -> None:
    try:
        given = typed_secret(_typed(arguments.file), arguments.ends, keeper.clock.now())
    except FormInvalid as error:
        raise NotDone("; ".join(_WRONG[f"{name}.{code}"] for name, code in error.problems.items()), 2) from None
    await keep_by_hand(client, given, keeper)


def _typed(file: Path | None) -> str:
    """From a file, or standard input; never from the command's words, which others on the machine can read."""
    try:
        return file.read_text() if file else getpass("client secret: ") if sys.stdin.isatty() else sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(f"the file cannot be read: {type(error).__name__}", 2) from None


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
