"""What telling the marketplaces needs, and where one connection's parcels are told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.labels.domain.write_back import Timing
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Trackings
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessTokens
from shared.marketplaces.ports import FarAccount, TrackingPort


@dataclass(frozen=True, slots=True)
class Telling:
    """`timing` of a marketplace, by its name."""

    planner: Planner
    tokens: AccessTokens
    trackings: Trackings
    timing: Callable[[str], Timing]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Place:
    connection_id: ConnectionId
    account: FarAccount
    tracking: TrackingPort
    timing: Timing
