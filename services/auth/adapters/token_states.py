"""What tokens are given by, kept in memory while PostgreSQL tells of every change of it (decision 0038)."""

import asyncio
from collections import defaultdict
from uuid import UUID

from cachetools import LRUCache
from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.domain.connection import TOKENS_GIVEN
from services.auth.domain.token import TokenState
from services.auth.usecases.ports import Store
from shared.db.changes import Changes
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import Reads

CHANNEL = "auth_token_change"
TRIGGERS = tuple(f"{table}.tell_{what}" for table in ("connection", "access_grant") for what in ("update", "delete"))
# Some two kilobytes each, with nothing in clear.
KEPT_MOST = 10_000


class KeptTokenStates:
    """See `usecases.token_ports.TokenStates`. `engine`: one of its connections listens."""

    def __init__(self, reads: Reads[Store], engine: AsyncEngine, clock: Clock) -> None:
        self._reads = reads
        self._clock = clock
        self._kept: LRUCache[UUID, TokenState] = LRUCache(KEPT_MOST)
        self._of_grant: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._changes = Changes(engine, CHANNEL, TRIGGERS, clock, self._forget)

    async def listen(self, stop: asyncio.Event) -> None:
        await self._changes.listen(stop)

    async def get(self, connection_id: ConnectionId) -> TokenState | None:
        mark = self._changes.mark
        kept = None if mark is None else self._kept.get(connection_id)
        if kept is not None and self._gives(kept):
            return kept
        state = await self.read(connection_id)
        # What changed while it was read may have been read as it was before.
        if state is not None and mark is not None and mark == self._changes.mark and self._gives(state):
            self._keep(state)
        return state

    async def read(self, connection_id: ConnectionId) -> TokenState | None:
        async with self._reads() as store:
            return await store.grants.token_state(connection_id)

    def _gives(self, state: TokenState) -> bool:
        return state.state in TOKENS_GIVEN and state.is_usable(self._clock.now(), rejected=None)

    def _keep(self, state: TokenState) -> None:
        self._kept[state.connection_id] = state
        if state.grant_id is not None:
            self._of_grant[state.grant_id].add(state.connection_id)

    def _forget(self, row_id: UUID | None) -> None:
        """A connection, or a grant and all connections that have their tokens by it; None: all."""
        if row_id is None:
            self._kept.clear()
            self._of_grant.clear()
            return
        self._kept.pop(row_id, None)
        for connection_id in self._of_grant.pop(row_id, ()):
            self._kept.pop(connection_id, None)
