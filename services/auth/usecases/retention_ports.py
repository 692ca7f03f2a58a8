"""Connections that ended long ago."""

from datetime import timedelta
from typing import Protocol


class OldConnections(Protocol):
    async def note_ends(self, limit: int) -> None:
        """A batch of those that ended before that was noted."""
        ...

    async def delete(self, keep: timedelta, limit: int) -> int:
        """A batch of those that ended, and were last to be erased, longer ago; how many."""
        ...
