"""Connections that ended, and organisations that were closed, long ago."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.kernel.ids import ConnectionId, OrganisationId


@dataclass(frozen=True, slots=True)
class Removed:
    """`connections`: with the number of the last event of each; 0: nobody heard of it."""

    organisations: Sequence[OrganisationId]
    connections: Mapping[ConnectionId, int]


class OldConnections(Protocol):
    async def note_ends(self, limit: int) -> None:
        """A batch of those that ended before that was noted."""
        ...

    async def delete(self, keep: timedelta, limit: int) -> Removed:
        """A batch of those that ended, and were last to be erased, longer ago."""
        ...

    async def delete_closed(self) -> Removed:
        """All of organisations that were closed so long ago that their audit log is gone."""
        ...
