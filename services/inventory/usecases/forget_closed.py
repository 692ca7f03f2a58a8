"""Organisations that were closed: what is theirs and came by no connection goes. Each call is one batch."""

from collections.abc import Mapping, Sequence

from services.inventory.usecases.ports import Store
from shared.events.auth import OrganisationClosedV1, OrganisationDeletedV1
from shared.events.base import Event


async def receive_closed(store: Store, events: Sequence[Event[OrganisationClosedV1 | OrganisationDeletedV1]]) -> None:
    """
    Noted in the consumer's transaction; the hourly upkeep does the rest, again until nothing can come any more. Once
    auth has nothing of it, it is not known here that it was closed, either.
    """
    for event in events:
        if isinstance(event.body, OrganisationClosedV1):
            await store.closed.put(event.subject, event.body.closed_at)
        elif not await store.closed.drop(event.subject):
            await store.closed.put(event.subject, event.time)


async def forget_closed(store: Store) -> Mapping[str, int]:
    """In the caller's transaction. How many rows went."""
    return {"of_closed_organisation": await store.closed.forget()}
