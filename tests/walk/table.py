"""
What is done to each connection on which day, and what must come of it: written by hand, knowing nothing of our code.

Days count from the day the seller consented; a consent is good for 365 days, warned of from the 335th. A state holds
until the next one. Mails: `ending` once a week, from the end on each day; of what is paused at its end the weekly ones,
of which one comes after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

DAYS = 730


@dataclass(frozen=True)
class Course:
    """
    `acts`, `states`, `events` by day. `mails`: (kind, how many connections it names) by day.

    `grant_days`: when the marketplace ends a consent; later than our 365 days where what works at its end is walked.
    `stops`: of an installation where what still works at its end stops. `beside`: the same organisation's second
    connection, whose mails come with the first one's.
    """

    name: str
    times: int
    stops: bool
    acts: Mapping[int, str]
    states: Mapping[int, str]
    events: Mapping[int, tuple[str, ...]]
    mails: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    beside: "Course | None" = None
    grant_days: int = 2 * DAYS


def _weekly(first: int, before: int, names: int = 1) -> dict[int, tuple[str, int]]:
    return dict.fromkeys(range(first, before, 7), ("ending", names))


def _daily(first: int, before: int, names: int = 1) -> dict[int, tuple[str, int]]:
    return dict.fromkeys(range(first, before), ("ending", names))


_NEAR = {0: "authorised", 335: "expiring"}
_TOLD = {0: ("authorised", "settings_changed"), 335: ("expiring",)}
_YEAR = _weekly(335, 365)
_FOR_GOOD = _daily(365, DAYS)

COURSES = (
    Course("never renewed, works on", 2, False, {}, _NEAR, _TOLD, _YEAR | _FOR_GOOD),
    Course(
        "renewed in time, and a year later",
        5,
        False,
        {350: "renew", 700: "renew"},
        {0: "authorised", 335: "expiring", 350: "authorised", 685: "expiring", 700: "authorised"},
        _TOLD | {350: ("authorised",), 685: ("expiring",), 700: ("authorised",)},
        _weekly(335, 350) | _weekly(685, 700),
    ),
    Course(
        "renewed late",
        4,
        False,
        {380: "renew"},
        _NEAR | {380: "authorised", 715: "expiring"},
        _TOLD | {380: ("authorised",), 715: ("expiring",)},
        _YEAR | _daily(365, 380) | _weekly(715, DAYS),
    ),
    Course(
        "the marketplace ends it when its time is over; renewed after twenty days",
        2,
        False,
        {385: "renew"},
        _NEAR | {365: "revoked", 385: "authorised", 720: "expiring"},
        _TOLD | {365: ("expired",), 385: ("authorised",), 720: ("expiring",)},
        _YEAR | {365: ("expired", 1)} | _weekly(720, DAYS),
        grant_days=365,
    ),
    Course(
        "withdrawn, reconnected after ten days",
        5,
        False,
        {100: "withdraw", 110: "renew"},
        {0: "authorised", 100: "revoked", 110: "authorised", 445: "expiring"},
        {0: _TOLD[0], 100: ("revoked",), 110: ("authorised",), 445: ("expiring",)},
        {100: ("revoked", 1)} | _weekly(445, 475) | _daily(475, DAYS),
    ),
    Course(
        "paused, resumed",
        4,
        False,
        {200: "pause", 260: "resume"},
        {0: "authorised", 200: "paused", 260: "authorised", 335: "expiring"},
        _TOLD | {200: ("paused",), 260: ("resumed",)},
        _YEAR | _FOR_GOOD,
    ),
    Course(
        "paused past its end, resumed",
        2,
        False,
        {300: "pause", 370: "resume"},
        {0: "authorised", 300: "paused", 370: "expiring"},
        {0: _TOLD[0], 300: ("paused",), 370: ("resumed",)},
        _YEAR | _daily(370, DAYS),
    ),
    Course(
        "paused for good",
        1,
        False,
        {300: "pause"},
        {0: "authorised", 300: "paused"},
        {0: _TOLD[0], 300: ("paused",)},
        _weekly(335, 372),
    ),
    Course(
        "refused for a day, unnoticed by mail",
        3,
        False,
        {50: "refuse", 51: "let in"},
        {0: "authorised", 50: "waiting", 51: "authorised", 335: "expiring"},
        _TOLD | {50: ("revoked",), 51: ("authorised",)},
        _YEAR | _FOR_GOOD,
    ),
    Course(
        "refused for five days",
        3,
        False,
        {50: "refuse", 55: "let in"},
        {0: "authorised", 50: "waiting", 55: "authorised", 335: "expiring"},
        _TOLD | {50: ("revoked",), 55: ("authorised",)},
        {51: ("refused", 1)} | _YEAR | _FOR_GOOD,
    ),
    Course(
        "disconnected in its last month",
        3,
        False,
        {340: "disconnect"},
        _NEAR | {340: "disconnected"},
        _TOLD | {340: ("disconnected",)},
        {335: ("ending", 1)},
    ),
    Course(
        "two of one organisation, ten days apart",
        1,
        False,
        {366: "renew"},
        _NEAR | {366: "authorised", 701: "expiring"},
        _TOLD | {366: ("authorised",), 701: ("expiring",)},
        # The second one's end is day 375 of the first, its window opens at 345.
        _weekly(335, 349)
        | _weekly(349, 365, 2)
        | {365: ("ending", 2), 372: ("ending", 1)}
        | _daily(375, 701)
        | _daily(701, DAYS, 2),
        beside=Course("the second one", 1, False, {}, _NEAR, _TOLD),
    ),
    Course(
        "its time is over, it stops; renewed after a month",
        5,
        True,
        {395: "renew"},
        _NEAR | {365: "expired", 395: "authorised"},
        _TOLD | {365: ("expired",), 395: ("authorised",)},
        _YEAR | {365: ("expired", 1)},
    ),
    Course(
        "its time is over, it stops for good",
        4,
        True,
        {},
        _NEAR | {365: "expired"},
        _TOLD | {365: ("expired",)},
        _YEAR | {365: ("expired", 1)},
    ),
    Course(
        "the marketplace is down at its end",
        3,
        True,
        {364: "go down", 368: "come back"},
        _NEAR | {368: "expired"},
        _TOLD | {368: ("expired",)},
        _YEAR | _daily(365, 368) | {368: ("expired", 1)},
    ),
    Course(
        "refused at its end",
        2,
        True,
        {363: "refuse"},
        _NEAR | {363: "waiting", 365: "expired"},
        _TOLD | {363: ("revoked",), 365: ("expired",)},
        _YEAR | {364: ("refused", 1), 365: ("expired", 1)},
    ),
)
