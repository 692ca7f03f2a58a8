"""Keeps the processes' log files small: cut at 5 MB, with one older file beside each."""

import asyncio
import os
import shutil
from pathlib import Path

_MAX_BYTES = 5_000_000
_LOOK_EVERY_SECONDS = 5


async def cut_for_ever(logs: Path) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        cut(logs)


def cut(logs: Path, max_bytes: int = _MAX_BYTES) -> None:
    """
    Copies a log that has grown too big to `<name>.log.1` and empties it.

    The process goes on writing to the same open file (it appends): no pipe through us that could fill or break.
    A line written between the copy and the cut is lost.
    """
    for log in logs.glob("*.log"):
        if log.stat().st_size > max_bytes:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
