"""Confirming an erasure at auth: said with the wish it fulfils, and again until it was heard."""

from uuid import UUID

import pytest
from pydantic import SecretStr

from shared.access.erasures import RemoteErasures
from shared.access.internal import ServiceTokens
from shared.kernel.errors import Unavailable
from shared.kernel.ids import ConnectionId
from tests.unit.access.far_auth import START, FarAuth, TurnedClock

CONNECTION = ConnectionId(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))
ERASED = f"/internal/v1/connections/{CONNECTION}/erased"


async def test_an_erasure_is_confirmed_with_the_wish_it_fulfils() -> None:
    """A connection that is gone needs no confirmation; auth away is Unavailable."""
    auth = FarAuth()
    outward = auth.outward()
    own = ServiceTokens("http://auth", "orders", SecretStr("s"), outward, clock=TurnedClock())
    erasures = RemoteErasures("http://auth", own, outward)
    for status in (202, 404):
        auth.answer(ERASED, status)
        await erasures.confirm(CONNECTION, START)
    assert auth.body() == {"asked_at": START.isoformat()}
    auth.answer(ERASED, 503)
    with pytest.raises(Unavailable):
        await erasures.confirm(CONNECTION, START)
