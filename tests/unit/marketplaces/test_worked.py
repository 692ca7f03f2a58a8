"""Services hear of connections only where they work."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.events.auth import ConnectionAuthorisedV1, ConnectionDeletedV1
from shared.events.base import Body, Event
from shared.kernel.ids import new_id
from shared.marketplaces.registry import CAPABILITIES, PROFILES
from shared.marketplaces.worked import of_worked_marketplaces


@pytest.mark.parametrize("name", PROFILES)
async def test_a_connection_is_heard_of_where_services_work(name: str) -> None:
    """A vendor's is nobody's but auth's, and a batch without others is no work. Seen red with no filter."""
    body = ConnectionAuthorisedV1(
        organisation_id=new_id(),
        connection_id=new_id(),
        marketplace=name,
        region="eu",
        seller_id="A1",
        name="Shop",
        state="authorised",
        consent_version=1,
    )
    its = told(body)
    assert await heard_of(its) == ([[its]] if name in CAPABILITIES else [])


async def test_of_one_that_was_deleted_all_hear() -> None:
    """Nothing is known of it any more, neither where it was."""
    its = told(ConnectionDeletedV1())
    assert await heard_of(its) == [[its]]


def told(body: Body) -> Event[Any]:
    return Event(new_id(), new_id(), 1, datetime.now(UTC), body)


async def heard_of(event: Event[Any]) -> list[Sequence[Event[Any]]]:
    heard: list[Sequence[Event[Any]]] = []

    async def handle(_store: object, events: Sequence[Event[Any]]) -> None:
        heard.append(events)

    await of_worked_marketplaces(handle)(object(), [event])
    return heard
