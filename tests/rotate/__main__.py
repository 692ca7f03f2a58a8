"""
`python -m tests.rotate`: auth's API processes on a PostgreSQL of its own, asked for tokens and renewals all the time,
while their key-encryption key becomes another. Says what failed, and last how many did; fails if anything did.

Seen red without the step in which the new key only opens: the seller who connected meanwhile got no token from
processes of before.
"""

import asyncio
import logging
import sys
from functools import partial

import structlog

from tests.conftest import migrate
from tests.infrastructure import DatabaseServer, running_postgres, unique_name
from tests.integration.auth.conftest import settings_for
from tests.rotate.rotation import Outcome, register, rotate
from tests.sandbox_client import start_sandbox


def main() -> int:
    logging.disable(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with running_postgres() as server_url, DatabaseServer(server_url) as server:
        outcome = asyncio.run(_rotated(server))
    for each in [*outcome.failed[:20], *outcome.troubles]:
        print(each)
    print(f"{outcome.renewed:,} tokens were renewed meanwhile")
    print(f"{outcome.keys:,} keys rewrapped, {outcome.requests:,} requests, {len(outcome.failed)} failed")
    return int(bool(outcome.failed or outcome.troubles))


async def _rotated(server: DatabaseServer) -> Outcome:
    name = unique_name("auth")
    server.create(name)
    migrate("auth", server.url(name))
    async with start_sandbox(quota_scale=1_000_000) as sandbox:
        await register(sandbox)
        return await rotate(settings_for(server.url(name), sandbox.base_url), sandbox, partial(print, flush=True))


if __name__ == "__main__":
    sys.exit(main())
