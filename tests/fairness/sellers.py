"""Who sells in a scene, how long each waited, and the access tokens that tell the far side who asks."""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken
from tests.fairness.virtual_time import VirtualClock

BIG = UUID(int=2**64)


@dataclass(frozen=True)
class Size:
    """
    How many small sellers beside the big one, and how many orders wait at that one; how many orders Amazon gives in a
    page, and how many places the loop has.
    """

    small: int
    orders: int
    page: int = 100
    places: int = 32

    def sellers(self) -> list[UUID]:
        return [BIG, *(UUID(int=BIG.int + number) for number in range(1, self.small + 1))]


@dataclass(frozen=True)
class Waits:
    """What came of a scene. `small`: seconds each thing of a small seller waited; `big`: until its last was done."""

    small: Sequence[float]
    big: float
    calls: int
    refused: int

    def line(self, what: str) -> str:
        longest, median = max(self.small), statistics.median(self.small)
        return (
            f"{what}: {len(self.small):,} of small sellers waited {longest:.1f} s at most, {median:.1f} s as a median; "
            f"the big one {self.big / 3600:.2f} h; {self.calls:,} calls, {self.refused} refused"
        )


class Tokens:
    """auth: a token says whose it is."""

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        return AccessToken(str(connection_id), 1, 1, VirtualClock().now() + timedelta(hours=1))

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        raise AssertionError("every consent is good")


def moments(chance: random.Random, start: datetime, seconds: float, many: int) -> list[datetime]:
    """So many moments within so many seconds, in their order."""
    return sorted(start + timedelta(seconds=chance.uniform(0, seconds)) for _ in range(many))
