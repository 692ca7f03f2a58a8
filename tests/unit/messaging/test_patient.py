"""A producer's client that cannot learn where to send."""

import asyncio

from shared.messaging.kafka import patient


class Lost:
    """What aiokafka's client is while no broker answers."""

    def __init__(self) -> None:
        self.asked = 0

    async def _metadata_update(self, _cluster: object, _topics: object) -> bool:
        self.asked += 1
        return self.asked > 1


async def test_it_rests_before_it_is_asked_again() -> None:
    """
    Half a second after what failed, and not after what did not.

    Seen red without the rest: both at once.
    """
    client = Lost()
    patient(client)
    began = asyncio.get_running_loop().time()
    assert await client._metadata_update(None, None) is False
    failed = asyncio.get_running_loop().time()
    assert await client._metadata_update(None, None) is True
    assert failed - began > 0.4
    assert asyncio.get_running_loop().time() - failed < 0.4
