"""What an operator sees of data keys: how many are under which key-encryption key; and brings them under the newest."""

import argparse
import json
import sys
from collections.abc import Mapping

from services.orders import bootstrap
from services.orders.settings import MigrationSettings
from shared.crypto.keyring import KeyRing
from shared.db.errors import Conflict, DatabaseUnavailable

STILL_AT_WORK = 3


async def run(arguments: argparse.Namespace, settings: MigrationSettings) -> int:
    """
    The exit status of `keys …`: 0 all data keys are under the newest key-encryption key, 3 some are not yet, 1 it could
    not be done now, 2 there is no setting to do it with.
    """
    if settings.key_encryption_keys is None:
        sys.stderr.write("ORDERS_KEY_ENCRYPTION_KEYS is needed, as the service has it\n")
        return 2
    keys = KeyRing.parse(settings.key_encryption_keys.get_secret_value())
    engine = bootstrap.engine_of(settings, "operator")
    try:
        if arguments.action == "rotate":
            await bootstrap.rewrapping_on(engine, keys)()
        counts = await bootstrap.data_keys_on(engine)
    except (DatabaseUnavailable, Conflict) as error:
        sys.stderr.write(f"not done: {type(error).__name__}: {error}\n")
        return 1
    finally:
        await engine.dispose()
    return _told(counts, keys, as_json=arguments.json)


def _told(counts: Mapping[str, int], keys: KeyRing, *, as_json: bool) -> int:
    """`in_setting` false: what it wraps does not open."""
    left = sum(counts.values()) - counts.get(keys.current, 0)
    rows = [
        {"key": kid, "in_setting": kid in keys.keys, "data_keys": counts.get(kid, 0)}
        for kid in [keys.current, *sorted({*keys.keys, *counts} - {keys.current})]
    ]
    if as_json:
        sys.stdout.write(json.dumps({"newest": keys.current, "left": left, "keys": rows}, indent=2) + "\n")
    else:
        for row in rows:
            missing = "" if row["in_setting"] else ", which is not in the setting"
            sys.stdout.write(f"{row['data_keys']} under {row['key']}{missing}\n")
        sys.stdout.write(f"{left} not under {keys.current}\n")
    return STILL_AT_WORK if left else 0
