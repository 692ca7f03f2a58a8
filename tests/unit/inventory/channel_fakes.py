"""Connections, listings, targets and submissions in memory, as the ports promise them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.inventory.domain.connection import Connection
from services.inventory.domain.discovery import Discovery
from services.inventory.domain.listing import Key, Listing
from services.inventory.domain.submission import Submission
from services.inventory.domain.target import Target
from services.inventory.usecases.ports import DueTarget, SkuName, UnderWay
from shared.kernel.ids import ConnectionId, OrganisationId, SkuId


@dataclass
class MemoryConnections:
    rows: dict[ConnectionId, Connection] = field(default_factory=dict)

    async def get(self, connection_id: ConnectionId) -> Connection | None:
        return self.rows.get(connection_id)

    async def lock(self, connection_ids: Collection[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        return {one: self.rows[one] for one in connection_ids if one in self.rows}

    async def put(self, connections: Sequence[Connection]) -> None:
        self.rows.update({one.id: one for one in connections})


@dataclass
class MemoryDiscoveries:
    rows: dict[ConnectionId, Discovery] = field(default_factory=dict)

    async def lock(self, connection_id: ConnectionId) -> Discovery | None:
        return self.rows.get(connection_id)

    async def save(self, connection_id: ConnectionId, discovery: Discovery) -> None:
        self.rows[connection_id] = discovery


@dataclass
class MemoryListings:
    rows: dict[UUID, Listing] = field(default_factory=dict)

    async def lock(self, organisation_ids: Collection[OrganisationId]) -> None:
        pass

    async def of_keys(self, keys: Collection[Key]) -> list[Listing]:
        return [one for one in self.rows.values() if one.key in keys]

    async def of_ids(self, organisation_id: OrganisationId, ids: Collection[UUID]) -> list[Listing]:
        return [one for one in self.rows.values() if one.organisation_id == organisation_id and one.id in ids]

    async def of_skus(self, sku_ids: Collection[SkuId]) -> list[Listing]:
        return [one for one in self.rows.values() if one.sku_id in sku_ids]

    async def unmapped(self, names: Collection[SkuName]) -> list[Listing]:
        free = [one for one in self.rows.values() if one.sku_id is None and one.mapped_by is None]
        return [one for one in free if SkuName(one.organisation_id, one.sku) in names]

    async def unseen(self, connection_id: ConnectionId, since: datetime, but: Collection[str]) -> list[Listing]:
        return [one for one in self._here(connection_id) if one.seen_at < since and one.channel_id not in but]

    async def beside(self, connection_id: ConnectionId, channels: Collection[str]) -> list[Listing]:
        return [one for one in self._here(connection_id) if one.channel_id not in channels]

    async def save(self, listings: Sequence[Listing]) -> None:
        self.rows.update({one.id: one for one in listings})

    def _here(self, connection_id: ConnectionId) -> list[Listing]:
        return [one for one in self.rows.values() if one.connection_id == connection_id and one.gone_at is None]


@dataclass
class MemoryTargets:
    listings: MemoryListings
    rows: dict[UUID, Target] = field(default_factory=dict)

    async def of_skus(self, sku_ids: Collection[SkuId]) -> list[Target]:
        return [one for one in self.rows.values() if one.sku_id in sku_ids]

    async def of_ids(self, ids: Collection[UUID]) -> list[Target]:
        return [self.rows[one] for one in sorted(ids) if one in self.rows]

    async def of_keys(self, keys: Collection[Key]) -> list[Target]:
        return [one for one in self.rows.values() if Key(one.connection_id, one.sku) in keys]

    async def sku_ids(self, ids: Collection[UUID]) -> set[SkuId]:
        return {one.sku_id for one in await self.of_ids(ids)}

    async def due_channels(self, connection_id: ConnectionId, zero_until: datetime, until: datetime) -> list[str]:
        return sorted({one.channel_id for one in self._due(connection_id, zero_until, until)})

    async def due(
        self, connection_id: ConnectionId, channel_id: str, zero_until: datetime, until: datetime, limit: int
    ) -> list[DueTarget]:
        due = [one for one in self._due(connection_id, zero_until, until) if one.channel_id == channel_id]
        due.sort(key=lambda one: (one.desired != 0, one.due_at, one.id))
        return [DueTarget(one, self._facts(one)) for one in due[:limit]]

    async def save(self, targets: Sequence[Target]) -> None:
        self.rows.update({one.id: one for one in targets})

    def _due(self, connection_id: ConnectionId, zero_until: datetime, until: datetime) -> list[Target]:
        mine = [one for one in self.rows.values() if one.connection_id == connection_id and one.due_at is not None]
        return [
            one
            for one in mine
            if one.due_at is not None and (one.due_at <= until or (one.desired == 0 and one.due_at <= zero_until))
        ]

    def _facts(self, target: Target) -> dict[str, str]:
        key = Key(target.connection_id, target.sku)
        its = [one for one in self.listings.rows.values() if one.key == key and one.channel_id == target.channel_id]
        return its[0].facts


@dataclass
class MemorySubmissions:
    rows: dict[UUID, Submission] = field(default_factory=dict)

    async def under_way(self, connection_id: ConnectionId) -> Mapping[str, UnderWay]:
        found: dict[str, UnderWay] = {}
        for one in self.rows.values():
            if one.connection_id == connection_id:
                before = found.get(one.channel_id, UnderWay())
                found[one.channel_id] = UnderWay(before.begun + 1, before.unsent + (one.attempt == 0))
        return found

    async def lock_next(self, connection_id: ConnectionId, now: datetime) -> Submission | None:
        due = [one for one in self.rows.values() if one.connection_id == connection_id and one.due_at <= now]
        return min(due, key=lambda one: (not one.goes_first, one.due_at, one.id), default=None)

    async def lock(self, submission_id: UUID) -> Submission | None:
        return self.rows.get(submission_id)

    async def lock_all(self, connection_ids: Collection[ConnectionId]) -> list[Submission]:
        return [one for one in self.rows.values() if one.connection_id in connection_ids]

    async def add(self, submissions: Sequence[Submission]) -> None:
        self.rows.update({one.id: one for one in submissions})

    async def save(self, submission: Submission) -> None:
        self.rows[submission.id] = submission

    async def end(self, submission_ids: Collection[UUID]) -> None:
        for one in submission_ids:
            self.rows.pop(one, None)
