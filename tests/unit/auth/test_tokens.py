"""Who renews a token, and who does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from services.auth.domain.connection import ConnectionState
from services.auth.domain.token import RenewalFailure, TokenState
from services.auth.vault.tokens import RenewedTokens
from shared.kernel.errors import Throttled
from shared.kernel.ids import ConnectionId, GrantId, new_id
from tests.unit.auth.builders import NOW, FixedClock

EXPIRED = TokenState(ConnectionId(new_id()), ConnectionState.AUTHORISED, 1, GrantId(new_id()), 1, expires_at=NOW)


class Row:
    """One grant's row, whose lease is free; `renewals`: the versions somebody asked the far side for."""

    def __init__(self, state: TokenState) -> None:
        self.state = state
        self.renewals: list[int] = []

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Any]:
        yield SimpleNamespace(grants=self)

    async def token_state(self, _connection_id: ConnectionId) -> TokenState:
        return self.state

    @asynccontextmanager
    async def lease_of(self, _kind: str, _subject: UUID) -> AsyncIterator[Any]:
        yield "the lease"

    async def run(self, _lease: Any, seen_version: int) -> None:
        self.renewals.append(seen_version)
        self.state = self.failed()

    def failed(self) -> TokenState:
        return replace(self.state, failure=RenewalFailure.THROTTLED, retry_at=NOW + timedelta(seconds=5))


def tokens(row: Row) -> RenewedTokens:
    anything: Any = row
    return RenewedTokens(anything.uow, anything, anything, anything, FixedClock())


async def test_a_token_that_is_over_is_renewed_once() -> None:
    """What came of it is read from the row, and told."""
    row = Row(EXPIRED)
    with pytest.raises(Throttled):
        await tokens(row).current(EXPIRED)
    assert row.renewals == [1]


async def test_a_failure_of_who_had_the_lease_before_is_believed() -> None:
    """Between our look at the row and our lease somebody else asked in vain: the far side is not asked again."""
    row = Row(EXPIRED)
    row.state = row.failed()
    with pytest.raises(Throttled):
        await tokens(row).current(EXPIRED)
    assert row.renewals == []
