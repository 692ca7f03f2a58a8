"""
`python -m tests.walk [--days N]`: fifty connections on their courses, on a PostgreSQL of its own, against the sandbox.

Says what differed from the table, and last how many; fails if anything did. Its short form was seen red with a week's
reminder that came after eight days, an expiry that no mail tells, and one that is told as a consent withdrawn.
"""

import argparse
import asyncio
import logging
import sys
from functools import partial

import structlog

from tests.infrastructure import DatabaseServer, running_postgres
from tests.sandbox_client import start_sandbox
from tests.walk.table import COURSES, DAYS
from tests.walk.walk import Outcome, walk


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.walk")
    parser.add_argument("--days", type=int, default=DAYS, help=f"how long, {DAYS} at most")
    days = parser.parse_args().days
    logging.disable(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with running_postgres() as server_url, DatabaseServer(server_url) as server:
        outcome = asyncio.run(_walked(days, server))
    for each in outcome.differences:
        print(each)
    told = f"{outcome.connections} connections, {days} days, {outcome.mails:,} mails"
    print(f"{told}, {len(outcome.differences)} differences")
    sys.exit(1 if outcome.differences else 0)


async def _walked(days: int, server: DatabaseServer) -> Outcome:
    async with start_sandbox(quota_scale=1_000_000) as sandbox:
        return await walk(COURSES, days, server, sandbox, say=partial(print, flush=True))


if __name__ == "__main__":
    main()
