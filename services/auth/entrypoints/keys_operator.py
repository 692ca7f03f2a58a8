"""What an operator sees of data keys, and does: how many are under which key-encryption key, rewrap, a fresh one."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from services.auth import bootstrap
from services.auth.domain.keys import KeyCount, Sealed
from services.auth.operator_bootstrap import KeyKeeper, key_keeper_on
from services.auth.settings import MigrationSettings
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.rewrap_keys import rewrap_keys
from services.auth.vault.fresh_keys import NoOwnGrant
from shared.crypto.errors import CryptoError
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.errors import Unavailable
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import LeaseLost

STILL_AT_WORK = 3


async def run(arguments: argparse.Namespace, settings: MigrationSettings) -> int:
    """
    The exit status of `keys …`: 0 all data keys are under the newest key-encryption key, 3 some are not yet, 1 it could
    not be done now, 2 there is no setting to do it with.
    """
    if settings.key_encryption_keys is None:
        sys.stderr.write("AUTH_KEY_ENCRYPTION_KEYS is needed, as the service has it\n")
        return 2
    engine = bootstrap.engine_of(settings, "operator")
    keeper = key_keeper_on(engine, settings)
    try:
        return await _done(arguments, keeper)
    except (DatabaseUnavailable, Conflict, Unavailable, LeaseLost, CryptoError) as error:
        sys.stderr.write(f"not done: {type(error).__name__}: {error}\n")
    except ConnectionUnknown:
        sys.stderr.write("there is no connection of this id\n")
    except NoOwnGrant:
        sys.stderr.write("it has no tokens of its own\n")
    finally:
        await keeper.keys.close()
        await engine.dispose()
    return 1


async def _done(arguments: argparse.Namespace, keeper: KeyKeeper) -> int:
    if arguments.action == "renew":
        await keeper.fresh.renew(ConnectionId(arguments.connection))
        sys.stdout.write("done\n")
        return 0
    rewrapped = await _rotated(keeper) if arguments.action == "rotate" else None
    async with keeper.uow() as store:
        counts = await store.upkeep.count_keys()
    left = _left(counts, keeper.keys.current)
    if arguments.json:
        told = {} if rewrapped is None else {"rewrapped": rewrapped}
        sys.stdout.write(json.dumps(told | _facts(counts, keeper), indent=2) + "\n")
    else:
        _print(counts, keeper)
        done = "" if rewrapped is None else f"{rewrapped} data keys rewrapped, "
        sys.stdout.write(f"{done}{left} not under {keeper.keys.current}\n")
    return STILL_AT_WORK if left else 0


async def _rotated(keeper: KeyKeeper) -> int:
    """How many were rewrapped now; told as it goes on, on standard error."""
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        sys.stderr.write(f"{done} data keys rewrapped\n")
        sys.stderr.flush()

    await rewrap_keys(uow=keeper.uow, wrapping=keeper.wrapping, told=told)
    return done


def _left(counts: Sequence[KeyCount], newest: str) -> int:
    return sum(each.count for each in counts if each.kid != newest)


def _facts(counts: Sequence[KeyCount], keeper: KeyKeeper) -> dict[str, Any]:
    return {
        "newest": keeper.keys.current,
        "left": _left(counts, keeper.keys.current),
        "keys": [_row(kid, counts, keeper) for kid in _kids(counts, keeper)],
    }


def _kids(counts: Sequence[KeyCount], keeper: KeyKeeper) -> list[str]:
    """The newest first; also those that wrap nothing any more, and those that the setting lacks."""
    newest = keeper.keys.current
    return [newest, *sorted({*keeper.keys.kids, *(each.kid for each in counts)} - {newest})]


def _row(kid: str, counts: Sequence[KeyCount], keeper: KeyKeeper) -> dict[str, Any]:
    """`in_setting` false: what it wraps does not open."""
    number = {each.sealed: each.count for each in counts if each.kid == kid}
    return {
        "key": kid,
        "provider": "aws-kms" if kid.startswith("arn:") else "local",
        "in_setting": kid in keeper.keys.kids,
        "grants": number.get(Sealed.GRANT, 0),
        "signing_keys": number.get(Sealed.SIGNING_KEY, 0),
        "second_factors": number.get(Sealed.SECOND_FACTOR, 0),
        "private_apps": number.get(Sealed.PRIVATE_APP, 0),
        "client_secrets": number.get(Sealed.CLIENT_SECRET, 0),
        "addresses": number.get(Sealed.ADDRESS, 0),
    }


def _print(counts: Sequence[KeyCount], keeper: KeyKeeper) -> None:
    rows = [_row(kid, counts, keeper) for kid in _kids(counts, keeper)]
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(value).lower() if isinstance(value, bool) else str(value) for value in row.values()))
    # As wide as it needs to be: a line that is cut or wrapped cannot be searched.
    Console(file=sys.stdout, width=400).print(table)
