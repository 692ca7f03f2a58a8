"""Which connections a service hears of: those at marketplaces where services work. Auth alone keeps the others."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from shared.events.auth import ConnectionStateV1
from shared.events.base import Body, Event
from shared.marketplaces.registry import CAPABILITIES, PROFILES

Store = TypeVar("Store")
# One that this version does not know is heard of: the next version may work for it, and then has its connections.
_AUTHS_ALONE = PROFILES.keys() - CAPABILITIES.keys()
Handle = Callable[[Store, Sequence[Event[Any]]], Awaitable[None]]


def of_worked_marketplaces(handle: Handle[Store]) -> Handle[Store]:
    """The handler of connections' events, told only of those that its service can work for."""

    async def heard(store: Store, events: Sequence[Event[Any]]) -> None:
        worked = [event for event in events if not _is_auths_alone(event.body)]
        if worked:
            await handle(store, worked)

    return heard


def _is_auths_alone(body: Body) -> bool:
    """Of one that was deleted nobody knows: who has no copy of it has nothing to do."""
    return isinstance(body, ConnectionStateV1) and body.marketplace in _AUTHS_ALONE
