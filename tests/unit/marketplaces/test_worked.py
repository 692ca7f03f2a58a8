"""Services hear of connections only where they work."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from shared.marketplaces.registry import CAPABILITIES, PROFILES
from shared.marketplaces.worked import of_worked_marketplaces


@pytest.mark.parametrize("name", PROFILES)
async def test_a_connection_is_heard_of_where_services_work(name: str) -> None:
    """A vendor's is nobody's but auth's, and a batch without others is no work. Seen red with no filter."""
    heard: list[Any] = []

    async def handle(_store: object, events: Sequence[Any]) -> None:
        heard.append([event.body.marketplace for event in events])

    event: Any = SimpleNamespace(body=SimpleNamespace(marketplace=name))
    await of_worked_marketplaces(handle)(object(), [event])
    assert heard == ([[name]] if name in CAPABILITIES else [])
