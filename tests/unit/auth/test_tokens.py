"""Who renews a token, and who does not."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from services.auth.domain.connection import ConnectionState
from services.auth.domain.grant import SealedGrant
from services.auth.domain.token import RenewalFailure, TokenState
from services.auth.vault.renewal import Renewal
from services.auth.vault.seals import GrantSeals
from services.auth.vault.tokens import RenewedTokens
from shared.crypto.data_keys import DataKeys, WrappingKeys
from shared.crypto.errors import CannotOpen
from shared.kernel.errors import Throttled
from shared.kernel.ids import ConnectionId, GrantId, new_id
from shared.kernel.ports import Intent
from tests.unit.auth.builders import NOW, FixedClock, answer

EXPIRED = TokenState(ConnectionId(new_id()), ConnectionState.AUTHORISED, 1, GrantId(new_id()), 1, expires_at=NOW)


class Row:
    """One grant's row, whose lease is free; `renewals`: the versions somebody asked the far side for."""

    def __init__(self, state: TokenState) -> None:
        self.state = state
        self.renewals: list[int] = []

    async def read(self, _connection_id: ConnectionId) -> TokenState:
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
    return RenewedTokens(anything, anything, anything, anything, FixedClock())


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


class HeldLease:
    """The lease of a grant; `failed`: what was noted on its row."""

    def __init__(self, grant: SealedGrant) -> None:
        self.subject = grant.id
        self.grant = grant
        self.failed: list[tuple[RenewalFailure, timedelta]] = []

    async def intend(self, work: Any) -> Intent[SealedGrant]:
        return Intent(await work(SimpleNamespace(grants=self)), NOW, 0.0)

    async def settle(self, work: Any) -> None:
        await work(SimpleNamespace(grants=self))

    async def get(self, _grant_id: GrantId) -> SealedGrant:
        return self.grant

    async def fail(self, _grant_id: GrantId, _seen: int, failure: RenewalFailure, retry_at: datetime) -> None:
        self.failed.append((failure, retry_at - NOW))


async def test_a_grant_that_does_not_open_is_not_tried_by_each_caller() -> None:
    """The trouble is noted on the row for half a minute, and raised for the log."""
    seals, other = (
        GrantSeals(DataKeys(WrappingKeys.parse("k1:" + base64.b64encode(key * 32).decode()), FixedClock()))
        for key in (b"k", b"o")
    )
    grant_id = GrantId(new_id())
    sealed = seals.new_grant(grant_id, await seals.new_key(grant_id), "amazon", "eu", answer(), NOW)
    lease: Any = HeldLease(sealed)
    nobody: Any = SimpleNamespace(renew=None)
    with pytest.raises(CannotOpen):
        await Renewal({"amazon": nobody}, other, nobody, FixedClock()).run(lease, sealed.token_version)
    assert lease.failed == [(RenewalFailure.UNAVAILABLE, timedelta(seconds=30))]
