"""A producer's client that cannot learn where to send."""

import asyncio

import pytest

from shared.messaging.kafka import patient


class Lost:
    """What aiokafka's client is while no broker answers."""

    def __init__(self) -> None:
        self.asked = 0

    async def _metadata_update(self, _cluster: object, _topics: object) -> bool:
        self.asked += 1
        return self.asked > 1


async def test_it_rests_before_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    After what failed, and not after what did not.

    Seen red without the rest: both at once.
    """
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", rest)
    client = Lost()
    patient(client)
    assert await client._metadata_update(None, None) is False
    assert rests == [0.5]
    assert await client._metadata_update(None, None) is True
    assert rests == [0.5]
