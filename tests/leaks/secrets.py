"""Everything that opens something in this run, as our canaries."""

import json
import sqlite3
from base64 import b64decode
from collections.abc import Iterator

from deploy.local.sandbox_apps import AMAZON
from deploy.local.secrets import Secrets
from deploy.local.settings import SCOPES
from deploy.local.stack import Stack
from tests.e2e.searched import BUYERS
from tests.leaks.heard import Heard
from tests.leaks.provoked import TYPED
from tests.leaks.search import Canary
from tests.sandbox.amazon.render import GIFT_MESSAGE
from tests.shop import PASSWORD

# A parcel needs these; the rest of a buyer's data is on no label.
_ON_LABELS = {"name", "street", "city", "first_name", "last_name", "line1"}
# In the sandbox's file, by table: the column that opens something.
_HANDED_OUT = {"grant": "refresh_token", "token": "token", "octopia_bearer": "token", "code": "code"}
_PLAIN_TOKENS = ("Atzr|", "Atza|", "eyJhbGciOi", "eyJ0eXAiOi")


def buyers() -> Iterator[Canary]:
    for marketplace, buyer in BUYERS.items():
        for name, value in buyer.items():
            yield Canary(f"{marketplace} {name}", value, frozenset({"label"} if name in _ON_LABELS else ()))
    yield Canary(f"{AMAZON} gift message", GIFT_MESSAGE)


def secrets(stack: Stack, heard: Heard, database_password: str) -> Iterator[Canary]:
    """Those of our processes, of people, and all the sandbox handed out."""
    yield Canary("password", PASSWORD)
    yield Canary("database password", database_password)
    yield from (Canary("session id", session) for session in heard.sessions)
    yield from TYPED
    kept = Secrets(stack.folder.secrets)
    yield from (Canary(f"client secret at {name}", value) for name, value in kept.far_client_secrets().items())
    yield from (Canary(f"client secret of {service}", kept.client_secret(service)) for service in SCOPES)
    for service in ("auth", "orders"):
        encoded = kept.key_encryption_keys(service).partition(":")[2]
        yield Canary(f"key-encryption key of {service}, encoded", encoded)
        yield Canary(f"key-encryption key of {service}", b64decode(encoded))
    yield from (Canary("any token", beginning) for beginning in _PLAIN_TOKENS)
    yield from handed_out(stack)


def handed_out(stack: Stack) -> Iterator[Canary]:
    """Refresh and access tokens and consent codes, from the sandbox's own file. A code comes back in an address."""
    file = sqlite3.connect(stack.folder.sandbox_state)
    rows = file.execute("select kind, data from row").fetchall()
    file.close()
    for kind, data in rows:
        if kind in _HANDED_OUT:
            may_be = frozenset({"urls"} if kind == "code" else ())
            yield Canary(f"sandbox's {kind}", json.loads(data)[_HANDED_OUT[kind]], may_be)
