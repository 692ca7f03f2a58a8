"""Fifty days of four connections whose consents last forty, day by day, against a table: `make walk` in short."""

import pytest

from tests.infrastructure import DatabaseServer
from tests.sandbox_client import Sandbox
from tests.walk.table import Course
from tests.walk.walk import walk

_NEAR = {0: "authorised", 10: "expiring"}
_TOLD = {0: ("authorised", "settings_changed"), 10: ("expiring",)}
_WEEKLY = dict.fromkeys((10, 17, 24, 31, 38), ("ending", 1))
_COURSES = (
    Course(
        "paused past its end, resumed",
        1,
        False,
        {5: "pause", 47: "resume"},
        {0: "authorised", 5: "paused", 47: "expiring"},
        {0: _TOLD[0], 5: ("paused",), 47: ("resumed",)},
        _WEEKLY | dict.fromkeys((45, 47, 48, 49), ("ending", 1)),
    ),
    Course(
        "works on, renewed late",
        1,
        False,
        {43: "renew"},
        _NEAR | {43: "authorised"},
        _TOLD | {43: ("authorised",)},
        _WEEKLY | dict.fromkeys((40, 41, 42), ("ending", 1)),
    ),
    Course(
        "the marketplace ends it",
        1,
        False,
        {},
        _NEAR | {40: "revoked"},
        _TOLD | {40: ("expired",)},
        _WEEKLY | {40: ("expired", 1)},
        grant_days=40,
    ),
    Course(
        "it stops, renewed late",
        1,
        True,
        {42: "renew"},
        _NEAR | {40: "expired", 42: "authorised"},
        _TOLD | {40: ("expired",), 42: ("authorised",)},
        _WEEKLY | {40: ("expired", 1)},
    ),
)


@pytest.mark.timeout(240)
async def test_every_day_of_four_connections(database_server: DatabaseServer, sandbox: Sandbox) -> None:
    """Every state, event and mail."""
    outcome = await walk(_COURSES, 50, database_server, sandbox, lasts_days=40)
    assert (list(outcome.differences), outcome.connections, outcome.mails) == ([], 4, 3 * 5 + 3 + 2 + 9)
