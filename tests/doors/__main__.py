"""
`python -m tests.doors --examples N --seed S`: our four APIs and the internal ones, tried as every kind of caller.

The whole product runs; two organisations have something of everything, and the second has the first one's ids. The last
line is the verdict.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import requests
import structlog

from tests.doors.callers import Caller, callers_of_apis, callers_of_internal
from tests.doors.documents import Door, documents, doors_of
from tests.doors.foreign import try_foreign
from tests.doors.knocking import Findings, Knocking
from tests.doors.places import places_of
from tests.owned import owned
from tests.shop import stack_for_tests


async def main(examples: int, seed: int, only: str) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="passerelle-doors-") as folder:
        async with stack_for_tests(Path(folder), {"LOG_LEVEL": "INFO"}) as stack, AsyncExitStack() as opened:
            (owner, ids), (stranger, own) = await asyncio.gather(owned(opened, stack), owned(opened, stack))
            callers = await callers_of_apis(stack, owner, stranger, ids)
            callers |= await callers_of_internal(stack, owner, stranger, ids)
            findings = Findings()
            places = [
                place for each in (await documents(stack)).values() for place in places_of(each) if only in str(place)
            ]
            await try_foreign(places, owner, ids, stranger, own, findings)
            doors = [door for door in await doors_of(stack) if only in f"{door.name} {door.operation.label}"]
            for door in doors:
                await asyncio.to_thread(try_door, door, callers[door.scope or door.name], findings, examples, seed)
    return verdict(len(doors), findings)


def try_door(door: Door, callers: list[Caller], findings: Findings, examples: int, seed: int) -> None:
    """One operation as each of them."""
    with requests.Session() as session:
        session.trust_env = False
        knocking = Knocking(door.base_url, door.known, findings, session, seed, examples)
        for caller in callers:
            if door.operation.method == "get" and not caller.reads:
                continue
            knocking.knock(door.operation, caller)


def verdict(operations: int, findings: Findings) -> int:
    """Prints what got through, each with an example, and what each caller was answered; 0 where nothing got through."""
    for key, times in sorted(findings.broken.items()):
        print(" | ".join(key), f"({times} times)\n    {findings.examples[key]}")
    for name in sorted({name for name, _ in findings.statuses}):
        counted = sorted((status, n) for (caller, status), n in findings.statuses.items() if caller == name)
        print(f"{name}: " + ", ".join(f"{status} {n}" for status, n in counted))
    print(f"{operations} operations, {findings.requests} requests, {len(findings.broken)} got through")
    return 1 if findings.broken or not findings.requests else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=5, help="of each sort, for each operation and caller")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="operations whose name has this in it")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.examples, arguments.seed, arguments.only)))
